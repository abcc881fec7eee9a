// SPDX-License-Identifier: BSD-3-Clause
#include "description/reg_effects.hpp"

namespace upciedev::inline v1::detail {
namespace {

void add(bit_rules& rules, std::uint64_t mask, access rights, read_effect on_read,
         write_effect on_write) {
    if (rights != access::wo) rules.readable |= mask;
    if (rights != access::ro) rules.writable |= mask;
    if (on_read == read_effect::clear) rules.clear_on_read |= mask;
    if (on_read == read_effect::pop) rules.pop = true;
    if (rights == access::ro) return;
    switch (on_write) {
    case write_effect::none:
        break;
    case write_effect::one_to_clear:
        rules.one_to_clear |= mask;
        break;
    case write_effect::one_to_set:
        rules.one_to_set |= mask;
        break;
    case write_effect::one_to_toggle:
        rules.one_to_toggle |= mask;
        break;
    case write_effect::strobe:
        rules.strobe |= mask;
        break;
    }
}

access narrower(access reg, access part) {
    return part == access::rw ? reg : part;
}

} // namespace

write_effect effect_of_write(const register_description& reg, const field_description& part) {
    return part.on_write != write_effect::none ? part.on_write : reg.on_write;
}

read_effect effect_of_read(const register_description& reg, const field_description& part) {
    return part.on_read != read_effect::none ? part.on_read : reg.on_read;
}

bit_rules rules_of(const register_description& reg) {
    bit_rules rules;
    std::uint64_t rest = low_bits(reg.width);
    for (const auto& part : reg.fields) {
        add(rules, part.mask(), narrower(reg.access, part.access), effect_of_read(reg, part),
            effect_of_write(reg, part));
        rest &= ~part.mask();
    }
    add(rules, rest, reg.access, reg.on_read, reg.on_write);
    return rules;
}

} // namespace upciedev::inline v1::detail
