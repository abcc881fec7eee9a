// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_enables.hpp"
#include "simulation/model/model_rules.hpp"
#include "simulation/model/model_state.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {

/// The bits of the register that an access reaches.
std::uint64_t sim_enables::entry::reached(std::uint64_t at, unsigned access) const noexcept {
    if (at >= offset + width / 8 || offset >= at + access / 8) return 0;
    return moved(low_bits(access), at, offset) & low_bits(width);
}

sim_enables::sim_enables(model_board& board) : board_(board) {
    const auto& description = board.description();
    for (const auto& irq : description.irqs) {
        const auto place = find_place(description, irq.enable);
        if (!place) continue;
        const auto& reg = place->reg();
        const auto on_bus = [&](std::uint64_t bits) { return swap_if(reg.order, reg.width, bits); };
        auto& all = at(*place);
        all.mask |= on_bus(place->mask());
        all.acting = all.mask & on_bus(rules_of(reg).write_effects());
        all.unread = on_bus(low_bits(reg.width) & ~rules_of(reg).readable);
        auto& where = places_.at(reg.bar);
        where.begin = std::min(where.begin, all.offset);
        where.end = std::max(where.end, all.offset + reg.width / 8);
    }
}

/// The entry of its register, a new one where there is none.
sim_enables::entry& sim_enables::at(const model_place& place) {
    const auto& reg = place.reg();
    const auto found = std::ranges::find_if(entries_, [&](const entry& each) {
        return each.bar == reg.bar && each.offset == place.where.offset && each.width == reg.width;
    });
    if (found != entries_.end()) return *found;
    return entries_.emplace_back(
        entry{.bar = reg.bar, .offset = place.where.offset, .width = reg.width});
}

/// Looks at the memory itself: an access might have effects.
std::uint64_t sim_enables::present(const entry& reg) const {
    auto& board = board_.internals();
    const std::lock_guard hold(board.lock);
    const auto bits = board.memories.at(reg.bar).load(reg.offset, reg.width);
    return (bits & ~reg.unread) | (reg.written & reg.unread);
}

void sim_enables::set(const model_place& place, bool on) {
    auto& reg = at(place);
    const auto mask = swap_if(place.reg().order, reg.width, place.mask());
    const auto old = board_.read(reg.bar, reg.offset, reg.width);
    const auto all = (old & ~reg.unread) | (reg.written & reg.unread);
    reg.written = on ? all | mask : all & ~mask;
    board_.write(reg.bar, reg.offset, reg.width, reg.written);
}

std::uint64_t sim_enables::kept(unsigned bar, std::uint64_t offset, unsigned width,
                                std::uint64_t bits) {
    const auto& where = places_.at(bar);
    if (offset >= where.end || offset + width / 8 <= where.begin) return bits;
    for (auto& each : entries_) {
        const auto reached = each.bar == bar ? each.reached(offset, width) : 0;
        if (reached == 0) continue;
        const auto mine = reached & each.mask;
        const auto now = present(each) & mine & ~each.acting;
        bits = (bits & ~moved(mine, each.offset, offset)) | moved(now, each.offset, offset);
        each.written = (each.written & ~reached) | (moved(bits, offset, each.offset) & reached);
    }
    return bits;
}

void sim_enables::forget() noexcept {
    for (auto& each : entries_)
        each.written = 0;
}

} // namespace upciedev::inline v1::detail
