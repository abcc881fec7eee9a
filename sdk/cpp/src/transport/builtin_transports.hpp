// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/capabilities.hpp>

namespace upciedev::inline v1::detail {

// What the boards of the library's own transports can do at best.
inline constexpr capability_set chardev_can{
    capability::mapping,    capability::batch,  capability::poll,  capability::modify,
    capability::hot_plug,   capability::shared, capability::reset, capability::claim,
    capability::interrupts, capability::dma,    capability::peer};
inline constexpr capability_set sim_can{
    capability::mapping,    capability::batch, capability::modify,
    capability::hot_plug,   capability::reset, capability::claim,
    capability::interrupts, capability::dma,   capability::peer};
inline constexpr capability_set crate_can = sim_can.with(capability::shared);

} // namespace upciedev::inline v1::detail
