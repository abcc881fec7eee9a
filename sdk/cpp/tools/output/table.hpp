// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class style { plain, bold, dim, green, cyan, yellow, red };

/// Standard output is a terminal and the person did not set NO_COLOR.
bool colour_wanted();
bool output_is_terminal();
/// The locale can show more than ASCII.
bool utf8_wanted();
/// \p text in that style, or as it is where no colour is wanted.
std::string paint(style how, std::string_view text);

/// "64 KiB".
std::string human_size(std::uint64_t bytes);
/// "1 slot", "2 slots".
std::string counted(std::size_t count, std::string_view thing);

/// How many columns of a terminal the text takes.
std::size_t display_width(std::string_view text);

/// Rows of text, printed with aligned columns.
class table {
  public:
    explicit table(std::vector<style> columns) : columns_(std::move(columns)) {}
    void heading(std::vector<std::string> cells);
    void row(std::vector<std::string> cells);
    void align_right(std::size_t column) { right_.push_back(column); }
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    void print() const;

  private:
    void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                   bool is_heading) const;
    [[nodiscard]] std::vector<std::size_t> widths() const;
    [[nodiscard]] std::string cell(std::size_t column, const std::string& text, std::size_t width,
                                   bool is_heading) const;

    std::vector<style> columns_;
    std::vector<std::size_t> right_;
    std::vector<std::string> heading_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace cli
