// SPDX-License-Identifier: BSD-3-Clause
#include "output/table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <unistd.h>

namespace cli {
namespace {

constexpr std::string_view gap = "  ";

std::string_view escape(style how) {
    switch (how) {
    case style::bold:
        return "\033[1m";
    case style::dim:
        return "\033[2m";
    case style::green:
        return "\033[32m";
    case style::cyan:
        return "\033[36m";
    case style::yellow:
        return "\033[33m";
    case style::red:
        return "\033[31m";
    case style::plain:
        break;
    }
    return {};
}

std::string_view environment(const char* name) {
    const char* text = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it here
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

} // namespace

bool output_is_terminal() {
    return isatty(STDOUT_FILENO) != 0;
}

bool colour_wanted() {
    static const bool wanted = output_is_terminal() && environment("NO_COLOR").empty();
    return wanted;
}

bool utf8_wanted() {
    // The first one that is set decides, as in setlocale(3).
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const auto locale = environment(name); !locale.empty())
            return locale.find("UTF-8") != std::string_view::npos ||
                   locale.find("utf8") != std::string_view::npos;
    return false;
}

std::string paint(style how, std::string_view text) {
    const bool is_blank = text.find_first_not_of(' ') == std::string_view::npos;
    if (!colour_wanted() || how == style::plain || is_blank) return std::string(text);
    return fmt::format("{}{}\033[0m", escape(how), text);
}

std::string human_size(std::uint64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < units.size(); ++unit)
        bytes /= 1024;
    return fmt::format("{} {}", bytes, units[unit]);
}

std::string counted(std::size_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

void table::heading(std::vector<std::string> cells) {
    heading_ = std::move(cells);
}

void table::row(std::vector<std::string> cells) {
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> table::widths() const {
    std::vector<std::size_t> result(columns_.size(), 0);
    const auto grow = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size() && i < result.size(); ++i)
            result[i] = std::max(result[i], display_width(cells[i]));
    };
    for (const auto& cells : rows_)
        grow(cells);
    // A column that is empty throughout is left out, with its heading.
    for (std::size_t i = 0; i < heading_.size(); ++i)
        if (result[i] > 0) result[i] = std::max(result[i], display_width(heading_[i]));
    return result;
}

std::string table::cell(std::size_t column, const std::string& text, std::size_t width,
                        bool is_heading) const {
    const std::string padding(width - display_width(text), ' ');
    const auto painted = paint(is_heading ? style::dim : columns_[column], text);
    const bool right = std::ranges::find(right_, column) != right_.end();
    return right ? padding + painted : painted + padding;
}

void table::print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                      bool is_heading) const {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (widths[i] == 0) continue;
        if (!line.empty()) line += gap;
        line += cell(i, cells[i], widths[i], is_heading);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
}

void table::print() const {
    const auto columns = widths();
    if (!heading_.empty() && !rows_.empty()) print_row(heading_, columns, true);
    for (const auto& cells : rows_)
        print_row(cells, columns, false);
}

} // namespace cli
