// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <filesystem>
#include <optional>

namespace upciedev::inline v1::detail {

/// A PCI function, as sysfs shows it to anybody. Its slot takes longer: see slot_above().
struct pci_function {
    std::filesystem::path folder; ///< real path of its folder in sysfs
    std::string address;          ///< "0000:03:00.0"
    std::string driver;           ///< empty if none holds it
    board_ids ids;
    bool bridge = false;
};

pci_function read_pci_function(const std::filesystem::path& folder);

/// Physical slot number of the first numbered port above a device, from the ports' configuration
/// space (which only root may read as a whole), else from the kernel's hot-plug slots.
/// \param hot_plug usually /sys/bus/pci/slots
std::optional<unsigned> slot_above(const std::filesystem::path& folder,
                                   const std::filesystem::path& hot_plug);
std::optional<unsigned> slot_above(const std::filesystem::path& folder);

} // namespace upciedev::inline v1::detail
