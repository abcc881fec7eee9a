// SPDX-License-Identifier: BSD-3-Clause
// Results of `read` and `write` on standard output.
#pragma once

#include "output/reading.hpp"

#include <vector>

namespace cli {

void print_json(const upciedev::board& board, const std::vector<anything>& results);
/// Nothing but values, one a line.
void print_values(const std::vector<anything>& results, bool as_hex);
void print_table(const std::vector<anything>& results, bool as_hex);

} // namespace cli
