// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/dma_source.hpp>

#include <memory>
#include <string>

namespace upciedev::inline v1::detail {

/// Whether the driver knows a DMA channel of the board behind an open \p node.
bool knows_channels(int node) noexcept;

/// \param where names the board in errors
/// \throws error not_supported, not_permitted, busy, board_gone
std::unique_ptr<dma_source> open_driver_channel(int node, unsigned channel,
                                                const std::string& where);

} // namespace upciedev::inline v1::detail
