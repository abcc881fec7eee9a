// SPDX-License-Identifier: BSD-3-Clause
// Registers of a map with numbers in their paths are arrays of a board file.
#pragma once

#include "maps/exchange.hpp"

#include <map>
#include <string>
#include <vector>

namespace cli {

/// A register of the board file to be: "adc.ch[].GAIN", with a repeat for each "[]".
struct folded_register {
    std::string path;
    const map_entry* first = nullptr; ///< the element with all indices 0
    std::vector<upciedev::repeat> repeats;
};

/// Numbers that make no array become part of the name before them. In the order of the entries.
std::vector<folded_register> fold(const std::vector<const map_entry*>& entries);

/// "adc.ch.3.GAIN" as "adc.ch3.GAIN", and what no name may have as "_".
std::string plain_path(std::string_view path);
/// The names between the points of a path.
std::vector<std::string> split_path(std::string_view path);

} // namespace cli
