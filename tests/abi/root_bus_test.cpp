// SPDX-License-Identifier: BSD-3-Clause
// Boards that sit on the root bus, in no slot, one with a BAR of 8 GiB: tests/guest/abi-root-bus.sh
// boots them. Rows: C9 C28 C32 C33 and, beyond 32 bits, C3 C7 C36.
#include "harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace raw {
namespace root_bus_test {

constexpr unsigned ram_bar = 2;
constexpr std::uint64_t big = 8ULL << 30;

const board& on_root_bus(std::uint16_t vendor) {
    static const auto boards = find_boards();
    const auto found = std::ranges::find_if(boards, [=](const board& each) {
        return each.info.bus == each.info.root && each.info.vendor == vendor;
    });
    if (found == boards.end())
        throw std::runtime_error("no such board on the root bus: use tests/guest/abi-root-bus.sh");
    return *found;
}

TEST(root_bus, C28_BoardWithoutABridgeAboveWorks) {
    const auto& edu = on_root_bus(0x1234);
    EXPECT_EQ(edu.info.slot, UPCIEDEV_NO_SLOT);
    EXPECT_EQ(edu.info.root, 0U);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(open_node(edu.node).get(), 0, 0, id), 0);
    EXPECT_EQ(id & 0xff, 0xedU);
}

TEST(root_bus, C32_BoardsWithoutASlotDoNotCollide) {
    EXPECT_NE(on_root_bus(0x1234).node, on_root_bus(0x1af4).node);
}

// Nothing above it that could be reset, nothing of its own
TEST(root_bus, BoardThatCannotBeResetStaysAsItWas) {
    const auto edu = open_node(on_root_bus(0x1234).node);
    EXPECT_EQ(control(edu.get(), UPCIEDEV_RESET, nullptr), EOPNOTSUPP);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(edu.get(), 0, 0, id), 0);
}

class big_bar : public testing::Test {
  protected:
    const board& board_ = on_root_bus(0x1af4);
    file ram_ = open_node(board_.node);
    std::uint32_t word(std::uint64_t offset) {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(ram_.get(), ram_bar, offset, value), 0);
        return value;
    }
};

TEST_F(big_bar, C33_LiesAbove4GiB) {
    upciedev_bar_info info{};
    ASSERT_EQ(bar_info(ram_.get(), ram_bar, info), 0);
    EXPECT_EQ(info.length, big);
    EXPECT_TRUE(info.flags & UPCIEDEV_BAR_64BIT);
}

TEST_F(big_bar, C33_OffsetsKeepTheirUpperBits) {
    for (std::uint64_t offset : {std::uint64_t{0}, big / 2, big - 4})
        ASSERT_EQ(
            write32(ram_.get(), ram_bar, offset, static_cast<std::uint32_t>(offset >> 32) + 1), 0);
    for (std::uint64_t offset : {std::uint64_t{0}, big / 2, big - 4})
        EXPECT_EQ(word(offset), (offset >> 32) + 1);
}

TEST_F(big_bar, C36_PreadOfTheLastRegister) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, big - 4, 0x36), 0);
    std::uint32_t value = 0;
    EXPECT_EQ(read_at(ram_.get(), UPCIEDEV_POS(ram_bar, big - 4), &value, 4), 4);
    EXPECT_EQ(value, 0x36U);
    EXPECT_EQ(read_at(ram_.get(), UPCIEDEV_POS(ram_bar, big), &value, 4), -ERANGE);
}

TEST_F(big_bar, C7_MapOfTheWholeAndOfItsEnd) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, big - page_size, 0x77), 0);
    const map whole{ram_.get(), UPCIEDEV_POS(ram_bar, 0), big};
    ASSERT_EQ(whole.error(), 0);
    EXPECT_EQ(whole.word(big - page_size), 0x77U);
    const map last{ram_.get(), UPCIEDEV_POS(ram_bar, big - page_size), page_size};
    ASSERT_EQ(last.error(), 0);
    EXPECT_EQ(last.word(), 0x77U);
    EXPECT_EQ((map{ram_.get(), UPCIEDEV_POS(ram_bar, 0), big + page_size}.error()), ERANGE);
}

TEST_F(big_bar, C3_BlockAcrossTheEnd) {
    std::uint32_t data[2]{};
    auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, big - 4, data, 2);
    EXPECT_EQ(run(ram_.get(), op).error, ERANGE);
    op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, big - 8, data, 2);
    EXPECT_EQ(run(ram_.get(), op).error, 0);
}

} // namespace root_bus_test
} // namespace raw
