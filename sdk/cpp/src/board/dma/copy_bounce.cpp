// SPDX-License-Identifier: BSD-3-Clause
// The two halves of a copy by this computer's memory, each by the board's engine or else by the
// processor; bytes stay as they are on the bus.
#include "board/dma/copy_bounce.hpp"
#include "transport/area_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace upciedev::inline v1::detail {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t at_once = std::size_t{1} << 20; // bytes
constexpr unsigned word = 4;                          // bytes
constexpr std::chrono::milliseconds in_flight{100};   // for what was issued to arrive, amply

void run_block(const region::state& what, operation::code code, std::uint64_t at,
               std::span<std::byte> bytes, unsigned width) {
    if (bytes.empty()) return;
    operation op;
    op.op = code;
    op.bar = static_cast<std::uint8_t>(what.seen()->bar);
    op.width = static_cast<std::uint8_t>(8 * width);
    op.count = static_cast<std::uint32_t>(bytes.size() / width);
    op.offset = at;
    op.value = reinterpret_cast<std::uintptr_t>(bytes.data());
    what.board().run(op, [&] { return what.where(); });
}

/// Words, and bytes at the ends.
void run_blocks(const region::state& what, operation::code code, std::uint64_t at,
                std::span<std::byte> bytes) {
    const auto head = std::min<std::size_t>((word - at % word) % word, bytes.size());
    const auto body = (bytes.size() - head) / word * word;
    run_block(what, code, at, bytes.first(head), 1);
    run_block(what, code, at + head, bytes.subspan(head, body), word);
    run_block(what, code, at + head + body, bytes.subspan(head + body), 1);
}

void refuse_gone(const region::state& what) {
    if (what.way().gone()) throw_access_error(from_errno(ENODEV), what.where());
}

void read_by_processor(const region::state& from, std::uint64_t at, std::span<std::byte> into) {
    const auto place = from.seen()->offset + at;
    const auto* memory = from.way().map(from.seen()->bar, place, into.size(), false);
    if (memory == nullptr) return run_blocks(from, operation::code::read_block, place, into);
    copy_from_board(memory, into, 1);
    refuse_gone(from);
}

void write_by_processor(const region::state& to, std::uint64_t at, std::span<std::byte> bytes) {
    const auto place = to.seen()->offset + at;
    auto* memory = to.way().map(to.seen()->bar, place, bytes.size(), true);
    if (memory == nullptr) return run_blocks(to, operation::code::write_block, place, bytes);
    copy_to_board(memory, bytes, 1);
    refuse_gone(to);
}

/// \returns whether it was DMA
bool move(const region::state& what, bool to_board, std::uint64_t at, std::span<std::byte> bytes,
          const copy_limit& limit) {
    limit.check(what.where());
    const bool dma = engine_fits(what, to_board);
    if (!dma && to_board) write_by_processor(what, at, bytes);
    if (!dma && !to_board) read_by_processor(what, at, bytes);
    if (!dma) return false;
    dma_transfer piece;
    piece.offset = what.moved(to_board)->offset + at;
    piece.address = reinterpret_cast<std::uintptr_t>(bytes.data());
    piece.length = bytes.size();
    what.channel(to_board)->move(to_board, piece, limit.left(), limit.stop());
    return true;
}

/// What the processor wrote has arrived when something behind it was read on the same way.
void wait_for_arrival(const region::state& target) {
    std::byte last{};
    read_by_processor(target, target.length() - 1, {&last, 1});
}

[[noreturn]] void refuse_unreachable(const region::state& what, bool to_board) {
    throw error(
        errc::not_supported, what.where(),
        fmt::format("neither an engine nor the processor {} it", to_board ? "writes" : "reads"),
        "name an area, or a DMA channel of that direction");
}

/// Pieces of both sides, one after the other.
template <class Act>
void in_pieces(std::uint64_t length, const Act& act) {
    for (std::uint64_t at = 0; at < length; at += at_once)
        act(at, static_cast<std::size_t>(std::min<std::uint64_t>(at_once, length - at)));
}

/// \returns offset of the first byte that differs; the length: none
std::uint64_t first_difference(const region::state& source, const region::state& target,
                               const copy_limit& limit, std::pair<std::byte, std::byte>& both) {
    std::vector<std::byte> mine(std::min<std::uint64_t>(at_once, source.length()));
    auto its = mine;
    auto found = source.length();
    in_pieces(source.length(), [&](std::uint64_t at, std::size_t size) {
        if (found != source.length()) return;
        move(source, false, at, std::span(mine).first(size), limit);
        move(target, false, at, std::span(its).first(size), limit);
        const auto end = mine.begin() + static_cast<std::ptrdiff_t>(size);
        const auto [one, other] = std::mismatch(mine.begin(), end, its.begin());
        if (one == end) return;
        both = {*one, *other};
        found = at + static_cast<std::uint64_t>(one - mine.begin());
    });
    return found;
}

} // namespace

copy_limit::copy_limit(const copy_options& options)
    : end_(clock::now() + std::clamp<std::chrono::nanoseconds>(options.timeout,
                                                               std::chrono::nanoseconds(0),
                                                               std::chrono::hours(24 * 365))),
      stop_(options.stop) {}

std::chrono::nanoseconds copy_limit::left() const {
    return std::max<std::chrono::nanoseconds>(end_ - clock::now(), std::chrono::nanoseconds(0));
}

void copy_limit::check(const std::string& where) const {
    if (stop_.stop_requested()) throw error(errc::interrupted, where, "was interrupted");
    if (clock::now() >= end_)
        throw error(errc::timeout, where, "the time given ran out",
                    "give it more, or move less at a time");
}

bool engine_fits(const region::state& what, bool to_board) {
    const auto channel = what.channel(to_board);
    if (!channel) return false;
    const auto unit = channel->facts().alignment;
    return !to_board || (what.moved(true)->offset % unit == 0 && what.length() % unit == 0);
}

bool reachable(const region::state& what, bool to_board) {
    return what.seen().has_value() || engine_fits(what, to_board);
}

void bounce(const region::state& source, const region::state& target, const copy_limit& limit,
            copy_result& how) {
    if (!reachable(source, false)) refuse_unreachable(source, false);
    if (!reachable(target, true)) refuse_unreachable(target, true);
    std::vector<std::byte> bytes(std::min<std::uint64_t>(at_once, source.length()));
    in_pieces(source.length(), [&](std::uint64_t at, std::size_t size) {
        const auto part = std::span(bytes).first(size);
        how.read_by_dma = move(source, false, at, part, limit);
        how.written_by_dma = move(target, true, at, part, limit);
    });
    how.bounced = true;
    how.bytes = source.length();
    how.arrival = arrival::arrived;
    if (!how.written_by_dma) wait_for_arrival(target);
}

void verify(const region::state& source, const region::state& target, const copy_limit& limit) {
    if (!reachable(source, false)) refuse_unreachable(source, false);
    if (!reachable(target, false)) refuse_unreachable(target, false);
    const auto end = clock::now() + in_flight;
    while (true) {
        std::pair<std::byte, std::byte> both;
        const auto at = first_difference(source, target, limit, both);
        if (at == source.length()) return;
        if (clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        throw error(errc::io_error, target.where(),
                    fmt::format("byte {} is {:#04x}, but {:#04x} in the source", at,
                                std::to_integer<int>(both.second),
                                std::to_integer<int>(both.first)),
                    "see which rung fails: upciedev p2p diagnose");
    }
}

} // namespace upciedev::inline v1::detail
