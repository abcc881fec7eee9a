// SPDX-License-Identifier: BSD-3-Clause
// Board memory: areas and blocks.
#include "stand.hpp"

#include <algorithm>
#include <numeric>

namespace area_rows {

using namespace behaviour;
using upciedev::access;
using upciedev::area_description;
using upciedev::errc;

class area_row : public row {};

constexpr std::uint64_t most = 16384; // elements: enough for several pages, quick in a guest

auto writable() {
    return find_areas(
        [](const area_description& what) { return what.access == access::rw && what.count >= 64; });
}

constexpr auto none_writable = "no area that can be written";

/// Whole numbers that every element type of at least 8 bits holds, all different from neighbours.
std::vector<double> ramp(const area_description& what, std::size_t n, unsigned start = 0) {
    std::vector<double> numbers(n);
    for (std::size_t i = 0; i < n; ++i)
        numbers[i] = decode(what.convert, (start + i * 3) % 101).to_double();
    return numbers;
}

TEST_F(area_row, keeps_what_is_written) {
    NEED(found, writable(), none_writable);
    FOR_EACH(each, found) {
        const auto area = each.area();
        const auto n = std::min(most, area.size());
        const auto numbers = ramp(*each.about, n);
        area.write<double>(0, numbers);
        EXPECT_EQ(area.read<double>(0, n), numbers);
        const auto others = ramp(*each.about, n, 50);
        area.write<double>(area.size() - n, others);
        EXPECT_EQ(area.read<double>(area.size() - n, n), others) << "at the end of the area";
    }
}

TEST_F(area_row, odd_pieces_leave_their_neighbours) {
    NEED(found, writable(), none_writable);
    FOR_EACH(each, found) {
        const auto area = each.area();
        auto expected = ramp(*each.about, 64);
        area.write<double>(0, expected);
        for (const std::size_t first : {1, 2, 3, 5, 31}) {
            const auto piece = ramp(*each.about, first + 2, 77);
            area.write<double>(first, piece);
            std::ranges::copy(piece, expected.begin() + static_cast<std::ptrdiff_t>(first));
            EXPECT_EQ(area.read<double>(0, 64), expected) << "after a write at " << first;
            EXPECT_EQ(area.read<double>(first, first + 2), piece);
        }
    }
}

TEST_F(area_row, checks_its_bounds) {
    NEED(found, writable(), none_writable);
    FOR_EACH(each, found) {
        const auto area = each.area();
        const auto size = area.size();
        const std::vector<double> two(2);
        EXPECT_NO_THROW(std::ignore = area.read<double>(size - 1, 1));
        EXPECT_NO_THROW(std::ignore = area.read<double>(size, 0));
        expect_error(errc::out_of_range, [&] { std::ignore = area.read<double>(size - 1, 2); },
                     {each.about->path});
        expect_error(errc::out_of_range, [&] { area.write<double>(size - 1, two); });
        expect_error(errc::out_of_range,
                     [&] { std::ignore = area.read<double>(~std::uint64_t{0}, 2); });
        expect_error(errc::out_of_range,
                     [&] { std::ignore = area.read<double>(std::uint64_t{1} << 62, 2); });
    }
}

TEST_F(area_row, read_only_refuses_to_be_written) {
    NEED(found, find_areas([](const auto& what) { return what.access == access::ro; }),
         "no read-only area");
    FOR_EACH(each, found) {
        const std::vector<double> one(1);
        expect_error(errc::read_only, [&] { each.area().write<double>(0, one); },
                     {each.about->path});
    }
}

TEST_F(area_row, has_a_name_that_errors_suggest) {
    NEED(found, find_areas([](const auto&) { return true; }), "no area");
    FOR_EACH(each, found)
    expect_error(errc::no_such_register,
                 [&] { std::ignore = each.board.area(each.about->path + "X"); },
                 {each.about->path + "X", each.about->path});
}

TEST_F(area_row, block_of_a_bar_is_the_same_memory) {
    const auto aligned = [](const area_description& what) {
        return what.access == access::rw && what.offset % 4 == 0 && what.size() >= 256;
    };
    NEED(found, find_areas(aligned), none_writable);
    FOR_EACH(each, found) {
        const auto bar = each.board.bar(each.about->bar);
        std::vector<std::uint32_t> words(64);
        std::iota(words.begin(), words.end(), 0xa5000000U);
        bar.write_block(each.about->offset, words);
        std::vector<std::uint32_t> back(64);
        bar.read_block(each.about->offset, back);
        EXPECT_EQ(back, words);
        for (std::size_t i = 0; i < words.size(); ++i)
            EXPECT_EQ(bar.read(each.about->offset + 4 * i), words[i]) << "word " << i;
    }
}

TEST_F(area_row, block_of_a_bar_checks_its_bounds) {
    NEED(found, find_areas([](const auto&) { return true; }), "no area");
    FOR_EACH(each, found) {
        const auto bar = each.board.bar(each.about->bar);
        std::vector<std::uint32_t> words(2);
        const auto size = bar.facts().size;
        expect_error(errc::out_of_range, [&] { bar.read_block(size - 4, words); });
        expect_error(errc::out_of_range, [&] { bar.write_block(size, words); });
        expect_error(errc::out_of_range, [&] { bar.read_block(~std::uint64_t{3}, words); });
    }
}

} // namespace area_rows
