// SPDX-License-Identifier: BSD-3-Clause
#include "output/plot.hpp"

#include <upciedev/error.hpp>

#include <algorithm>
#include <array>

#ifdef UPCIEDEV_HAS_PNG
#include <png.h>

#include <cstring>
#endif

namespace cli {
namespace {

constexpr std::size_t dots_across = 2, dots_down = 4; // of a braille character

/// The bits of a braille character, column by column from the top.
constexpr std::array<std::array<unsigned, dots_down>, dots_across> braille{
    {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

/// Dots of a curve, line by line.
class canvas {
  public:
    canvas(std::size_t width, std::size_t height) : width_(width), dots_(width * height) {}
    [[nodiscard]] bool at(std::size_t x, std::size_t y) const { return dots_[y * width_ + x] != 0; }
    void fill(std::size_t x, std::size_t top, std::size_t bottom) {
        for (auto y = top; y <= bottom; ++y)
            dots_[y * width_ + x] = 1;
    }

  private:
    std::size_t width_;
    std::vector<char> dots_;
};

std::string character(unsigned bits, bool utf8) {
    if (!utf8) return bits == 0 ? " " : "*";
    std::string text = "\xe2\xa0\x80"; // U+2800
    text[1] = static_cast<char>(0xa0U + (bits >> 6U));
    text[2] = static_cast<char>(0x80U + (bits & 0x3fU));
    return text;
}

canvas draw(std::span<const double> samples, std::size_t width, std::size_t height) {
    canvas dots(width, height);
    const auto columns = columns_of(samples, width);
    if (columns.empty()) return dots;
    const auto range = std::ranges::minmax(samples);
    const double span = range.max > range.min ? range.max - range.min : 1;
    const auto line_of = [&](double value) {
        const double below = (range.max - value) / span * static_cast<double>(height - 1);
        return static_cast<std::size_t>(std::clamp(below, 0.0, static_cast<double>(height - 1)));
    };
    for (std::size_t x = 0; x < columns.size(); ++x)
        dots.fill(x, line_of(columns[x].most), line_of(columns[x].least));
    return dots;
}

} // namespace

std::vector<column_range> columns_of(std::span<const double> samples, std::size_t columns) {
    std::vector<column_range> ranges;
    if (samples.empty()) return ranges;
    for (std::size_t x = 0; x < columns; ++x) {
        const auto first = std::min(x * samples.size() / columns, samples.size() - 1);
        const auto end = std::max((x + 1) * samples.size() / columns, first + 1);
        const auto [least, most] = std::ranges::minmax(samples.subspan(first, end - first));
        ranges.push_back({least, most});
    }
    for (std::size_t x = 1; x < ranges.size(); ++x) { // no gap from a column to the next
        ranges[x].least = std::min(ranges[x].least, ranges[x - 1].most);
        ranges[x].most = std::max(ranges[x].most, ranges[x - 1].least);
    }
    return ranges;
}

std::vector<std::string> draw_curve(std::span<const double> samples, std::size_t width,
                                    std::size_t height, bool utf8) {
    const auto dots = draw(samples, width * dots_across, height * dots_down);
    std::vector<std::string> lines(height);
    for (std::size_t row = 0; row < height; ++row)
        for (std::size_t column = 0; column < width; ++column) {
            unsigned bits = 0;
            for (std::size_t x = 0; x < dots_across; ++x)
                for (std::size_t y = 0; y < dots_down; ++y)
                    if (dots.at(column * dots_across + x, row * dots_down + y))
                        bits |= braille.at(x).at(y);
            lines[row] += character(bits, utf8);
        }
    return lines;
}

#ifdef UPCIEDEV_HAS_PNG

void write_png(const std::string& file, const std::vector<std::span<const double>>& curves) {
    constexpr std::size_t width = 1000, height = 160;
    std::vector<png_byte> pixels(width * height * curves.size(), 255);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const auto dots = draw(curves[i], width, height - 10);
        for (std::size_t y = 0; y < height - 10; ++y)
            for (std::size_t x = 0; x < width; ++x)
                if (dots.at(x, y)) pixels[((i * height) + y + 5) * width + x] = 0;
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = static_cast<png_uint_32>(height * curves.size());
    image.format = PNG_FORMAT_GRAY;
    if (png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr) == 0)
        throw upciedev::error(upciedev::errc::io_error, file, image.message,
                              "is there room, and may you write there?");
}

#else

void write_png(const std::string& file, const std::vector<std::span<const double>>& /*curves*/) {
    throw upciedev::error(upciedev::errc::not_supported, file,
                          "this command was built without libpng",
                          "install libpng-dev and build it again, or use --csv");
}

#endif

} // namespace cli
