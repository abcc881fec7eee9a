// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace area_test {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

struct area_test : testing::Test, fixture {};

/// Calls only: the way of a transport whose memory cannot be mapped.
struct unmapped : transport {
    explicit unmapped(transport_ptr to) : to_(std::move(to)) {}
    std::string name() const override { return "unmapped"; }
    board_identity identity() const override { return to_->identity(); }
    bar_facts bar(unsigned index) const override { return to_->bar(index); }
    bool writable() const noexcept override { return true; }
    outcome run(std::span<operation> ops) noexcept override {
        calls += 1;
        return to_->run(ops);
    }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    bool gone() const noexcept override { return to_->gone(); }
    transport_ptr to_;
    int calls = 0;
};

TEST_F(area_test, copies_elements_at_any_place_mapped_and_by_call) {
    const auto calls = std::make_shared<unmapped>(sim);
    const upciedev::board by_call(calls, make_tester());
    for (const auto& way : {board, by_call})
        for (const std::uint64_t first : {0U, 1U, 2U, 3U})
            for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 1000U}) {
                std::vector<std::int16_t> data(n);
                std::iota(data.begin(), data.end(), static_cast<std::int16_t>(-2));
                const auto ram = way.area("RAM");
                ram.write<std::int16_t>(0, std::vector<std::int16_t>(n + 8, 77));
                ram.write<std::int16_t>(first, data);
                EXPECT_EQ(ram.read<std::int16_t>(first, n), data);
                EXPECT_EQ(ram.read<std::int16_t>(first + n, 1)[0], 77);
                if (first > 0) {
                    EXPECT_EQ(ram.read<std::int16_t>(first - 1, 1)[0], 77);
                }
            }
    EXPECT_GT(calls->calls, 0);
}

TEST_F(area_test, converts_to_engineering_units) {
    const auto table = board.area("TABLE");
    table.write<float>(10, std::vector{1.5F, -2.25F});
    EXPECT_THAT(table.read<double>(10, 2), ElementsAre(1.5, -2.25));
    EXPECT_THAT(table.read<std::int16_t>(10, 2), ElementsAre(0x1800, -0x2400));
    const auto floats = board.area("FLOATS");
    floats.write<double>(0, std::vector{0.5, -8.0});
    EXPECT_THAT(floats.read<float>(0, 2), ElementsAre(0.5F, -8.0F));
    const auto wide = board.area("WIDE");
    wide.write<std::uint64_t>(0, std::vector<std::uint64_t>{0xfedcba9876543210});
    EXPECT_THAT(wide.read<std::uint64_t>(0, 1), ElementsAre(0xfedcba9876543210));
}

TEST_F(area_test, extends_signs_of_narrow_elements) {
    const auto twelve = board.area("TWELVE");
    board.bar(0).write(0xb000, 0x7fff'f800); // bits above the twelve do not count
    EXPECT_THAT(twelve.read<std::int16_t>(0, 2), ElementsAre(-2048, -1));
    EXPECT_THAT(twelve.read<double>(0, 2), ElementsAre(-2048.0, -1.0));
}

TEST_F(area_test, swaps_big_endian_elements) {
    const auto big = board.area("BIG_TABLE");
    big.write<std::uint32_t>(1, std::vector<std::uint32_t>{0x11223344});
    EXPECT_EQ(board.bar(0).read(0x9004), 0x44332211U);
    EXPECT_THAT(big.read<std::uint32_t>(1, 1), ElementsAre(0x11223344U));
    EXPECT_THAT(big.read<double>(1, 1), ElementsAre(double{0x11223344}));
}

TEST_F(area_test, refuses_what_does_not_fit) {
    const auto ram = board.area("RAM");
    EXPECT_EQ(error_of([&] { (void)ram.read<std::uint16_t>(0, 1); }).first, errc::not_supported);
    EXPECT_EQ(error_of([&] { (void)ram.read<std::int32_t>(0, 1); }).first, errc::not_supported);
    const auto [code, text] = error_of([&] { (void)ram.read<std::int16_t>(ram.size() - 1, 2); });
    EXPECT_EQ(code, errc::out_of_range);
    EXPECT_THAT(text, HasSubstr("slot 4 tester: RAM: "));
    EXPECT_EQ(error_of([&] { (void)ram.read<std::int16_t>(~std::uint64_t{0}, 2); }).first,
              errc::out_of_range);
    EXPECT_TRUE(ram.read<std::int16_t>(ram.size(), 0).empty());
    const auto rom = board.area("ROM");
    EXPECT_EQ(error_of([&] { rom.write<std::uint8_t>(0, std::vector<std::uint8_t>{1}); }).first,
              errc::read_only);
    EXPECT_THAT(error_of([&] {
                    board.area("TABLE").write<double>(0, std::vector{0.0, 99.0});
                }).second,
                HasSubstr("TABLE[1]"));
}

TEST_F(area_test, a_board_that_left_throws_board_gone) {
    const auto ram = board.area("RAM");
    (void)ram.read<std::int16_t>(0, 16);
    sim->unplug();
    EXPECT_EQ(error_of([&] { (void)ram.read<std::int16_t>(0, 16); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { ram.write<std::int16_t>(0, std::vector<std::int16_t>(4)); }).first,
              errc::board_gone);
}

} // namespace area_test
