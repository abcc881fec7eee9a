// SPDX-License-Identifier: BSD-3-Clause
// Running another program on behalf of a person.
#pragma once

#include <string>
#include <vector>

namespace cli {

/// Runs a program to its end; signals sent to this process go to it instead.
/// \param words the program, looked for in $PATH, and its arguments
/// \returns its exit status; 128 + N where signal N ended it; 127 where there is no such program,
/// 126 where it cannot be run, told on standard error
int run_program(const std::vector<std::string>& words);

} // namespace cli
