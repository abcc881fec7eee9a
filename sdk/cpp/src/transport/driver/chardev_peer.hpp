// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/lease.hpp>
#include <upciedev/peer.hpp>

#include <optional>
#include <string>

namespace upciedev::inline v1::detail {

/// UPCIEDEV_PEER_ROUTE from the board behind one open node to that behind another.
/// \param where names the first board in errors \throws error board_gone, abi_mismatch
peer_route driver_route(int node, int peer, unsigned bar, std::optional<unsigned> channel,
                        const std::string& where);

/// UPCIEDEV_PEER_LEASE.
/// \throws error busy (with the holder), out_of_range, not_supported, not_permitted, board_gone
lease lease_driver_window(int node, unsigned bar, std::uint64_t offset, std::uint64_t length,
                          const std::string& where);

} // namespace upciedev::inline v1::detail
