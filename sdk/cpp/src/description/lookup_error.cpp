// SPDX-License-Identifier: BSD-3-Clause
#include "description/lookup_error.hpp"

#include "base/suggest.hpp"
#include "description/register_path.hpp"

#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t most_listed = 8;

/// "adc.ch[3].GAIN" or "adc.ch.3.GAIN" without the indices: "adc.ch.GAIN".
std::string without_indices(std::string_view path) {
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool dot =
            path[i] == '.' && i + 1 < path.size() && path[i + 1] >= '0' && path[i + 1] <= '9';
        if (path[i] != '[' && !dot) {
            text += path[i];
            continue;
        }
        while (i + 1 < path.size() && path[i] != ']' && (!dot || path[i + 1] != '.'))
            ++i;
    }
    return text;
}

/// The path with every index at its first or at its last value.
std::string element(const register_description& what, bool last) {
    register_location place{&what, what.offset, {}};
    for (std::size_t level = 0; last && level < what.repeats.size(); ++level)
        place.indices.at(level) = what.repeats[level].count - 1;
    return place.path();
}

/// The canonical path up to repeat number `level`, without indices: "adc.ch".
std::string array_name(const register_description& what, std::size_t level) {
    std::size_t end = 0;
    for (std::size_t i = 0; i <= level; ++i)
        end = what.path.find("[]", end + 1);
    return without_indices(std::string_view(what.path).substr(0, end));
}

std::string listing(const std::vector<std::string>& names) {
    auto text = fmt::format(
        "{}", fmt::join(std::span(names).first(std::min(names.size(), most_listed)), ", "));
    if (names.size() > most_listed) text += fmt::format(" and {} more", names.size() - most_listed);
    return text;
}

std::string suggestion(std::string_view wanted, const std::vector<std::string>& names,
                       std::string_view what) {
    auto near = did_you_mean(wanted, names);
    if (!near.empty()) return near;
    return names.empty() ? fmt::format("the board file has no {}", what)
                         : fmt::format("the {} are {}", what, listing(names));
}

[[noreturn]] void refuse(const board_description& board, std::string what, std::string remedy) {
    throw error(errc::no_such_register, board.name, std::move(what), std::move(remedy));
}

void refuse_wrong_indices(const board_description& board, const register_description& what,
                          std::string_view path) {
    if (what.repeats.empty())
        refuse(board, fmt::format("{} is a single register, not an array", what.path),
               fmt::format("use {}", what.path));
    if (what.repeats.size() == 1)
        refuse(board,
               fmt::format("{} is an array of {}", array_name(what, 0), what.repeats[0].count),
               fmt::format("use {} to {}", element(what, false), element(what, true)));
    refuse(board, fmt::format("{} needs {} indices", path, what.repeats.size()),
           fmt::format("use {} to {}", element(what, false), element(what, true)));
}

std::vector<std::string> field_names(const register_description& what) {
    std::vector<std::string> names;
    for (const auto& part : what.fields)
        names.push_back(part.name);
    return names;
}

/// "CTRL.ENABLE" where CTRL is a register with fields.
void refuse_field(const board_description& board, std::string_view path) {
    const auto point = path.rfind('.');
    if (point == std::string_view::npos) return;
    const auto owner = without_indices(path.substr(0, point));
    const auto name = path.substr(point + 1);
    for (const auto& what : board.registers) {
        if (without_indices(what.path) != owner || what.fields.empty()) continue;
        if (what.find_field(name) != nullptr)
            refuse(board, fmt::format("{} is a field of {}", name, path.substr(0, point)),
                   "open it as a field");
        refuse(board, fmt::format("{} has no field '{}'", path.substr(0, point), name),
               suggestion(name, field_names(what), "fields"));
    }
}

void refuse_group(const board_description& board, std::string_view path) {
    std::vector<std::string> members;
    const auto group = without_indices(path) + ".";
    for (const auto& what : board.registers)
        if (without_indices(what.path).starts_with(group)) members.push_back(element(what, false));
    if (!members.empty())
        refuse(board, fmt::format("{} is a group of registers", path),
               fmt::format("it holds {}", listing(members)));
}

/// Paths of all registers, with the user's own indices where there are as many.
std::vector<std::string> spellings(const board_description& board, std::string_view path) {
    const register_path wanted(path);
    std::vector<std::string> names;
    for (const auto& what : board.registers) {
        register_location place{&what, what.offset, {}};
        if (wanted.index_count() == what.repeats.size()) place.indices = wanted.indices();
        names.push_back(place.path());
    }
    return names;
}

} // namespace

void refuse_register(const board_description& board, std::string_view path) {
    const auto plain = without_indices(path);
    for (const auto& what : board.registers)
        if (without_indices(what.path) == plain) refuse_wrong_indices(board, what, path);
    for (const auto& area : board.areas)
        if (area.path == path)
            refuse(board, fmt::format("{} is an area, not a register", path), "open it as an area");
    refuse_field(board, path);
    refuse_group(board, path);
    refuse(board, fmt::format("no register '{}'", path),
           suggestion(path, spellings(board, path), "registers"));
}

void refuse_index(const board_description& board, const register_description& what,
                  std::string_view path, std::size_t level) {
    const auto name = array_name(what, level);
    const auto count = what.repeats[level].count;
    throw error(errc::out_of_range, board.name,
                fmt::format("index of {} out of range in {}", name, path),
                fmt::format("{} is an array of {}; use 0 to {}", name, count, count - 1));
}

void refuse_area(const board_description& board, std::string_view path) {
    for (const auto& what : board.registers)
        if (without_indices(what.path) == without_indices(path))
            refuse(board, fmt::format("{} is a register, not an area", path),
                   "open it as a register");
    std::vector<std::string> names;
    for (const auto& area : board.areas)
        names.push_back(area.path);
    refuse(board, fmt::format("no area '{}'", path), suggestion(path, names, "areas"));
}

void refuse_irq(const board_description& board, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& irq : board.irqs)
        names.push_back(irq.name);
    refuse(board, fmt::format("no interrupt '{}'", name), suggestion(name, names, "interrupts"));
}

void refuse_dma(const board_description& board, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& channel : board.dma)
        names.push_back(channel.name);
    refuse(board, fmt::format("no DMA channel '{}'", name),
           suggestion(name, names, "DMA channels"));
}

void refuse_bar(const board_description& board, std::string_view name) {
    std::vector<std::string> names;
    for (const auto& bar : board.bars)
        names.push_back(bar.name);
    refuse(board, fmt::format("no BAR '{}'", name), suggestion(name, names, "BARs"));
}

} // namespace upciedev::inline v1::detail
