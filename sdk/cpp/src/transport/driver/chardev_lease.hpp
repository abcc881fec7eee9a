// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/lease.hpp>

#include <linux/upciedev.h>
#include <optional>
#include <string>

namespace upciedev::inline v1::detail {

struct driver_claim {
    upciedev_claim claim;
    int failed; ///< errno, or 0
};

/// UPCIEDEV_CLAIM on an open node.
driver_claim control_claim(int node, unsigned op, int lease = -1);
lease keep_lease(int descriptor);
/// The lease of this board that $UPCIEDEV_LEASE names: "0000:03:00.0=7,0000:04:00.0=8".
std::optional<int> inherited_lease(const std::string& pci_address);

} // namespace upciedev::inline v1::detail
