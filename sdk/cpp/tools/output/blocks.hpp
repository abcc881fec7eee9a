// SPDX-License-Identifier: BSD-3-Clause
// Areas and blocks of BARs.
#pragma once

#include "output/reading.hpp"
#include "syntax/target.hpp"

#include <string>
#include <vector>

namespace cli {

/// How many elements "RAM[0:16]", "RAM[3]" or "RAM" ask for.
/// \throws upciedev::error bad_value: a whole area that is too long to print
std::size_t elements_wanted(const area_target& what);
block_reading read_area(const std::string& name, const area_target& what, std::size_t count);
reading read_word(const std::string& name, const bar_target& what);
block_reading read_words(const std::string& name, const bar_target& what);

/// The list "1,2,3" as elements; errors name \p where. \throws upciedev::error bad_value,
/// out_of_range
std::vector<upciedev::value> parse_elements(const std::string& where, const area_target& to,
                                            const std::string& text, bool raw);
void write_elements(const area_target& to, const std::vector<upciedev::value>& numbers);
void write_words(const bar_target& to, const std::vector<std::uint64_t>& words);

} // namespace cli
