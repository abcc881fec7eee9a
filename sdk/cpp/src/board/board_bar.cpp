// SPDX-License-Identifier: BSD-3-Clause
#include "base/bits.hpp"
#include "board/board_state.hpp"
#include "description/reg_effects.hpp"

#include <upciedev/board.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace upciedev {
inline namespace v1 {
namespace {

/// What the transport knows, with the name that the board file gives.
bar_facts facts_of(const detail::board_state& board, unsigned index) {
    bar_facts facts = board.way().bar(index);
    if (!facts.name.empty() || !board.description()) return facts;
    const auto& bars = board.description()->bars;
    const auto found = std::ranges::find(bars, index, &bar_description::index);
    if (found != bars.end()) facts.name = found->name;
    return facts;
}

std::string present_bars(const detail::board_state& board) {
    std::string names;
    for (unsigned i = 0; i < detail::bars_of_a_board; ++i) {
        const auto facts = facts_of(board, i);
        if (facts.size == 0) continue;
        names += fmt::format("{}{}{}", names.empty() ? "it has " : ", ", i,
                             facts.name.empty() ? "" : " (" + facts.name + ")");
    }
    return names.empty() ? "it has none" : names;
}

[[noreturn]] void throw_no_bar(const detail::board_state& board, std::string_view name) {
    throw error(errc::no_such_register, board.label(), fmt::format("no BAR {}", name),
                present_bars(board));
}

operation bar_operation(operation::code code, unsigned index, std::uint64_t offset,
                        unsigned width) {
    operation op;
    op.op = code;
    op.bar = static_cast<std::uint8_t>(index);
    op.width = static_cast<std::uint8_t>(width);
    op.offset = offset;
    return op;
}

} // namespace

bar board::bar(unsigned index) const {
    const auto facts = index < detail::bars_of_a_board ? facts_of(*state_, index) : bar_facts{};
    if (facts.size == 0) throw_no_bar(*state_, std::to_string(index));
    return {state_, index, facts};
}

bar board::bar(std::string_view name) const {
    for (unsigned i = 0; i < detail::bars_of_a_board; ++i) {
        const auto facts = facts_of(*state_, i);
        if (facts.size != 0 && facts.name == name) return {state_, i, facts};
    }
    // The board file's name counts too where the driver gave another one.
    if (state_->description())
        for (const auto& known : state_->description()->bars)
            if (known.name == name) return bar(known.index);
    throw_no_bar(*state_, name);
}

bar::bar(std::shared_ptr<detail::board_state> board, unsigned index, bar_facts facts)
    : board_(std::move(board)), index_(index), facts_(std::move(facts)) {}

std::string bar::where(std::uint64_t offset) const {
    const std::string name = facts_.name.empty() ? "bar" + std::to_string(index_) : facts_.name;
    return fmt::format("{}: {}+{:#x}", board_->label(), name, offset);
}

void bar::run(operation& what) const {
    board_->run(what, [&] { return where(what.offset); });
}

void bar::check_width(std::uint64_t offset, unsigned width) const {
    if (width != 8 && width != 16 && width != 32 && width != 64)
        throw error(errc::bad_value, where(offset), fmt::format("no access is {} bits wide", width),
                    "widths are 8, 16, 32 and 64");
}

std::uint64_t bar::read(std::uint64_t offset, unsigned width) const {
    check_width(offset, width);
    operation op = bar_operation(operation::code::read, index_, offset, width);
    run(op);
    return op.value;
}

void bar::write(std::uint64_t offset, std::uint64_t bits, unsigned width) const {
    check_width(offset, width);
    if (bits > detail::low_bits(width))
        throw error(errc::out_of_range, where(offset),
                    fmt::format("{:#x} does not fit into {} bits", bits, width));
    operation op = bar_operation(operation::code::write, index_, offset, width);
    op.value = bits;
    run(op);
}

/// A block of 32-bit registers; what cannot be counted is outside the BAR too.
void bar::run_block(operation::code code, std::uint64_t offset, std::uintptr_t buffer,
                    std::size_t count) const {
    if (count == 0) return;
    if (count > facts_.size / 4)
        detail::throw_access_error(detail::from_errno(ERANGE), where(offset));
    operation op = bar_operation(code, index_, offset, 32);
    op.count = static_cast<std::uint32_t>(count);
    op.value = buffer;
    run(op);
}

void bar::read_block(std::uint64_t offset, std::span<std::uint32_t> out) const {
    run_block(operation::code::read_block, offset, reinterpret_cast<std::uintptr_t>(out.data()),
              out.size());
}

void bar::write_block(std::uint64_t offset, std::span<const std::uint32_t> in) const {
    run_block(operation::code::write_block, offset, reinterpret_cast<std::uintptr_t>(in.data()),
              in.size());
}

} // namespace v1
} // namespace upciedev
