// SPDX-License-Identifier: BSD-3-Clause
// Many commands in one process, so that a simulated crate keeps its state between them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct script_arguments {
    std::string file = "-"; ///< "-": standard input
    bool keep_going = false;
};

/// Carries out one line and reports what goes wrong at that place. \returns exit status
using line_runner = std::function<int(const std::string& place, const std::string& line)>;

/// \returns exit status of the first line that failed, else 0
int run_script(const script_arguments& arguments, const line_runner& run_line);

/// Blanks part words, quotes ("..." or '...') keep them together, '#' begins a comment.
/// \throws upciedev::error bad_value: a quote that is not closed
std::vector<std::string> split_words(std::string_view line);

} // namespace cli
