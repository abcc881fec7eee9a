// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/sim.hpp>

namespace upciedev::inline v1::detail {

/// What sim_bus_address() numbers.
struct bus_place {
    unsigned slot = 0;
    unsigned bar = 0;
    std::uint64_t offset = 0;
};
/// Nothing: no slot's window has that address.
std::optional<bus_place> place_on_bus(std::uint64_t address) noexcept;

/// A request that the switch has brought to a board: memory is copied, registers are read and
/// written as if the processor did it; nothing is done unless all of it is in the BAR.
std::error_code read_by_bus(model_board& board, unsigned bar, std::uint64_t offset,
                            std::span<std::byte> into);
std::error_code write_by_bus(model_board& board, unsigned bar, std::uint64_t offset,
                             std::span<const std::byte> from);

} // namespace upciedev::inline v1::detail
