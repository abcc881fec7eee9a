// SPDX-License-Identifier: BSD-3-Clause
// Traces as pictures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cli {

/// The least and the greatest of the samples that share a column.
struct column_range {
    double least = 0, most = 0;
};
std::vector<column_range> columns_of(std::span<const double> samples, std::size_t columns);

/// A curve of that many characters, in braille dots or, without UTF-8, in ASCII.
std::vector<std::string> draw_curve(std::span<const double> samples, std::size_t width,
                                    std::size_t height, bool utf8);

/// One curve below the other. \throws error io_error, not_supported (built without libpng)
void write_png(const std::string& file, const std::vector<std::span<const double>>& curves);

} // namespace cli
