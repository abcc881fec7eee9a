// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_causes.hpp"
#include "base/bits.hpp"
#include "description/reg_effects.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

constexpr unsigned rounds = 4; // as the driver

std::uint64_t bit(std::size_t number) {
    return std::uint64_t{1} << number;
}

} // namespace

sim_causes::sim_causes(model_board& board) : board_(board), enables_(board) {
    const auto& what = board.description();
    for (const auto& irq : what.irqs) {
        if (causes_.size() == most_causes) break;
        causes_.push_back({irq.vector, find_place(what, irq.status), find_place(what, irq.enable),
                           find_place(what, irq.acknowledge)});
    }
}

std::uint64_t sim_causes::of_vector(unsigned vector) const noexcept {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < causes_.size(); ++i)
        if (causes_[i].vector == vector) all |= bit(i);
    return all;
}

std::uint64_t sim_causes::read(const model_place& place) {
    const auto& reg = place.reg();
    return swap_if(reg.order, reg.width, board_.read(reg.bar, place.where.offset, reg.width));
}

void sim_causes::write(const model_place& place, std::uint64_t bits) {
    const auto& reg = place.reg();
    board_.write(reg.bar, place.where.offset, reg.width, swap_if(reg.order, reg.width, bits));
}

void sim_causes::enable(std::uint64_t causes, bool on) {
    for (std::size_t i = 0; i < causes_.size(); ++i) {
        const auto& place = causes_[i].enable;
        if ((causes & bit(i)) != 0 && place) enables_.set(*place, on);
    }
}

/// \param bits that were pending, in the lowest of the status
void sim_causes::acknowledge(const cause& what, std::uint64_t bits) {
    if (!what.acknowledge) return;
    const auto& to = *what.acknowledge;
    write(to, what.status ? bits << to.shift() & to.mask() : to.mask());
}

std::uint64_t sim_causes::serve_once(std::uint64_t causes, bool message) {
    std::uint64_t served = 0, value = 0;
    const model_place* last = nullptr; // reading may clear: several causes, one reading
    for (std::size_t i = 0; i < causes_.size(); ++i) {
        const auto& each = causes_[i];
        if ((causes & bit(i)) == 0 || (!message && !each.ends_when_served())) continue;
        std::uint64_t bits = 1;
        if (each.status) {
            const auto& status = *each.status;
            const bool again = last != nullptr && last->reg().bar == status.reg().bar &&
                               last->where.offset == status.where.offset;
            if (!again) value = read(status);
            last = &status;
            bits = (value & status.mask()) >> status.shift();
        }
        if (bits == 0) continue;
        acknowledge(each, bits);
        served |= bit(i);
    }
    return served;
}

sim_causes::outcome sim_causes::serve(std::uint64_t causes, bool message) {
    outcome all;
    for (unsigned round = 0; round < rounds; ++round) {
        const auto some = serve_once(causes, message && round == 0);
        if (some == 0) return all;
        all.served |= some;
    }
    all.more = true;
    return all;
}

} // namespace upciedev::inline v1::detail
