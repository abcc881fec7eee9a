// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/transport.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// A board through its node of the driver, for writing where that is permitted.
/// \throws error not_permitted, no_such_board, abi_mismatch, board_gone
transport_ptr open_chardev(const std::filesystem::path& node);
/// Its open file; -1: \p way does not lead through a node of the driver.
int node_of(transport& way) noexcept;

} // namespace upciedev::inline v1::detail
