// SPDX-License-Identifier: BSD-3-Clause
#include "naming.hpp"

#include <fmt/format.h>

namespace cli {

std::string key_of(const upciedev::crate_entry& what) {
    if (!what.pci_address.empty()) return "pci:" + what.pci_address;
    const auto crate = what.crate.empty() ? "" : what.crate + "/";
    return fmt::format("{}slot:{}", crate, what.slot.value_or(0));
}

std::string entry_text(const upciedev::crate_entry& what) {
    auto text = what.slot ? fmt::format("slot {}", *what.slot) : "no slot";
    if (!what.crate.empty()) text = what.crate + " " + text;
    text += what.name.empty() ? fmt::format(" {:04x}:{:04x}", what.ids.vendor, what.ids.device)
                              : " " + what.name;
    return what.pci_address.empty() ? text : fmt::format("{} ({})", text, what.pci_address);
}

std::string claimant_text(const upciedev::claimant& who) {
    if (who.process == 0) return "a process that cannot be seen from here";
    if (who.program.empty()) return fmt::format("process {}", who.process);
    return fmt::format("process {} ({})", who.process, who.program);
}

} // namespace cli
