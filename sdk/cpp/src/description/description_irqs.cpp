// SPDX-License-Identifier: BSD-3-Clause
// Apart from description.cpp, whose look-up of a register by its path is to stay inline.
#include "base/bits.hpp"
#include "description/register_path.hpp"

#include <upciedev/description.hpp>

#include <algorithm>

namespace upciedev {
inline namespace v1 {

void board_description::mark_enable_bits() {
    for (const auto& irq : irqs) {
        const detail::register_path wanted(irq.enable.path);
        const auto found =
            std::ranges::find(registers, wanted.canonical(), &register_description::path);
        if (found != registers.end()) found->enables_interrupts = true;
    }
}

std::uint64_t board_description::enable_bits(const register_location& where) const noexcept {
    const auto& reg = *where.description;
    if (!reg.enables_interrupts) return 0;
    std::uint64_t bits = 0;
    for (const auto& irq : irqs) {
        const detail::register_path wanted(irq.enable.path);
        if (wanted.canonical() != reg.path || !std::ranges::equal(where.indices, wanted.indices()))
            continue;
        const auto* part = irq.enable.field.empty() ? nullptr : reg.find_field(irq.enable.field);
        bits |= part != nullptr ? part->mask() : detail::low_bits(reg.width);
    }
    return bits;
}

} // namespace v1
} // namespace upciedev
