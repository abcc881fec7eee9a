// SPDX-License-Identifier: BSD-3-Clause
#include "base/joined.hpp"
#include "board/board_state.hpp"
#include "description/reg_effects.hpp"
#include "description/reg_values.hpp"

#include <upciedev/reg.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::chrono::microseconds longest_poll = std::chrono::seconds(10); // of the driver

const volatile std::uint32_t* map_word(const detail::board_state& board,
                                       const register_location& where, bool for_writing) {
    return reinterpret_cast<const volatile std::uint32_t*>(
        board.way().map(where.description->bar, where.offset, 4, for_writing));
}

void refuse_reading_effects(const detail::bit_rules& rules, const basic_reg& reg) {
    if (rules.read_effects())
        throw error(errc::not_supported, reg.where(),
                    "its bits cannot be changed one by one, because reading it has effects",
                    "write the whole register");
}

void refuse_unknown_bits(std::uint64_t unknown, const basic_reg& reg) {
    if (unknown != 0)
        throw error(errc::not_supported, reg.where(),
                    "its bits cannot be changed one by one, because others of them are write-only",
                    "write the whole register");
}

} // namespace

basic_reg::basic_reg(std::shared_ptr<detail::board_state> board, const register_location& where)
    : gone_(board->gone_flag()), board_(std::move(board)), where_(where) {
    const auto& what = *where_.description;
    const bool one_word = what.width == 32 && what.order == byte_order::little;
    if (!one_word || where_.offset % 4 != 0 || !board_->ordered(what.bar)) return;
    // The driver keeps enable bits as they are, which a store into a map would not.
    if (what.access != access::ro && !what.guard && !what.enables_interrupts)
        store_ = const_cast<volatile std::uint32_t*>(map_word(*board_, where_, true));
    if (what.access == access::wo) return;
    load_ = store_ != nullptr ? store_ : map_word(*board_, where_, false);
}

std::string basic_reg::path() const {
    return where_.path();
}

std::string basic_reg::where() const {
    return board_->label() + ": " + path();
}

std::uint64_t basic_reg::from_bus(std::uint64_t bits) const noexcept {
    return detail::swap_if(description().order, description().width, bits);
}

void basic_reg::run(operation& what) const {
    board_->run(what, [this] { return where(); });
}

operation basic_reg::read_operation() const {
    const auto& what = description();
    if (what.access == access::wo) throw error(errc::write_only, where(), "can only be written");
    operation op;
    op.bar = static_cast<std::uint8_t>(what.bar);
    op.width = static_cast<std::uint8_t>(what.width);
    op.offset = where_.offset;
    return op;
}

operation basic_reg::write_operation(std::uint64_t bits) const {
    const auto& what = description();
    if (what.access == access::ro) throw error(errc::read_only, where(), "can only be read");
    if (bits > detail::low_bits(what.width))
        throw error(errc::out_of_range, where(),
                    detail::hex(bits) + " does not fit into " + std::to_string(what.width) +
                        " bits");
    operation op;
    op.op = operation::code::write;
    op.bar = static_cast<std::uint8_t>(what.bar);
    op.width = static_cast<std::uint8_t>(what.width);
    op.offset = where_.offset;
    op.value = from_bus(bits);
    return op;
}

operation basic_reg::modify_operation(std::uint64_t mask, std::uint64_t bits) const {
    const std::uint64_t all = detail::low_bits(description().width);
    if (mask > all || (bits & ~mask) != 0)
        throw error(errc::out_of_range, where(),
                    "bits " + detail::hex(bits) + " with mask " + detail::hex(mask) +
                        " do not fit into it");
    operation op = write_operation(bits);
    const auto rules = detail::rules_of(description());
    refuse_reading_effects(rules, *this);
    // Neighbours that act on a one get zeros, so that they do nothing.
    const std::uint64_t replaced = mask | rules.write_effects();
    refuse_unknown_bits(all & ~replaced & ~rules.readable, *this);
    op.op = operation::code::modify;
    op.mask = from_bus(replaced);
    return op;
}

/// As modify, but nobody asks for the old bits: without any bit to keep it is a plain write.
operation basic_reg::replace_operation(std::uint64_t mask, std::uint64_t bits) const {
    const auto rules = detail::rules_of(description());
    const std::uint64_t kept = detail::low_bits(description().width) & ~mask;
    if ((kept & ~rules.write_effects()) == 0) return write_operation(bits);
    return modify_operation(mask, bits);
}

operation basic_reg::poll_operation(std::uint64_t mask, std::uint64_t wanted,
                                    std::chrono::microseconds timeout) const {
    const std::uint64_t all = detail::low_bits(description().width);
    if (mask > all || (wanted & mask) > all)
        throw error(errc::out_of_range, where(), "mask " + detail::hex(mask) + " is too wide");
    operation op = read_operation();
    op.op = operation::code::poll;
    op.mask = from_bus(mask);
    op.value = from_bus(wanted & mask);
    op.count = static_cast<std::uint32_t>(timeout.count());
    return op;
}

std::uint64_t basic_reg::raw_slow() const {
    operation op = read_operation();
    run(op);
    return from_bus(op.value);
}

/// All ones may be data or the answer of an empty slot. Not read again: reading may have effects.
std::uint64_t basic_reg::confirm_all_ones() const {
    if (gone_ != board_->gone_flag()) return raw_slow(); // mapped before the board was reopened
    if (board_->way().gone()) detail::throw_access_error(detail::from_errno(ENODEV), where());
    return 0xffffffffU;
}

void basic_reg::write_slow(std::uint64_t bits) const {
    operation op = write_operation(bits);
    run(op);
}

std::uint64_t basic_reg::modify_raw(std::uint64_t mask, std::uint64_t bits) const {
    operation op = modify_operation(mask, bits & mask);
    run(op);
    return from_bus(op.value);
}

std::uint64_t basic_reg::bits_of(const value& number) const {
    const auto& what = description();
    return detail::to_bits({what.convert, what.range, what.unit, what.values}, number,
                           [this] { return where(); });
}

value basic_reg::read_value() const {
    return decode(description().convert, raw());
}

void basic_reg::write_value(const value& number) const {
    write_raw(bits_of(number));
}

void basic_reg::write_name(std::string_view name) const {
    write_raw(detail::named_bits(description().values, name, [this] { return where(); }));
}

std::optional<std::string> basic_reg::read_name() const {
    return detail::name_of_bits(description().values, raw());
}

std::optional<std::uint64_t> basic_reg::wait_raw(std::uint64_t mask, std::uint64_t wanted,
                                                 std::chrono::microseconds timeout) const {
    auto left = std::max(timeout, std::chrono::microseconds(0));
    while (true) {
        const auto slice = std::min(left, longest_poll);
        operation op = poll_operation(mask, wanted, slice);
        const outcome result = board_->way().run({&op, 1});
        if (!result.error) return from_bus(op.value);
        if (result.error != std::errc::timed_out) board_->fail(result.error, where());
        left -= slice;
        if (left.count() == 0) return std::nullopt;
    }
}

upciedev::field basic_reg::field(std::string_view name) const {
    if (const auto* found = description().find_field(name)) return {*this, *found};
    const auto& fields = description().fields;
    throw error(errc::no_such_register, where(), fmt::format("no field '{}'", name),
                fields.empty() ? "the register has no fields"
                               : "it has " + detail::joined(fields, &field_description::name));
}

} // namespace v1
} // namespace upciedev
