// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/health.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// Link of a PCI device, from its folder in sysfs; nothing where it has none.
std::optional<link_facts> read_link(const std::filesystem::path& folder);
/// Its error counters; nothing where nobody counts.
std::optional<error_counts> read_errors(const std::filesystem::path& folder);

/// Tell the PCI core to forget the device at this address. Root only.
/// \throws error not_permitted, no_such_board
void remove_pci_device(const std::string& pci_address);
/// Look for boards: in one slot, whose power is switched on where it has a switch, or everywhere.
/// \param sysfs usually /sys \throws error not_permitted, no_such_board (no such slot)
void rescan_pci(const std::filesystem::path& sysfs, std::optional<unsigned> slot);

} // namespace upciedev::inline v1::detail
