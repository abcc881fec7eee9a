// SPDX-License-Identifier: BSD-3-Clause
#include "board/settings_bits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

const char* name_of_effect(write_effect effect) {
    switch (effect) {
    case write_effect::one_to_clear:
        return "writing a one clears it";
    case write_effect::one_to_set:
        return "writing a one sets it";
    case write_effect::one_to_toggle:
        return "writing a one toggles it";
    case write_effect::strobe:
        return "writing it starts something";
    default:
        return "";
    }
}

std::string why_nothing_is_left(const register_description& what, const bit_rules& rules) {
    if (rules.readable == 0) return "write-only";
    if (rules.writable == 0) return "read-only";
    if (what.on_write != write_effect::none) return name_of_effect(what.on_write);
    return "its bits are read-only, write-only or act on a write";
}

} // namespace

settable settable_bits(const register_description& what) {
    const auto rules = rules_of(what);
    if (rules.pop) return {0, "reading it takes from a FIFO"};
    if (rules.clear_on_read != 0) return {0, "reading it clears bits"};
    if (what.guard_admin) return {0, "guarded: flash or reconfiguration, for administrators"};
    if (what.guard) return {0, "guarded: it takes a bus address or starts an engine"};
    const std::uint64_t mask = rules.readable & rules.writable & ~rules.write_effects();
    if (mask == 0) return {0, why_nothing_is_left(what, rules)};
    const std::uint64_t unknown = low_bits(what.width) & ~rules.readable & ~rules.write_effects();
    if (unknown != 0) return {0, "others of its bits are write-only, so they could not be kept"};
    return {mask, {}};
}

std::string why_not_settable(const register_description& reg, const field_description& part) {
    if ((settable_bits(reg).mask & part.mask()) == part.mask()) return {};
    if (reg.access == access::ro || part.access == access::ro) return "read-only";
    if (reg.access == access::wo || part.access == access::wo) return "write-only";
    const auto effect = effect_of_write(reg, part);
    return effect == write_effect::none ? settable_bits(reg).reason : name_of_effect(effect);
}

std::uint64_t bits_of_driver(const board_description& board, const register_location& where) {
    const auto& reg = *where.description;
    const auto enables = board.enable_bits(where);
    if (enables == 0) return 0;
    const auto all = settable_bits(reg).mask;
    const auto is_other = [&](const field_description& part) {
        return (part.mask() & all & ~enables) != 0;
    };
    return std::ranges::none_of(reg.fields, is_other) ? all : all & enables;
}

void add_bits_of_driver(std::vector<setting_left_out>& list, const board_description& board,
                        const register_location& where, std::uint64_t bits) {
    const auto* const reason = "enables an interrupt: the driver's part";
    const auto& reg = *where.description;
    if (bits_of_driver(board, where) == settable_bits(reg).mask)
        return list.push_back({where.path(), reason});
    for (const auto& part : reg.fields)
        if ((part.mask() & bits) != 0) list.push_back({where.path() + "." + part.name, reason});
}

} // namespace upciedev::inline v1::detail
