// SPDX-License-Identifier: BSD-3-Clause
#include "base/joined.hpp"
#include "simulation/model/model_state.hpp"

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::array<std::pair<model_fault, std::string_view>, 10> faults{{
    {model_fault::engine_hangs, "engine_hangs"},
    {model_fault::engine_runs_on, "engine_runs_on"},
    {model_fault::interrupt_lost, "interrupt_lost"},
    {model_fault::interrupt_storm, "interrupt_storm"},
    {model_fault::interrupt_stuck, "interrupt_stuck"},
    {model_fault::all_ones, "all_ones"},
    {model_fault::fifo_stuck, "fifo_stuck"},
    {model_fault::wrong_identity, "wrong_identity"},
    {model_fault::slow, "slow"},
    {model_fault::acs_redirect, "acs_redirect"},
}};

std::uint32_t bit_of(model_fault what) {
    return std::uint32_t{1} << static_cast<unsigned>(what);
}

} // namespace

model_fault model_fault_of(std::string_view name) {
    for (const auto& [what, known] : faults)
        if (known == name) return what;
    throw error(errc::bad_value, std::string(name), "is no fault of a board",
                "there are: " +
                    detail::joined(faults, [](const auto& each) { return each.second; }));
}

std::string_view name_of(model_fault fault) noexcept {
    return faults.at(static_cast<std::size_t>(fault)).second;
}

std::vector<model_fault> all_model_faults() {
    std::vector<model_fault> all;
    all.reserve(faults.size());
    for (const auto& [what, name] : faults)
        all.push_back(what);
    return all;
}

bool model_board::state::has(model_fault what) const noexcept {
    return (faults.load(std::memory_order_relaxed) & bit_of(what)) != 0;
}

bool model_board::has_fault(model_fault what) const noexcept {
    return state_->has(what);
}

void model_board::fault(model_fault what, bool on) {
    const std::lock_guard hold(state_->lock);
    if (state_->has(what) == on) return;
    state_->faults ^= bit_of(what);
    if (what == model_fault::wrong_identity) state_->invert_identity();
    if (what == model_fault::interrupt_storm && on) state_->storm();
}

void model_board::state::storm() {
    after(std::chrono::milliseconds(1), [this](model_bus&) {
        if (!has(model_fault::interrupt_storm)) return;
        send({0});
        storm();
    });
}

/// Registers that only tell what they told at power-on: identity, firmware.
void model_board::state::invert_identity() {
    for (const auto& [path, where] : description->all_registers()) {
        const auto& what = *where.description;
        if (what.access != access::ro || !what.reset) continue;
        const detail::model_place place{where, nullptr};
        place.set(memories, ~place.get(memories));
    }
}

} // namespace v1
} // namespace upciedev
