// SPDX-License-Identifier: BSD-3-Clause
// Lines of a .map file: NAME ELEMENTS ADDRESS BYTES [BAR [WIDTH [FRACTION [SIGNED [ACCESS]]]]].
#include "maps/exchange.hpp"

#include <upciedev/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace cli {
namespace {

using upciedev::access;

struct word {
    std::string_view text;
    std::size_t column = 1;
};

std::vector<word> words_of(std::string_view line) {
    constexpr std::string_view space = " \t\r\v\f";
    std::vector<word> words;
    line = line.substr(0, line.find('#'));
    for (std::size_t begin = 0; (begin = line.find_first_not_of(space, begin)) < line.size();) {
        const auto end = std::min(line.find_first_of(space, begin), line.size());
        words.push_back({line.substr(begin, end - begin), begin + 1});
        begin = end;
    }
    return words;
}

/// The words of one line, taken one after the other.
class line_reader {
  public:
    line_reader(const std::string& file, std::size_t line, std::string_view text)
        : file_(file), line_(line), size_(text.size()), words_(words_of(text)) {}

    [[nodiscard]] bool at_end() const { return next_ == words_.size(); }
    [[nodiscard]] std::string_view take() { return words_[next_++].text; }
    [[nodiscard]] std::string place() const {
        const auto column = at_end() ? size_ + 1 : words_[next_].column;
        return fmt::format("{}:{}:{}", file_, line_, column);
    }

    std::uint64_t needed(std::string_view what) {
        if (at_end())
            fail(fmt::format("{} is missing", what), "a line is NAME ELEMENTS ADDRESS BYTES "
                                                     "[BAR [WIDTH [FRACTION [SIGNED [ACCESS]]]]]");
        return number(what, UINT64_MAX);
    }
    std::uint64_t number(std::string_view what, std::uint64_t greatest) {
        const auto value = map_number_of(words_[next_].text);
        if (!value) fail(fmt::format("{} '{}' is no number", what, words_[next_].text), "");
        if (*value > greatest)
            fail(fmt::format("{} {} is too great", what, *value),
                 fmt::format("the greatest is {}", greatest));
        ++next_;
        return *value;
    }
    void interpretation(map_entry& entry);
    void access_mode(map_entry& entry);
    [[noreturn]] void fail(const std::string& what, const std::string& remedy) const {
        throw upciedev::error(upciedev::errc::bad_board_file, place(), what, remedy);
    }

  private:
    void interrupts(map_entry& entry, std::string_view numbers);

    const std::string& file_;
    std::size_t line_;
    std::size_t size_;
    std::vector<word> words_;
    std::size_t next_ = 0;
};

void line_reader::interpretation(map_entry& entry) {
    const auto text = words_[next_].text;
    if (text == "IEEE754") {
        entry.kind = map_kind::floating;
    } else if (text == "ASCII") {
        entry.kind = map_kind::text;
    } else {
        const bool negative = text.front() == '-';
        const auto size = map_number_of(text.substr(negative ? 1 : 0));
        if (!size || *size > 1023)
            fail(fmt::format("'{}' is no interpretation", text),
                 "there are fraction bits from -1023 to 1023, IEEE754 and ASCII");
        entry.fraction = negative ? -static_cast<int>(*size) : static_cast<int>(*size);
    }
    ++next_;
}

void line_reader::interrupts(map_entry& entry, std::string_view numbers) {
    entry.access = access::ro;
    for (bool more = true; more;) {
        const auto end = numbers.find(':');
        const auto number = map_number_of(numbers.substr(0, end));
        if (!number || *number > UINT32_MAX)
            fail(fmt::format("'{}' is no interrupt", words_[next_].text),
                 "write INTERRUPT and numbers with ':' between, like INTERRUPT3:0");
        entry.interrupts.push_back(static_cast<unsigned>(*number));
        more = end != std::string_view::npos;
        if (more) numbers.remove_prefix(end + 1);
    }
}

void line_reader::access_mode(map_entry& entry) {
    std::string mode(words_[next_].text);
    std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return std::toupper(c); });
    if (mode.starts_with("INTERRUPT"))
        interrupts(entry, std::string_view(mode).substr(9));
    else if (mode == "RO" || mode == "WO")
        entry.access = mode == "RO" ? access::ro : access::wo;
    else if (mode != "RW")
        fail(fmt::format("'{}' is no access", words_[next_].text),
             "there are RO, RW, WO and INTERRUPT with numbers");
    ++next_;
}

void read_options(line_reader& line, map_entry& entry) {
    if (!line.at_end()) entry.bar = line.number("the BAR", UINT64_MAX);
    if (!line.at_end()) entry.width = static_cast<unsigned>(line.number("the width", 64));
    if (!line.at_end()) line.interpretation(entry);
    if (!line.at_end()) entry.is_signed = line.number("the sign", 1) != 0;
    if (!line.at_end()) line.access_mode(entry);
    if (!line.at_end()) line.fail("more than nine words", "comments begin with '#'");
    if (entry.width == 0) entry.kind = map_kind::none;
}

map_entry read_entry(line_reader& line) {
    map_entry entry;
    entry.place = line.place();
    const auto name = line.take();
    entry.path = map_path_of(name);
    if (entry.path.empty())
        throw upciedev::error(upciedev::errc::bad_board_file, entry.place,
                              fmt::format("'{}' is no name", name));
    entry.elements = line.needed("the number of elements");
    entry.address = line.needed("the address");
    entry.bytes = line.needed("the number of bytes");
    read_options(line, entry);
    if (entry.bytes > UINT64_MAX - entry.address)
        throw upciedev::error(upciedev::errc::bad_board_file, entry.place,
                              fmt::format("{} ends behind the last address", entry.path));
    return entry;
}

map_document read_lines(std::string_view text, const std::string& file) {
    map_document map;
    std::size_t number = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        line_reader line(file, ++number, text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.at_end()) continue;
        const auto place = line.place();
        if (line_reader copy = line; copy.take().starts_with('@')) {
            map.losses.push_back({place, "metadata have no place in a board file"});
            continue;
        }
        map.entries.push_back(read_entry(line));
    }
    return map;
}

} // namespace

std::optional<std::uint64_t> map_number_of(std::string_view text) {
    constexpr int octal = 8;
    constexpr int hexadecimal = 16;
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = hexadecimal;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        base = octal;
    }
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, number, base);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return number;
}

std::string map_path_of(std::string_view name) {
    std::string path;
    for (const char c : name) {
        const bool separates = c == '/' || c == '.';
        if (!separates)
            path += c;
        else if (!path.empty() && path.back() != '.')
            path += '.';
    }
    if (path.ends_with('.')) path.pop_back();
    return path;
}

map_document read_map(std::string_view text, const std::string& file) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    const bool is_json = begin != std::string_view::npos && text[begin] == '{';
    auto map = is_json ? read_json_map(text, file) : read_lines(text, file);
    if (map.entries.empty())
        throw upciedev::error(upciedev::errc::bad_board_file, file, "there is no register in it",
                              "a map is lines of NAME ELEMENTS ADDRESS BYTES ..., or JSON with an "
                              "'addressSpace'");
    return map;
}

} // namespace cli
