// SPDX-License-Identifier: BSD-3-Clause
// save, restore and diff.
#include "commands/commands.hpp"
#include "output/reading.hpp"
#include "output/table.hpp"

#include <upciedev/settings.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace cli {
namespace {

using upciedev::settings;

std::string registers_text(std::size_t count) {
    return count == 1 ? "1 register" : fmt::format("{} registers", count);
}

const upciedev::register_description& about(const upciedev::board& board, std::string_view path) {
    return *board.description()->find_register(path).description;
}

void write_file(const std::string& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream)
        throw upciedev::error(upciedev::errc::io_error, file, "cannot be written",
                              std::strerror(errno));
}

nlohmann::ordered_json left_out_json(const settings& saved) {
    auto json = nlohmann::ordered_json::array();
    for (const auto& [path, reason] : saved.left_out())
        json.push_back({{"name", path}, {"reason", reason}});
    return json;
}

nlohmann::ordered_json saved_json(const upciedev::board& board, const settings& saved) {
    nlohmann::ordered_json json{{"board", board.label()}};
    json["registers"] = nlohmann::ordered_json::array();
    for (const auto& [path, bits, mask] : saved.registers()) {
        auto each = to_json(read_as(about(board, path), path, bits));
        each["mask"] = mask;
        json["registers"].push_back(std::move(each));
    }
    json["left_out"] = left_out_json(saved);
    return json;
}

/// One line of the comparison: a register, or a field of it.
struct changed {
    reading saved, present;
};

/// The fields that differ, and the register itself where bits do that no field names.
std::vector<changed> lines_of_difference(const upciedev::board& board,
                                         const upciedev::setting_difference& what) {
    const auto& reg = about(board, what.path);
    std::vector<changed> lines;
    std::uint64_t rest = what.saved ^ what.present;
    for (const auto& field : reg.fields) {
        if ((rest & field.mask()) == 0) continue;
        const auto name = what.path + "." + field.name;
        lines.push_back({read_as(field, name, what.saved), read_as(field, name, what.present)});
        rest &= ~field.mask();
    }
    if (rest != 0)
        lines.push_back(
            {read_as(reg, what.path, what.saved), read_as(reg, what.path, what.present)});
    return lines;
}

std::string shown(const reading& what) {
    const auto bits = hex(what.raw, what.width);
    const auto number = engineering(what);
    return number.empty() ? bits : fmt::format("{} ({})", number, bits);
}

nlohmann::ordered_json side_json(const reading& what) {
    auto json = to_json(what);
    json.erase("name");
    return json;
}

void print_differences_json(const upciedev::board& board, const std::vector<changed>& lines,
                            std::size_t compared) {
    nlohmann::ordered_json json{{"board", board.label()}, {"compared", compared}};
    json["differences"] = nlohmann::ordered_json::array();
    for (const auto& [saved, present] : lines)
        json["differences"].push_back(
            {{"name", saved.name}, {"saved", side_json(saved)}, {"present", side_json(present)}});
    fmt::print("{}\n", json.dump(2));
}

void print_differences(const std::vector<changed>& lines) {
    if (lines.empty()) return;
    table rows({style::bold, style::dim, style::yellow});
    rows.heading({"register", "saved", "present"});
    for (const auto& [saved, present] : lines)
        rows.row({saved.name, shown(saved), shown(present)});
    rows.print();
}

} // namespace

void run_save(const common& options, const save_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto saved = settings::of(board);
    if (!arguments.file.empty()) write_file(arguments.file, saved.to_text());
    if (options.json) return fmt::print("{}\n", saved_json(board, saved).dump(2));
    if (arguments.file.empty()) return fmt::print("{}", saved.to_text());
    fmt::print("saved {} of {} in {}\n", registers_text(saved.registers().size()), board.label(),
               arguments.file);
}

void run_restore(const common& options, const restore_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto saved = settings::load(arguments.file, board);
    saved.restore(board);
    tell_if_lost(options, board);
    const auto count = saved.registers().size();
    if (options.json) {
        nlohmann::ordered_json json{{"board", board.label()}, {"restored", count}};
        json["left_out"] = left_out_json(saved);
        return fmt::print("{}\n", json.dump(2));
    }
    fmt::print("restored {} of {}\n", registers_text(count), board.label());
    for (const auto& [path, reason] : saved.left_out())
        fmt::print("left out {}: {}\n", path, reason);
}

bool run_diff(const common& options, const restore_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto saved = settings::load(arguments.file, board);
    std::vector<changed> lines;
    for (const auto& each : saved.diff(board))
        for (auto& line : lines_of_difference(board, each))
            lines.push_back(std::move(line));
    if (options.json)
        print_differences_json(board, lines, saved.registers().size());
    else
        print_differences(lines);
    return !lines.empty();
}

} // namespace cli
