// SPDX-License-Identifier: BSD-3-Clause
// What a person names on the command line, found on a board.
#pragma once

#include <upciedev/board.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cli {

struct register_target {
    upciedev::basic_reg reg;
};

struct field_target {
    upciedev::basic_reg reg;
    upciedev::field field;
};

/// Elements first to first + count of an area; count 0 where only "[first]" or nothing was given.
struct area_target {
    upciedev::area area;
    std::uint64_t first = 0;
    std::size_t count = 0;
    bool whole = true; ///< no range was given
};

/// Raw access by BAR and byte offset.
struct bar_target {
    upciedev::bar bar;
    std::uint64_t offset = 0;
    unsigned width = 32;
    std::optional<std::size_t> count; ///< block of 32-bit words
};

struct target {
    std::string name; ///< as the board file spells it
    std::variant<register_target, field_target, area_target, bar_target> what;
};

/// \throws upciedev::error no_such_register (with the nearest names), bad_value (syntax)
target find_target(const upciedev::board& board, std::string_view text);

/// Decimal or 0x hexadecimal. \throws upciedev::error bad_value, naming \p where
std::uint64_t parse_unsigned(std::string_view number, std::string_view where);

} // namespace cli
