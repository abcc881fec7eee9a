// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/reading.hpp"
#include "output/table.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

/// One register of the dump: read, or the reason why not.
struct line {
    std::string name;
    const upciedev::register_description* about = nullptr;
    std::optional<reading> read;
    std::string reason;
};

/// Why a dump leaves the register alone; empty where it may be read.
std::string why_not(const upciedev::register_description& what) {
    if (what.access == upciedev::access::wo) return "write-only";
    const auto has_effect = [](const upciedev::field_description& field) {
        return field.on_read != upciedev::read_effect::none;
    };
    if (what.on_read == upciedev::read_effect::clear) return "not read: reading clears it";
    if (what.on_read == upciedev::read_effect::pop) return "not read: reading takes from a FIFO";
    if (std::ranges::any_of(what.fields, has_effect)) return "not read: reading changes a field";
    return {};
}

std::vector<line> lines_of(const upciedev::board_description& description,
                           const std::string& prefix) {
    std::vector<line> lines;
    for (auto& [path, where] : description.all_registers())
        if (path.starts_with(prefix))
            lines.push_back({path, where.description, std::nullopt, why_not(*where.description)});
    if (lines.empty() && !prefix.empty())
        throw error(errc::no_such_register, description.name,
                    fmt::format("no register's path begins with '{}'", prefix),
                    "upciedev dump without it shows all");
    return lines;
}

/// Reads \p lines from \p begin on in one batch. \returns the first line not dealt with
std::size_t read_from(const upciedev::board& board, std::vector<line>& lines, std::size_t begin) {
    auto batch = board.batch();
    std::vector<std::pair<std::size_t, upciedev::batch::result>> waiting;
    for (std::size_t i = begin; i < lines.size(); ++i)
        if (lines[i].reason.empty()) waiting.emplace_back(i, batch.read(board.reg(lines[i].name)));
    if (waiting.empty()) return lines.size();
    std::size_t next = lines.size();
    try {
        batch.run();
    } catch (const error& failure) { // the other registers are still worth reading
        if (failure.kind() == errc::board_gone || batch.done() >= waiting.size()) throw;
        next = waiting[batch.done()].first;
        lines[next++].reason = failure.what();
    }
    for (std::size_t i = 0; i < batch.done(); ++i) {
        auto& [index, bits] = waiting[i];
        lines[index].read = read_as(*lines[index].about, lines[index].name, bits.raw());
    }
    return next;
}

nlohmann::ordered_json lines_json(const std::vector<line>& lines) {
    auto json = nlohmann::ordered_json::array();
    for (const auto& each : lines)
        json.push_back(
            each.read ? to_json(*each.read)
                      : nlohmann::ordered_json{{"name", each.name}, {"not_read", each.reason}});
    return json;
}

void print_json(const upciedev::board& board, const std::vector<line>& lines) {
    nlohmann::ordered_json json{{"board", board.label()}, {"registers", lines_json(lines)}};
    json["areas"] = nlohmann::ordered_json::array();
    for (const auto& area : board.description()->areas)
        json["areas"].push_back(
            {{"name", area.path}, {"elements", area.count}, {"type", area.convert.type.name()}});
    fmt::print("{}\n", json.dump(2));
}

void print_registers(const std::vector<line>& lines) {
    table rows({style::bold, style::green, style::dim, style::plain});
    rows.heading({"register", "value", "bits", "fields"});
    for (const auto& each : lines)
        if (each.read)
            rows.row({each.name, engineering(*each.read), hex(each.read->raw, each.read->width),
                      fields_text(*each.read)});
    rows.print();
}

void print_left_out(const std::vector<line>& lines) {
    table rows({style::bold, style::yellow});
    for (const auto& each : lines)
        if (!each.read) rows.row({each.name, each.reason});
    if (rows.empty()) return;
    fmt::print("\n");
    rows.print();
}

/// Where a write does not do what the value suggests.
void print_enables(const std::vector<line>& lines) {
    table rows({style::bold, style::dim});
    for (const auto& each : lines)
        if (each.about->enables_interrupts)
            rows.row({each.name, "enables interrupts: the driver's, writes leave it as it is"});
    if (rows.empty()) return;
    fmt::print("\n");
    rows.print();
}

void print_areas(const upciedev::board_description& description) {
    table rows({style::bold, style::plain, style::dim});
    for (const auto& area : description.areas)
        rows.row({area.path, fmt::format("{} x {}", area.count, area.convert.type.name()),
                  fmt::format("upciedev read BOARD {}[0:16]", area.path)});
    if (rows.empty()) return;
    fmt::print("\n");
    rows.print();
}

} // namespace

void run_dump(const common& options, const dump_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    if (!board.description())
        throw error(errc::not_supported, board.label(),
                    "no board file tells which registers can be read without harm",
                    "read words by BAR and offset: upciedev read " + arguments.board +
                        " 0:0x0[16]");
    auto lines = lines_of(*board.description(), arguments.prefix);
    for (std::size_t next = 0; next < lines.size();)
        next = read_from(board, lines, next);
    if (options.json) return print_json(board, lines);
    fmt::print("{}\n\n", paint(style::bold, board.label()));
    print_registers(lines);
    print_left_out(lines);
    print_enables(lines);
    if (arguments.prefix.empty()) print_areas(*board.description());
}

} // namespace cli
