// SPDX-License-Identifier: BSD-3-Clause
// "WHAT", "WHAT=VALUE" and "WHAT==VALUE" of the command line.
#pragma once

#include "syntax/target.hpp"

#include <string>
#include <vector>

namespace cli {

enum class verb { read, write, wait };

struct statement {
    verb what = verb::read;
    target on;
    std::string text; ///< right of the '='
};

/// \throws upciedev::error no_such_register, bad_value
statement parse_statement(const upciedev::board& board, const std::string& text);

/// A number, or a name that the enumeration has for one. \throws upciedev::error bad_value
upciedev::value parse_value(const std::string& where, std::string_view text,
                            const upciedev::conversion& convert,
                            const upciedev::enumeration& names);
/// \throws upciedev::error bad_value, out_of_range (more than \p width bits)
std::uint64_t parse_bits(const std::string& where, std::string_view text, unsigned width);
/// "1,2,3" at its commas.
std::vector<std::string_view> split_list(std::string_view text);

} // namespace cli
