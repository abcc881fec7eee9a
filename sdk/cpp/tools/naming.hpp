// SPDX-License-Identifier: BSD-3-Clause
// How boards and programs are called.
#pragma once

#include <upciedev/crate.hpp>

#include <string>

namespace cli {

/// What opens this board and no other: "pci:0000:03:00.0", "upper/slot:4".
std::string key_of(const upciedev::crate_entry& what);
/// "slot 4 vadc8 (0000:03:00.0)"
std::string entry_text(const upciedev::crate_entry& what);
/// "process 123 (scope)"
std::string claimant_text(const upciedev::claimant& who);

} // namespace cli
