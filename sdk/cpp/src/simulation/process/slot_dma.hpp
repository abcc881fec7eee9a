// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/dma_source.hpp>

#include <filesystem>
#include <memory>

namespace upciedev::inline v1::detail {

/// A DMA channel of a slot process, over a connection of its own.
/// \throws error not_supported, board_gone, io_error
std::unique_ptr<dma_source> open_slot_channel(const std::filesystem::path& socket, unsigned slot,
                                              unsigned channel);

} // namespace upciedev::inline v1::detail
