// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/bits.hpp"

#include <upciedev/description.hpp>

namespace upciedev::inline v1::detail {

/// Between the bits of a register and those of the bus, either way.
constexpr std::uint64_t swap_if(byte_order order, unsigned width, std::uint64_t bits) noexcept {
    return order == byte_order::little ? bits : __builtin_bswap64(bits) >> (64 - width);
}

/// What a field does: its own word, else that of its register.
write_effect effect_of_write(const register_description& reg, const field_description& part);
read_effect effect_of_read(const register_description& reg, const field_description& part);

/// The bits of a register that have each property, fields and the rest taken together.
struct bit_rules {
    std::uint64_t readable = 0;
    std::uint64_t writable = 0;
    std::uint64_t clear_on_read = 0;
    std::uint64_t one_to_clear = 0;
    std::uint64_t one_to_set = 0;
    std::uint64_t one_to_toggle = 0;
    std::uint64_t strobe = 0;
    bool pop = false;

    [[nodiscard]] std::uint64_t write_effects() const noexcept {
        return one_to_clear | one_to_set | one_to_toggle | strobe;
    }
    [[nodiscard]] bool read_effects() const noexcept { return pop || clear_on_read != 0; }
};
bit_rules rules_of(const register_description& reg);

} // namespace upciedev::inline v1::detail
