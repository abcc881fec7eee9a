// SPDX-License-Identifier: BSD-3-Clause
#include "base/bits.hpp"
#include "board/dma/dma_state.hpp"
#include "description/lookup_error.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace upciedev {
inline namespace v1 {

dma::state::state(std::shared_ptr<detail::board_state> board, std::string_view name)
    : board_(std::move(board)), number_(number_of(*board_->description(), name)),
      what_(&board_->description()->dma[number_]) {
    auto first = open();
    facts_ = first->facts();
    if (facts_.name != what_->name || facts_.to_board != what_->to_board)
        throw error(errc::not_supported, where(),
                    "the driver's card and the board file name different channels",
                    "make the card anew from this board file: upciedev-gencard");
    idle_.push_back(std::move(first));
}

unsigned dma::state::number_of(const board_description& board, std::string_view name) {
    const auto found = std::ranges::find(board.dma, name, &dma_description::name);
    if (found == board.dma.end()) detail::refuse_dma(board, name);
    return static_cast<unsigned>(found - board.dma.begin());
}

std::string dma::state::where() const {
    return board_->label() + ": DMA " + what_->name;
}

dma::state::source_ptr dma::state::open() const {
    try {
        return board_->way().dma(number_);
    } catch (const error& reason) {
        if (reason.cause()) fail(reason.cause());
        throw reason.at(where());
    }
}

void dma::state::fail(std::error_code cause) const {
    if (cause == std::errc::device_or_resource_busy) board_->fail(cause, where());
    detail::throw_transfer_error(cause, where(), {});
}

void dma::state::check_direction(bool to_board) const {
    if (to_board == what_->to_board) return;
    throw error(errc::not_supported, where(),
                fmt::format("it moves data {} the board only", to_board ? "from" : "to"),
                fmt::format("use read() of a channel from the board, write() of one to it; the "
                            "board file has them under 'dma'"));
}

void dma::state::check_range(std::uint64_t offset, std::uint64_t length) const {
    const auto size = facts_.memory;
    if (length == 0) throw error(errc::bad_value, where(), "no bytes", "move one byte at least");
    if (offset + length < offset || (size != 0 && offset + length > size))
        throw error(errc::out_of_range, where(),
                    fmt::format("bytes {} to {} are outside of the {} bytes that it reaches",
                                offset, offset + length - 1, size));
}

void dma::state::check_aligned(std::string_view what, std::uint64_t number) const {
    if (number % facts_.alignment == 0) return;
    throw error(
        errc::bad_value, where(),
        fmt::format("the {} of {} bytes is no multiple of {}", what, number, facts_.alignment),
        "the engine moves whole units of its 'alignment'");
}

void dma::state::check_stream(unsigned depth, std::uint64_t frame_size,
                              const dma_start& how) const {
    if (depth == 0 || depth > dma_source::most_frames)
        throw error(errc::bad_value, where(), fmt::format("a depth of {} frames", depth),
                    fmt::format("it is 1 to {}", dma_source::most_frames));
    if (how.count == 0 && how.step != 0)
        throw error(errc::bad_value, where(), "a step without a count of frames",
                    "give both, or have all frames come from one place");
    check_aligned("frame size", frame_size);
    check_aligned("offset", how.offset);
    check_aligned("step", how.step);
    std::uint64_t span = 0;
    if (__builtin_mul_overflow(how.step, how.count == 0 ? 0 : how.count - 1, &span) ||
        __builtin_add_overflow(span, frame_size, &span))
        span = ~std::uint64_t{0};
    check_range(how.offset, frame_size == 0 ? 0 : span);
}

std::uint64_t dma::state::causes_of(const std::vector<std::string>& names) const {
    const auto& board = board_file();
    std::uint64_t bits = 0;
    for (const auto& name : names) {
        const auto found = std::ranges::find(board.irqs, name, &irq_description::name);
        if (found == board.irqs.end()) detail::refuse_irq(board, name);
        const auto number = static_cast<std::size_t>(found - board.irqs.begin());
        if (number >= detail::most_causes)
            throw error(errc::not_supported, where(),
                        name + " is not one of the first 64 interrupts of the board file",
                        "put it further up under 'irqs'");
        bits |= std::uint64_t{1} << number;
    }
    return bits;
}

/// An idle file may be of a time before the board was reset or came back.
dma::state::source_ptr dma::state::take() {
    const std::lock_guard hold(lock_);
    while (!idle_.empty()) {
        auto source = std::move(idle_.back());
        idle_.pop_back();
        pollfd state{source->descriptor(), POLLIN, 0};
        if (::poll(&state, 1, 0) == 0) return source;
    }
    return nullptr;
}

void dma::state::put_back(source_ptr source) {
    const std::lock_guard hold(lock_);
    idle_.push_back(std::move(source));
}

dma_result dma::state::move(bool to_board, dma_transfer what, std::chrono::nanoseconds timeout,
                            const std::stop_token& stop) {
    check_direction(to_board);
    check_range(what.offset, what.length);
    if (to_board) {
        check_aligned("offset", what.offset);
        check_aligned("length", what.length);
    }
    what.timeout_ms = detail::dma_milliseconds(timeout);
    auto source = take();
    if (!source) source = open();
    const auto failed = detail::run_transfer(
        *source, [&] { return source->transfer(what); }, stop);
    put_back(std::move(source));
    if (failed == std::errc::device_or_resource_busy) board_->fail(failed, where());
    if (failed) detail::throw_transfer_error(failed, where(), what);
    return {what.done, what.bounced};
}

std::error_code dma::state::move_with_peer(dma_peer_transfer& what, transport& peer,
                                           const std::stop_token& stop) {
    auto source = take();
    if (!source) source = open();
    const auto failed = detail::run_transfer(
        *source, [&] { return source->transfer_with_peer(what, peer); }, stop);
    put_back(std::move(source));
    return failed;
}

dma_result dma::read_bytes(std::uint64_t offset, std::span<std::byte> into,
                           std::chrono::nanoseconds timeout, const std::stop_token& stop) const {
    dma_transfer what;
    what.offset = offset;
    what.address = reinterpret_cast<std::uintptr_t>(into.data());
    what.length = into.size();
    return state_->move(false, what, timeout, stop);
}

dma_result dma::write_bytes(std::uint64_t offset, std::span<const std::byte> from,
                            std::chrono::nanoseconds timeout, const std::stop_token& stop) const {
    dma_transfer what;
    what.offset = offset;
    what.address = reinterpret_cast<std::uintptr_t>(from.data());
    what.length = from.size();
    return state_->move(true, what, timeout, stop);
}

const dma_facts& dma::facts() const noexcept {
    return state_->facts();
}

const dma_description& dma::description() const noexcept {
    return state_->description();
}

std::string dma::where() const {
    return state_->where();
}

} // namespace v1
} // namespace upciedev
