// SPDX-License-Identifier: BSD-3-Clause
#include "output/reading.hpp"

#include "base/bits.hpp"
#include "base/joined.hpp"
#include "output/table.hpp"

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace cli {
namespace {

std::optional<std::string> label_of(const upciedev::enumeration& names, std::uint64_t raw) {
    for (const auto& [name, number] : names)
        if (number == raw) return name;
    return std::nullopt;
}

/// --json and --value have all digits.
std::string rounded(const upciedev::value& number, int digits) {
    return number.is_floating() ? fmt::format("{:.{}g}", number.to_double(), digits)
                                : number.to_string();
}

nlohmann::ordered_json number_json(const upciedev::value& number) {
    if (!number.is_floating()) return nlohmann::ordered_json::parse(number.to_string());
    const double plain = number.to_double();
    if (!std::isfinite(plain)) return number.to_string(); // JSON has no word for them
    return plain;
}

std::string element_text(const block_reading& what, std::size_t index, bool as_hex) {
    return as_hex || what.bits_only ? hex(what.raw[index], what.width)
                                    : rounded(what.numbers[index], what.digits);
}

} // namespace

int digits_of(const upciedev::conversion& convert) {
    const bool is_float = convert.type.what == upciedev::value_type::kind::floating;
    return is_float && convert.type.bits == 32 ? 7 : 10;
}

namespace {

/// What a register and a field have in common; \p bits are its own.
template <class Description>
reading shape(const Description& what, std::string name, std::uint64_t bits) {
    reading result;
    result.name = std::move(name);
    result.width = what.width;
    result.raw = bits;
    result.number = decode(what.convert, bits);
    result.unit = what.unit;
    result.label = label_of(what.values, bits);
    result.digits = digits_of(what.convert);
    return result;
}

} // namespace

reading read_as(const upciedev::register_description& what, std::string name, std::uint64_t raw) {
    auto result = shape(what, std::move(name), raw);
    for (const auto& field : what.fields)
        if (field.access != upciedev::access::wo)
            result.fields.push_back(read_as(field, field.name, raw));
    result.is_bits = !result.fields.empty() && what.convert.is_identity();
    return result;
}

reading read_as(const upciedev::field_description& what, std::string name, std::uint64_t raw) {
    return shape(what, std::move(name), (raw >> what.lsb) & upciedev::detail::low_bits(what.width));
}

std::string hex(std::uint64_t bits, unsigned width) {
    return fmt::format("0x{:0{}x}", bits, (width + 3) / 4);
}

std::string engineering(const reading& what) {
    if (what.label) return *what.label;
    if (what.is_bits) return {};
    return what.unit.empty() ? rounded(what.number, what.digits)
                             : fmt::format("{} {}", rounded(what.number, what.digits), what.unit);
}

std::string fields_text(const reading& what) {
    const auto text = [](const reading& field) {
        return fmt::format("{}={}", field.name, engineering(field));
    };
    return upciedev::detail::joined(what.fields, text, " ");
}

std::string bare(const reading& what, bool as_hex) {
    if (as_hex) return hex(what.raw, what.width);
    return what.label ? *what.label : what.number.to_string();
}

nlohmann::ordered_json to_json(const reading& what) {
    nlohmann::ordered_json result{{"name", what.name}};
    result["value"] = number_json(what.number);
    if (!what.unit.empty()) result["unit"] = what.unit;
    if (what.label) result["label"] = *what.label;
    result["raw"] = what.raw;
    result["hex"] = hex(what.raw, what.width);
    result["width"] = what.width;
    for (const auto& field : what.fields)
        result["fields"].push_back(to_json(field));
    return result;
}

nlohmann::ordered_json to_json(const block_reading& what) {
    nlohmann::ordered_json result{{"name", what.name}, {"first", what.first}};
    if (!what.unit.empty()) result["unit"] = what.unit;
    result["width"] = what.width;
    result["values"] = nlohmann::ordered_json::array();
    for (const auto& number : what.numbers)
        result["values"].push_back(number_json(number));
    return result;
}

void print_block(const block_reading& what, bool as_hex) {
    constexpr std::size_t per_line = 8;
    std::size_t width = 0;
    for (std::size_t i = 0; i < what.numbers.size(); ++i)
        width = std::max(width, element_text(what, i, as_hex).size());
    fmt::print("{}{}\n", paint(style::bold, what.name),
               what.unit.empty() ? "" : fmt::format(" in {}", what.unit));
    for (std::size_t i = 0; i < what.numbers.size(); i += per_line) {
        const auto index = what.first + i * what.step;
        const auto place =
            what.bits_only ? fmt::format("{:#8x}", index) : fmt::format("{:8}", index);
        std::string line = paint(style::dim, place);
        for (std::size_t j = i; j < std::min(i + per_line, what.numbers.size()); ++j)
            line += fmt::format("  {:>{}}", element_text(what, j, as_hex), width);
        fmt::print("{}\n", line);
    }
}

} // namespace cli
