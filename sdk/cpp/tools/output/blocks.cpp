// SPDX-License-Identifier: BSD-3-Clause
#include "output/blocks.hpp"

#include "syntax/assignment.hpp"

#include <fmt/core.h>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;
using upciedev::value;

constexpr std::uint64_t most_unasked = 4096; // elements of an area printed without a range

/// Integers of more bits than a double holds have to go as themselves.
bool is_wide(const upciedev::conversion& convert) {
    return convert.is_identity() && convert.type.bits > 32;
}

bool is_unsigned(const upciedev::conversion& convert) {
    return convert.type.what == upciedev::value_type::kind::unsigned_integer;
}

template <class T>
std::vector<value> read_plain(const area_target& what, std::size_t count) {
    const auto plain = what.area.read<T>(what.first, count);
    return {plain.begin(), plain.end()};
}

std::vector<value> read_elements(const area_target& what, std::size_t count) {
    const auto& convert = what.area.description().convert;
    if (is_wide(convert) && is_unsigned(convert)) return read_plain<std::uint64_t>(what, count);
    if (is_wide(convert)) return read_plain<std::int64_t>(what, count);
    auto numbers = read_plain<double>(what, count);
    if (convert.is_identity())
        for (auto& number : numbers)
            number = static_cast<std::int64_t>(number.to_double());
    return numbers;
}

template <class T>
void write_as(const area_target& to, const std::vector<value>& numbers) {
    std::vector<T> plain;
    plain.reserve(numbers.size());
    for (const auto& number : numbers)
        plain.push_back(number.as<T>());
    to.area.write<T>(to.first, plain);
}

void check_count(const std::string& where, const area_target& to, std::size_t given) {
    if (to.count == 0 || to.count == given) return;
    throw error(errc::bad_value, where,
                fmt::format("the range has {} elements, the list {}", to.count, given),
                fmt::format("write {}[{}]=... and it takes what comes", to.area.description().path,
                            to.first));
}

} // namespace

std::size_t elements_wanted(const area_target& what) {
    if (!what.whole) return what.count == 0 ? 1 : what.count;
    if (what.area.size() <= most_unasked) return what.area.size();
    throw error(errc::bad_value, what.area.where(),
                fmt::format("has {} elements", what.area.size()),
                fmt::format("say which, as in {}[0:16]", what.area.description().path));
}

block_reading read_area(const std::string& name, const area_target& what, std::size_t count) {
    const auto& about = what.area.description();
    block_reading block;
    block.name = name;
    block.first = what.first;
    block.width = about.convert.type.bits;
    block.unit = about.unit;
    block.digits = digits_of(about.convert);
    block.numbers = read_elements(what, count);
    for (const auto& number : block.numbers)
        block.raw.push_back(encode(about.convert, number));
    return block;
}

reading read_word(const std::string& name, const bar_target& what) {
    reading word;
    word.name = name;
    word.width = what.width;
    word.raw = what.bar.read(what.offset, what.width);
    word.number = word.raw;
    return word;
}

block_reading read_words(const std::string& name, const bar_target& what) {
    std::vector<std::uint32_t> words(what.count.value());
    what.bar.read_block(what.offset, words);
    block_reading block;
    block.name = name;
    block.first = what.offset;
    block.step = 4;
    block.bits_only = true;
    block.numbers.assign(words.begin(), words.end());
    block.raw.assign(words.begin(), words.end());
    return block;
}

std::vector<value> parse_elements(const std::string& where, const area_target& to,
                                  const std::string& text, bool raw) {
    const auto& convert = to.area.description().convert;
    std::vector<value> numbers;
    for (const auto item : split_list(text))
        numbers.push_back(raw ? decode(convert, parse_bits(where, item, convert.type.bits))
                              : parse_value(where, item, convert, {}));
    check_count(where, to, numbers.size());
    return numbers;
}

void write_elements(const area_target& to, const std::vector<value>& numbers) {
    const auto& convert = to.area.description().convert;
    if (!is_wide(convert)) return write_as<double>(to, numbers);
    if (is_unsigned(convert)) return write_as<std::uint64_t>(to, numbers);
    write_as<std::int64_t>(to, numbers);
}

void write_words(const bar_target& to, const std::vector<std::uint64_t>& words) {
    if (!to.count && words.size() == 1) return to.bar.write(to.offset, words[0], to.width);
    to.bar.write_block(to.offset, std::vector<std::uint32_t>(words.begin(), words.end()));
}

} // namespace cli
