// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/crate.hpp>

#include <string>
#include <vector>

namespace cli {

/// The crate's front: MCH and slots side by side, the boards' names written downwards.
std::string draw_crate(const std::vector<upciedev::crate_entry>& boards, bool utf8);

} // namespace cli
