// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/assignment.hpp"
#include "description/reg_values.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

} // namespace

statement parse_statement(const upciedev::board& board, const std::string& text) {
    const auto equals = text.find('=');
    const auto name = std::string_view(text).substr(0, equals);
    if (equals == std::string_view::npos) return {verb::read, find_target(board, name), {}};
    const bool wait = text.compare(equals, 2, "==") == 0;
    auto value = text.substr(equals + (wait ? 2 : 1));
    if (name.empty() || value.empty())
        throw error(errc::bad_value, "'" + text + "'", "is no assignment",
                    "write REGISTER=VALUE, without blanks");
    return {wait ? verb::wait : verb::write, find_target(board, name), std::move(value)};
}

upciedev::value parse_value(const std::string& where, std::string_view text,
                            const upciedev::conversion& convert,
                            const upciedev::enumeration& names) {
    for (const auto& [name, number] : names)
        if (name == text) return decode(convert, number);
    try {
        return upciedev::value::parse(text);
    } catch (const error&) {
        if (names.empty())
            throw error(errc::bad_value, where, fmt::format("'{}' is no number", text),
                        "write it in decimal, as 0x... or with a decimal point");
        throw error(errc::bad_value, where,
                    fmt::format("'{}' is neither a number nor the name of a value", text),
                    "the names are " + upciedev::detail::joined_names(names));
    }
}

std::uint64_t parse_bits(const std::string& where, std::string_view text, unsigned width) {
    const auto bits = parse_unsigned(text, where);
    if (width < 64 && bits >> width != 0)
        throw error(errc::out_of_range, where,
                    fmt::format("{:#x} does not fit in {} bits", bits, width));
    return bits;
}

std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto comma = std::min(text.find(',', begin), text.size());
        items.push_back(text.substr(begin, comma - begin));
        begin = comma + 1;
    }
    return items;
}

} // namespace cli
