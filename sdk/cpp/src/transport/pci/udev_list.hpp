// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <vector>

namespace upciedev::inline v1::detail {

/// A device of some subsystem, as udev knows it.
struct udev_entry {
    std::filesystem::path folder; ///< in sysfs
    std::filesystem::path node;   ///< empty if it has none
    std::filesystem::path pci;    ///< folder of the PCI function it belongs to; may be empty
};

std::vector<udev_entry> udev_list(const char* subsystem);

} // namespace upciedev::inline v1::detail
