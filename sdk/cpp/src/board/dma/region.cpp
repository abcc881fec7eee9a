// SPDX-License-Identifier: BSD-3-Clause
#include "board/dma/engine_memory.hpp"
#include "board/dma/region_state.hpp"

#include <upciedev/area.hpp>
#include <upciedev/board.hpp>

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

void check_range(const std::string& where, std::string_view unit, std::uint64_t first,
                 std::uint64_t n, std::uint64_t size) {
    if (n == 0) throw error(errc::bad_value, where, "an empty region", "give one byte at least");
    if (n <= size && first <= size - n) return;
    throw error(errc::out_of_range, where,
                fmt::format("{} {} to {} are outside its {}", unit, first, first + n - 1, size));
}

} // namespace

region::state::state(board_ptr board, std::string name, std::uint64_t first, window seen,
                     std::uint64_t length)
    : board_(std::move(board)), name_(std::move(name)), first_(first), length_(length),
      seen_(seen) {
    find_engines();
}

region::state::state(board_ptr board, channel_ptr channel, std::uint64_t offset,
                     std::uint64_t length)
    : board_(std::move(board)), name_("DMA " + channel->description().name), first_(offset),
      length_(length) {
    const auto& what = channel->description();
    if (!what.area.empty()) {
        const auto& memory = board_->description()->find_area(what.area);
        if (offset < memory.size() && length <= memory.size() - offset)
            seen_ = window{memory.bar, memory.offset + offset};
    }
    if (seen_) find_engines();
    (what.to_board ? written_ : read_) = engine{what.name, offset};
    (what.to_board ? writer_ : reader_) = std::move(channel);
}

void region::state::find_engines() {
    if (!board_->description()) return;
    for (const auto& each : board_->description()->dma) {
        auto& mine = each.to_board ? written_ : read_;
        if (mine) continue;
        if (const auto at = detail::engine_offset(*board_->description(), each, seen_->bar,
                                                  seen_->offset, length_))
            mine = engine{each.name, *at};
    }
}

std::string region::state::where() const {
    return fmt::format("{}: {}, bytes {} to {}", board_->label(), name_, first_,
                       first_ + length_ - 1);
}

region::state::channel_ptr region::state::channel(bool to_board) const {
    const std::lock_guard hold(lock_);
    auto& channel = to_board ? writer_ : reader_;
    const auto& engine = moved(to_board);
    if (channel || !engine) return channel;
    try {
        channel = std::make_shared<dma::state>(board_, engine->name);
    } catch (const error& reason) {
        if (reason.kind() != errc::not_supported) throw;
    }
    return channel;
}

std::uint64_t region::size() const noexcept {
    return state_->length();
}

std::string region::where() const {
    return state_->where();
}

region dma::region(std::uint64_t offset, std::uint64_t bytes) const {
    state_->check_range(offset, bytes);
    return upciedev::region(
        std::make_shared<const region::state>(state_->board(), state_, offset, bytes));
}

region area::region(std::uint64_t first, std::uint64_t n) const {
    check_range(where(), "elements", first, n, what_->count);
    const std::uint64_t element = what_->element_size(), at = first * element;
    return upciedev::region(std::make_shared<const region::state>(
        board_, what_->path, at, region::state::window{what_->bar, what_->offset + at},
        n * element));
}

lease area::lease(std::uint64_t first, std::uint64_t n) const {
    check_range(where(), "elements", first, n, what_->count);
    const std::uint64_t element = what_->element_size();
    try {
        return board_->way().lease_window(what_->bar, what_->offset + first * element, n * element);
    } catch (const error& reason) {
        throw reason.at(where());
    }
}

region bar::region(std::uint64_t offset, std::uint64_t bytes) const {
    check_range(where(0), "bytes", offset, bytes, facts_.size);
    const auto name = facts_.name.empty() ? "bar" + std::to_string(index_) : facts_.name;
    return upciedev::region(std::make_shared<const region::state>(
        board_, name, offset, region::state::window{index_, offset}, bytes));
}

} // namespace v1
} // namespace upciedev
