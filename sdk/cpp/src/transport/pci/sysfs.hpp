// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "transport/pci/sysfs_pci.hpp"

#include <upciedev/extend/transport.hpp>

namespace upciedev::inline v1::detail {

inline constexpr capability_set sysfs_can{capability::mapping, capability::shared};

/// A board by its memory in sysfs: root only, and only while no driver holds it (Debian's kernels
/// refuse such maps otherwise). It may not leave meanwhile: a map touched afterwards is a SIGBUS.
/// \throws error busy (names the driver), no_such_board, not_permitted
transport_ptr open_sysfs(const std::string& pci_address);

/// Why a board that a driver holds cannot be opened, and the remedy.
std::string held_by_driver(const pci_function& function);

} // namespace upciedev::inline v1::detail
