// SPDX-License-Identifier: BSD-3-Clause
#include "base/joined.hpp"

#pragma once

#include <upciedev/description.hpp>
#include <upciedev/error.hpp>

#include <fmt/format.h>

namespace upciedev::inline v1::detail {

inline std::string hex(std::uint64_t bits) {
    return fmt::format("{:#x}", bits);
}

/// How numbers of a register or field are written.
struct number_rules {
    const conversion& convert;
    const std::optional<std::pair<double, double>>& range;
    const std::string& unit;
    const enumeration& values;
};

inline void check_range(const number_rules& rules, const value& number, const auto& where) {
    if (!rules.range) return;
    const double x = number.to_double();
    if (x >= rules.range->first && x <= rules.range->second) return;
    const std::string unit = rules.unit.empty() ? "" : " " + rules.unit;
    throw error(errc::out_of_range, where(),
                fmt::format("{}{} is outside {} to {}{}", number.to_string(), unit,
                            rules.range->first, rules.range->second, unit));
}

/// Engineering value to bits. \throws error with its place, asked only then
std::uint64_t to_bits(const number_rules& rules, const value& number, const auto& where) {
    check_range(rules, number, where);
    try {
        return encode(rules.convert, number);
    } catch (const error& reason) {
        throw reason.at(where());
    }
}

inline std::string joined_names(const enumeration& values) {
    return joined(values, [](const auto& each) { return each.first; });
}

std::uint64_t named_bits(const enumeration& values, std::string_view name, const auto& where) {
    for (const auto& [known, bits] : values)
        if (known == name) return bits;
    throw error(errc::bad_value, where(), fmt::format("no value is called '{}'", name),
                values.empty() ? "its values have no names; write a number"
                               : "its values are " + joined_names(values));
}

inline std::optional<std::string> name_of_bits(const enumeration& values, std::uint64_t bits) {
    for (const auto& [name, number] : values)
        if (number == bits) return name;
    return std::nullopt;
}

} // namespace upciedev::inline v1::detail
