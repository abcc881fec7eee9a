// SPDX-License-Identifier: BSD-3-Clause
#include "gencard/gencard_guards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace gencard {
namespace {

using upciedev::access;
using upciedev::board_description;

/// An entry of the table.
struct window {
    unsigned bar = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string flags;
    std::uint64_t period = 0;
};

/// Touching windows of the same kind become one.
std::vector<window> merge(std::vector<window> windows) {
    std::sort(windows.begin(), windows.end(), [](const window& a, const window& b) {
        return std::pair(a.bar, a.begin) < std::pair(b.bar, b.begin);
    });
    std::vector<window> merged;
    for (const auto& next : windows) {
        const bool joins = !merged.empty() && merged.back().bar == next.bar &&
                           merged.back().end >= next.begin && merged.back().flags == next.flags;
        if (joins)
            merged.back().end = std::max(merged.back().end, next.end);
        else
            merged.push_back(next);
    }
    return merged;
}

std::string flags_of(const upciedev::register_description& what) {
    // What only takes writes is not known to stand reads.
    const bool readable = what.access != access::wo && !what.reading_has_effects();
    std::string flags = readable ? "UPCIEDEV_GUARD_READABLE" : "";
    if (what.guard_admin) flags += (readable ? " | " : "") + std::string("UPCIEDEV_GUARD_ADMIN");
    return flags;
}

const upciedev::bar_description& bar_of(const board_description& board, unsigned index) {
    return *std::find_if(board.bars.begin(), board.bars.end(),
                         [&](const auto& bar) { return bar.index == index; });
}

/// Registers that no user may write.
std::vector<window> guarded(const board_description& board) {
    std::vector<window> windows;
    for (const auto& [path, place] : board.all_registers()) {
        const auto& what = *place.description;
        if (what.guard)
            windows.push_back({what.bar, place.offset, place.offset + what.width / 8,
                               flags_of(what), bar_of(board, what.bar).guards_every});
    }
    return merge(std::move(windows));
}

/// Where all else is guarded: what the file describes. Guarded registers are in it as well, for
/// nothing outside could be read or reached by administrators; their own entries guard them.
std::vector<window> open(const board_description& board) {
    std::vector<window> windows;
    const auto add = [&](unsigned bar, std::uint64_t begin, std::uint64_t bytes) {
        if (bar_of(board, bar).guards_rest)
            windows.push_back({bar, begin, begin + bytes, "UPCIEDEV_GUARD_OPEN"});
    };
    for (const auto& [path, place] : board.all_registers())
        add(place.description->bar, place.offset, place.description->width / 8);
    for (const auto& area : board.areas)
        add(area.bar, area.offset, area.size());
    return merge(std::move(windows));
}

} // namespace

std::string guard_rows(const board_description& board,
                       const std::function<std::string(unsigned)>& bar_name) {
    auto windows = guarded(board);
    for (auto& each : open(board))
        windows.push_back(std::move(each));
    std::string text;
    for (const auto& each : windows) {
        text += fmt::format("\t{{\n\t\t.bar\t= {},\n\t\t.offset\t= {:#x},\n\t\t.length\t= {:#x},\n",
                            bar_name(each.bar), each.begin, each.end - each.begin);
        if (each.period != 0) text += fmt::format("\t\t.period\t= {:#x},\n", each.period);
        if (!each.flags.empty()) text += fmt::format("\t\t.flags\t= {},\n", each.flags);
        text += "\t},\n";
    }
    return text;
}

} // namespace gencard
