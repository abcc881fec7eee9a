// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "target.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;
using upciedev::value;

struct assignment {
    target to;
    std::string text; ///< right of the '='
};

assignment parse_assignment(const upciedev::board& board, const std::string& text) {
    const auto equals = text.find('=');
    if (equals == text.npos || equals == 0 || equals + 1 == text.size())
        throw error(errc::bad_value, "'" + text + "'", "is no assignment",
                    "write REGISTER=VALUE, without blanks");
    return {find_target(board, std::string_view(text).substr(0, equals)), text.substr(equals + 1)};
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

std::string names_of(const upciedev::enumeration& names) {
    std::string list;
    for (const auto& [name, number] : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// A number, or a name that the enumeration has for one.
value parse_value(const std::string& where, std::string_view text,
                  const upciedev::conversion& convert, const upciedev::enumeration& names) {
    for (const auto& [name, number] : names)
        if (name == text) return decode(convert, number);
    try {
        return value::parse(text);
    } catch (const error&) {
        if (names.empty())
            throw error(errc::bad_value, where, fmt::format("'{}' is no number", text),
                        "write it in decimal, as 0x... or with a decimal point");
        throw error(errc::bad_value, where,
                    fmt::format("'{}' is neither a number nor a name of a value", text),
                    "it has " + names_of(names));
    }
}

std::uint64_t parse_bits(const std::string& where, std::string_view text, unsigned width) {
    const auto bits = parse_unsigned(text, where);
    if (width < 64 && bits >> width != 0)
        throw error(errc::out_of_range, where,
                    fmt::format("{:#x} does not fit in {} bits", bits, width));
    return bits;
}

void check_count(const std::string& name, const area_target& to, std::size_t given) {
    if (to.count == 0 || to.count == given) return;
    throw error(errc::bad_value, name,
                fmt::format("the range has {} elements, the list {}", to.count, given),
                fmt::format("write {}[{}]=... and it takes what comes", name, to.first));
}

template <class T>
void write_as(const area_target& to, const std::vector<value>& numbers) {
    std::vector<T> plain;
    for (const auto& number : numbers)
        plain.push_back(number.as<T>());
    to.area.write<T>(to.first, plain);
}

void write_elements(const area_target& to, const std::vector<value>& numbers) {
    const auto& convert = to.area.description().convert;
    const bool wide = convert.is_identity() && convert.type.bits > 32; // a double loses bits
    if (!wide) return write_as<double>(to, numbers);
    if (convert.type.what == upciedev::value_type::kind::unsigned_integer)
        return write_as<std::uint64_t>(to, numbers);
    write_as<std::int64_t>(to, numbers);
}

void write_words(const bar_target& to, const std::vector<std::uint64_t>& words) {
    if (!to.count && words.size() == 1) return to.bar.write(to.offset, words[0], to.width);
    to.bar.write_block(to.offset, std::vector<std::uint32_t>(words.begin(), words.end()));
}

/// Prepares writes in the order given, registers next to each other in one batch. Nothing is
/// touched before all values are found good.
class writer {
  public:
    writer(const upciedev::board& board, bool raw)
        : board_(board), batch_(board.batch()), raw_(raw) {}

    void add(const assignment& what) {
        std::visit([&](const auto& to) { add(what.to.name, to, what.text); }, what.to.what);
    }
    void run() {
        close_batch();
        for (const auto& step : steps_)
            step();
    }

  private:
    void add(const std::string& name, const register_target& to, const std::string& text) {
        const auto& about = to.reg.description();
        if (raw_)
            batch_.write_raw(to.reg, parse_unsigned(text, name));
        else
            batch_.write(to.reg, parse_value(name, text, about.convert, about.values));
    }

    void add(const std::string& name, const field_target& to, const std::string& text) {
        const auto& about = to.field.description();
        if (raw_)
            batch_.write(to.field, decode(about.convert, parse_bits(name, text, about.width)));
        else
            batch_.write(to.field, parse_value(name, text, about.convert, about.values));
    }

    void add(const std::string& name, const area_target& to, const std::string& text) {
        const auto& convert = to.area.description().convert;
        std::vector<value> numbers;
        for (const auto item : split_list(text))
            numbers.push_back(raw_ ? decode(convert, parse_bits(name, item, convert.type.bits))
                                   : parse_value(name, item, convert, {}));
        check_count(name, to, numbers.size());
        close_batch();
        steps_.emplace_back([=] { write_elements(to, numbers); });
    }

    void add(const std::string& name, const bar_target& to, const std::string& text) {
        std::vector<std::uint64_t> words;
        for (const auto item : split_list(text))
            words.push_back(parse_bits(name, item, to.width));
        close_batch();
        steps_.emplace_back([=] { write_words(to, words); });
    }

    void close_batch() {
        if (batch_.size() == 0) return;
        steps_.emplace_back([batch = batch_]() mutable { batch.run(); });
        batch_ = board_.batch();
    }

    upciedev::board board_;
    upciedev::batch batch_;
    std::vector<std::function<void()>> steps_;
    bool raw_;
};

} // namespace

void run_write(const common& options, const write_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    std::vector<assignment> assignments; // all found before anything is touched
    for (const auto& text : arguments.assignments)
        assignments.push_back(parse_assignment(board, text));
    writer writes(board, arguments.raw);
    for (const auto& each : assignments)
        writes.add(each);
    writes.run();
    if (!options.json) return;
    const nlohmann::ordered_json json{{"board", board.label()}, {"written", assignments.size()}};
    fmt::print("{}\n", json.dump(2));
}

} // namespace cli
