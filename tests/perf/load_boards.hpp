// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace perf {

/// A board file of that many registers, a tenth of them arrays in groups, with fields and units.
std::string board_file_of(unsigned registers);
/// Paths of it, one a register.
std::vector<std::string> paths_of(unsigned registers);

} // namespace perf
