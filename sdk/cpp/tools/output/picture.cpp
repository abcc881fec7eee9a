// SPDX-License-Identifier: BSD-3-Clause
#include "output/picture.hpp"

#include "description/ids_text.hpp"
#include "output/table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace cli {
namespace {

constexpr unsigned slots = 12; // a MicroTCA crate's, whatever of them is in use

/// The characters of a frame.
struct glyphs {
    std::string_view across, down, side, empty;
    std::array<std::string_view, 3> top, middle, bottom; // left, between, right
};

constexpr glyphs lines{"═", "│", "║", "·", {"╔", "╤", "╗"}, {"╟", "┼", "╢"}, {"╚", "╧", "╝"}};
constexpr glyphs ascii{"=", "|", "|", ".", {"+", "+", "+"}, {"+", "+", "+"}, {"+", "+", "+"}};

/// One module of the front: what is written downwards, and its number.
struct module {
    std::string text;
    std::string number;
    style how = style::plain;
};

std::string shown_name(const upciedev::crate_entry& board) {
    if (board.expected == upciedev::expectation::missing) return "?";
    if (!board.name.empty()) return board.name;
    return upciedev::detail::ids_text(board.ids);
}

std::vector<module> front(const std::vector<upciedev::crate_entry>& boards) {
    std::vector<module> result{{"MCH", "", style::cyan}};
    for (unsigned slot = 1; slot <= slots; ++slot) {
        const auto here =
            std::ranges::find(boards, std::optional(slot), &upciedev::crate_entry::slot);
        const bool occupied = here != boards.end();
        result.push_back({occupied ? shown_name(*here) : "", std::to_string(slot),
                          !occupied                 ? style::dim
                          : here->transport.empty() ? style::yellow
                                                    : style::green});
    }
    return result;
}

std::string rule(const std::array<std::string_view, 3>& ends, std::string_view across,
                 std::size_t modules) {
    std::string line = "  " + std::string(ends[0]);
    for (std::size_t i = 0; i < modules; ++i) {
        for (int column = 0; column < 4; ++column)
            line += across;
        line += i + 1 == modules ? ends[2] : ends[1];
    }
    return line + "\n";
}

std::string letters(const std::vector<module>& modules, std::size_t height, std::size_t line,
                    const glyphs& with) {
    std::string text = "  " + std::string(with.side);
    for (std::size_t i = 0; i < modules.size(); ++i) {
        const auto& name = modules[i].text;
        const bool empty_mark = name.empty() && line == height / 2;
        const auto letter = line < name.size() ? name.substr(line, 1)
                            : empty_mark       ? std::string(with.empty)
                                               : std::string(" ");
        text += " " + paint(modules[i].how, letter) + "  ";
        text += i + 1 == modules.size() ? with.side : with.down;
    }
    return text + "\n";
}

std::string numbers(const std::vector<module>& modules, const glyphs& with) {
    std::string text = "  " + std::string(with.side);
    for (std::size_t i = 0; i < modules.size(); ++i) {
        text += paint(style::bold, fmt::format(" {:<3}", modules[i].number));
        text += i + 1 == modules.size() ? with.side : with.down;
    }
    return text + "\n";
}

} // namespace

std::string draw_crate(const std::vector<upciedev::crate_entry>& boards, bool utf8) {
    const glyphs& with = utf8 ? lines : ascii;
    const auto modules = front(boards);
    std::size_t height = 0;
    for (const auto& each : modules)
        height = std::max(height, each.text.size());
    std::string text = rule(with.top, with.across, modules.size());
    for (std::size_t line = 0; line < height; ++line)
        text += letters(modules, height, line, with);
    text += rule(with.middle, utf8 ? "─" : "-", modules.size());
    text += numbers(modules, with);
    return text + rule(with.bottom, with.across, modules.size());
}

} // namespace cli
