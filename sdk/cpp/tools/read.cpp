// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "reading.hpp"
#include "table.hpp"
#include "target.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

constexpr std::uint64_t most_unasked = 4096; // elements of an area printed without a range

using anything = std::variant<reading, block_reading>;

/// Reads targets in the order given, registers next to each other in one batch.
class reader {
  public:
    explicit reader(const upciedev::board& board) : batch_(board.batch()) {}

    void add(const target& which) {
        std::visit([&](const auto& what) { add(which.name, what); }, which.what);
    }
    std::vector<anything> finish() {
        flush();
        return std::move(results_);
    }

  private:
    /// A read that waits for its batch, and what becomes of its bits.
    struct pending {
        upciedev::batch::result bits;
        std::function<reading(std::uint64_t)> shape;
    };

    void add(const std::string& name, const register_target& what) {
        const auto* description = &what.reg.description();
        waiting_.push_back({batch_.read(what.reg), [=, board = what.reg](std::uint64_t bits) {
                                return read_as(*description, name, bits);
                            }});
        last_owner_.clear();
    }

    // Fields of one register named one after the other come from one read of it: they belong
    // together, and reading may have effects.
    void add(const std::string& name, const field_target& what) {
        if (last_owner_ != what.reg.path()) last_bits_ = batch_.read(what.reg);
        last_owner_ = what.reg.path();
        waiting_.push_back({last_bits_, [=, field = what.field](std::uint64_t bits) {
                                return read_as(field.description(), name, bits);
                            }});
    }

    void add(const std::string& name, const area_target& what) {
        flush();
        results_.emplace_back(read_area(name, what));
    }

    void add(const std::string& name, const bar_target& what) {
        flush();
        if (what.count) {
            results_.emplace_back(read_words(name, what));
            return;
        }
        const auto bits = what.bar.read(what.offset, what.width);
        results_.emplace_back(reading{name, what.width, bits, bits, {}, {}, {}});
    }

    static block_reading read_area(const std::string& name, const area_target& what);
    static block_reading read_words(const std::string& name, const bar_target& what);

    void flush() {
        if (batch_.size() > 0) batch_.run();
        for (const auto& each : waiting_)
            results_.emplace_back(each.shape(each.bits.raw()));
        waiting_.clear();
        batch_.clear();
        last_owner_.clear();
    }

    upciedev::batch batch_;
    std::vector<pending> waiting_;
    std::vector<anything> results_;
    std::string last_owner_;
    upciedev::batch::result last_bits_;
};

std::size_t elements_wanted(const std::string& name, const area_target& what) {
    if (!what.whole) return what.count == 0 ? 1 : what.count;
    if (what.area.size() <= most_unasked) return what.area.size();
    throw error(errc::bad_value, name, fmt::format("has {} elements", what.area.size()),
                fmt::format("say which, as in {}[0:16]", name));
}

template <class T>
std::vector<upciedev::value> numbers(const area_target& what, std::size_t count) {
    const auto plain = what.area.read<T>(what.first, count);
    return {plain.begin(), plain.end()};
}

std::vector<upciedev::value> read_elements(const area_target& what, std::size_t count) {
    const auto& convert = what.area.description().convert;
    if (!convert.is_identity()) return numbers<double>(what, count);
    if (convert.type.bits > 32 && convert.type.what == upciedev::value_type::kind::unsigned_integer)
        return numbers<std::uint64_t>(what, count);
    if (convert.type.bits > 32) return numbers<std::int64_t>(what, count);
    auto result = numbers<double>(what, count); // exact up to 53 bits
    for (auto& number : result)
        number = static_cast<std::int64_t>(number.to_double());
    return result;
}

block_reading reader::read_area(const std::string& name, const area_target& what) {
    const auto& description = what.area.description();
    block_reading block{name, what.first,       1,    description.convert.type.bits, {},
                        {},   description.unit, false};
    block.numbers = read_elements(what, elements_wanted(name, what));
    for (const auto& number : block.numbers)
        block.raw.push_back(encode(description.convert, number));
    return block;
}

block_reading reader::read_words(const std::string& name, const bar_target& what) {
    std::vector<std::uint32_t> words(*what.count);
    what.bar.read_block(what.offset, words);
    block_reading block{name, what.offset, 4, 32, {}, {}, {}, true};
    block.numbers.assign(words.begin(), words.end());
    block.raw.assign(words.begin(), words.end());
    return block;
}

void print_json(const upciedev::board& board, const std::vector<anything>& results) {
    nlohmann::ordered_json json{{"board", board.label()}};
    json["results"] = nlohmann::ordered_json::array();
    for (const auto& each : results)
        json["results"].push_back(std::visit([](const auto& one) { return to_json(one); }, each));
    fmt::print("{}\n", json.dump(2));
}

void print_values(const std::vector<anything>& results, bool as_hex) {
    for (const auto& each : results) {
        if (const auto* one = std::get_if<reading>(&each)) {
            fmt::print("{}\n", bare(*one, as_hex));
            continue;
        }
        const auto& block = std::get<block_reading>(each);
        for (std::size_t i = 0; i < block.numbers.size(); ++i)
            fmt::print("{}\n",
                       as_hex ? hex(block.raw[i], block.width) : block.numbers[i].to_string());
    }
}

void print_table(const std::vector<anything>& results, bool as_hex) {
    table rows({style::bold, style::green, style::dim, style::plain});
    for (const auto& each : results)
        if (const auto* one = std::get_if<reading>(&each)) {
            const auto bits = hex(one->raw, one->width);
            rows.row(as_hex ? std::vector<std::string>{one->name, bits, "", ""}
                            : std::vector<std::string>{one->name, engineering(*one), bits,
                                                       fields_text(*one)});
        }
    rows.print();
    for (const auto& each : results)
        if (const auto* block = std::get_if<block_reading>(&each)) print_block(*block, as_hex);
}

} // namespace

void run_read(const common& options, const read_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    std::vector<target> targets; // all found before anything is touched
    for (const auto& text : arguments.targets)
        targets.push_back(find_target(board, text));
    reader reads(board);
    for (const auto& each : targets)
        reads.add(each);
    const auto results = reads.finish();
    if (options.json) return print_json(board, results);
    if (arguments.values) return print_values(results, arguments.hex);
    print_table(results, arguments.hex);
}

} // namespace cli
