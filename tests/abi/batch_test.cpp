// SPDX-License-Identifier: BSD-3-Clause
// The batch as a whole: its arguments, its `done`, widths, blocks.
#include "harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace raw {
namespace batch_test {

constexpr unsigned ram_bar = 2;
constexpr std::uint64_t ram_size = 4 << 20;

class batch : public testing::Test {
  protected:
    upciedev_batch request(std::span<upciedev_op> ops) {
        upciedev_batch result{};
        result.count = static_cast<std::uint32_t>(ops.size());
        result.done = 77;
        result.ops = reinterpret_cast<std::uintptr_t>(ops.data());
        return result;
    }
    int call(upciedev_batch& arg) { return control(ram_.get(), UPCIEDEV_BATCH, &arg); }
    std::uint32_t word(std::uint64_t offset) {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(ram_.get(), ram_bar, offset, value), 0);
        return value;
    }
    void clear(std::uint64_t offset, std::uint32_t words) {
        std::vector<std::uint32_t> zeros(words);
        auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, offset, zeros.data(), words);
        ASSERT_EQ(run(ram_.get(), op).error, 0);
    }
    file ram_ = open_board(role::memory);
};

TEST_F(batch, CountZeroIsRefused) {
    auto op = read_op(ram_bar, 0);
    auto arg = request({&op, 0});
    EXPECT_EQ(call(arg), EINVAL);
}

TEST_F(batch, C17_TooManyOperations) {
    auto op = read_op(ram_bar, 0);
    for (std::uint32_t count :
         {UPCIEDEV_BATCH_MAX + 1, 0x08000001U, 0x10000000U, 0x80000000U, 0xffffffffU}) {
        auto arg = request({&op, 1});
        arg.count = count;
        EXPECT_EQ(call(arg), EINVAL) << count;
    }
}

TEST_F(batch, ReservedSet) {
    auto op = write_op(ram_bar, 0x40, 0xbad);
    clear(0x40, 1);
    for (int i : {0, 1})
        for (std::uint64_t bits : {1ULL, 1ULL << 32, 1ULL << 63}) {
            auto arg = request({&op, 1});
            arg.reserved[i] = bits;
            EXPECT_EQ(call(arg), EINVAL);
        }
    EXPECT_EQ(word(0x40), 0U);
}

TEST_F(batch, MostOperationsPass) {
    std::vector<upciedev_op> ops(UPCIEDEV_BATCH_MAX, read_op(ram_bar, 0));
    for (std::uint32_t i = 0; i < ops.size(); ++i)
        ops[i].offset = i % 1024 * 4;
    EXPECT_EQ(run(ram_.get(), ops), (batch_result{0, UPCIEDEV_BATCH_MAX}));
}

TEST_F(batch, C6_BadOpsPointer) {
    for (std::uint64_t address : {0ULL, 1ULL, 0x800000000000ULL, 1ULL << 63, 0xffff888000000000ULL,
                                  0xffffffff81000000ULL, ~0ULL, ~0ULL - 31}) {
        upciedev_batch arg{};
        arg.count = 1;
        arg.ops = address;
        EXPECT_EQ(call(arg), EFAULT) << std::hex << address;
        EXPECT_EQ(arg.done, 0U);
    }
}

// What was done before the fault is counted; what is not counted was not done.
TEST_F(batch, C6_OpsCutByAnUnmappedPage) {
    constexpr std::uint32_t present = 5, wanted = 9;
    lone_page page;
    auto* ops = reinterpret_cast<upciedev_op*>(page.end()) - present;
    for (std::uint32_t i = 0; i < present; ++i)
        ops[i] = write_op(ram_bar, i * 4, i + 1);
    clear(0, wanted);
    const auto result = run(ram_.get(), {ops, wanted});
    EXPECT_EQ(result.error, EFAULT);
    ASSERT_LE(result.done, present);
    for (std::uint32_t i = 0; i < wanted; ++i)
        EXPECT_EQ(word(i * 4), i < result.done ? i + 1 : 0) << i;
}

TEST_F(batch, C6_ManyOpsCutByAnUnmappedPage) {
    constexpr std::uint32_t present = page_size / sizeof(upciedev_op);
    lone_page page;
    auto* ops = reinterpret_cast<upciedev_op*>(page.begin());
    for (std::uint32_t i = 0; i < present; ++i)
        ops[i] = write_op(ram_bar, i * 4, i + 1);
    clear(0, present + 1);
    const auto result = run(ram_.get(), {ops, UPCIEDEV_BATCH_MAX});
    EXPECT_EQ(result.error, EFAULT);
    ASSERT_LE(result.done, present);
    for (std::uint32_t i = 0; i <= present; ++i)
        EXPECT_EQ(word(i * 4), i < result.done ? i + 1 : 0) << i;
}

TEST_F(batch, OpsAtAnOddAddress) {
    lone_page page;
    const auto op = write_op(ram_bar, 0x40, 0x1234);
    std::memcpy(page.begin() + 5, &op, sizeof(op));
    upciedev_batch arg{};
    arg.count = 1;
    arg.ops = reinterpret_cast<std::uintptr_t>(page.begin() + 5);
    EXPECT_EQ(call(arg), 0);
    EXPECT_EQ(word(0x40), 0x1234U);
}

// No result can be told: a register whose reading has an effect must not be read in vain.
TEST_F(batch, C6_ReadOnlyBatchDoesNothing) {
    auto op = write_op(ram_bar, 0x40, 0xbad);
    clear(0x40, 1);
    lone_page page;
    const auto arg = request({&op, 1});
    std::memcpy(page.begin(), &arg, sizeof(arg));
    page.protect(PROT_READ);
    EXPECT_EQ(control(ram_.get(), UPCIEDEV_BATCH, page.begin()), EFAULT);
    EXPECT_EQ(word(0x40), 0U) << "done without being told";
}

TEST_F(batch, C6_ReadOnlyOpsGiveNoResult) {
    lone_page page;
    const auto op = read_op(ram_bar, 0x40);
    std::memcpy(page.begin(), &op, sizeof(op));
    page.protect(PROT_READ);
    EXPECT_EQ(run(ram_.get(), {reinterpret_cast<upciedev_op*>(page.begin()), 1}).error, EFAULT);
}

TEST_F(batch, OpsOverlappingTheBatchAreHarmless) {
    union {
        upciedev_batch arg;
        upciedev_op op;
    } both{};
    both.arg = request({&both.op, 1});
    const int error = call(both.arg);
    EXPECT_TRUE(error == 0 || error == EINVAL || error == ENXIO) << error;
}

// Widths

TEST_F(batch, C40_WidthsLeaveNoUpperBits) {
    auto fill = write_op(ram_bar, 0x80, 0xf1e2d3c4b5a69788, 64);
    ASSERT_EQ(run(ram_.get(), fill).error, 0);
    constexpr std::uint64_t expected[] = {0x88, 0x9788, 0xb5a69788, 0xf1e2d3c4b5a69788};
    for (int i = 0; i < 4; ++i) {
        auto op = read_op(ram_bar, 0x80, 8U << i);
        op.value = ~0ULL; // whatever was there
        const auto error = run(ram_.get(), op).error;
        ASSERT_EQ(error, 0) << (8 << i);
        EXPECT_EQ(op.value, expected[i]);
    }
}

TEST_F(batch, NarrowWritesTouchNothingElse) {
    for (unsigned width : {8U, 16U, 32U}) {
        upciedev_op ops[] = {write_op(ram_bar, 0x80, ~0ULL, 64),
                             write_op(ram_bar, 0x80 + width / 8, 0, width),
                             read_op(ram_bar, 0x80, 64)};
        ASSERT_EQ(run(ram_.get(), ops), (batch_result{0, 3}));
        const std::uint64_t hole = ((1ULL << width) - 1) << width;
        EXPECT_EQ(ops[2].value, ~hole) << width;
    }
}

TEST_F(batch, C36_LastRegisterOfTheBar) {
    for (unsigned width : {8U, 16U, 32U, 64U}) {
        upciedev_op ops[] = {write_op(ram_bar, ram_size - width / 8, 0x5a, width),
                             read_op(ram_bar, ram_size - width / 8, width)};
        EXPECT_EQ(run(ram_.get(), ops), (batch_result{0, 2})) << width;
        EXPECT_EQ(ops[1].value, 0x5aU);
    }
}

TEST_F(batch, ModifyReturnsTheOldValue) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0x80, 0x11223344), 0);
    auto op = make_op(UPCIEDEV_OP_MODIFY, ram_bar, 0x80);
    op.value = 0xaabbccdd;
    op.mask = 0x00ff00ff;
    ASSERT_EQ(run(ram_.get(), op).error, 0);
    EXPECT_EQ(op.value, 0x11223344U);
    EXPECT_EQ(word(0x80), 0x11bb33ddU);
}

// Blocks

TEST_F(batch, BlockGoesThereAndBack) {
    for (unsigned width : {8U, 16U, 32U, 64U}) {
        std::array<std::uint8_t, 256> sent{}, got{};
        std::iota(sent.begin(), sent.end(), static_cast<std::uint8_t>(width));
        const std::uint32_t count = sent.size() * 8 / width;
        upciedev_op ops[] = {
            block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, 0x1000, sent.data(), count, width),
            block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0x1000, got.data(), count, width)};
        ASSERT_EQ(run(ram_.get(), ops), (batch_result{0, 2}));
        EXPECT_EQ(sent, got) << width;
    }
}

TEST_F(batch, C7_WholeBarInOneBlock) {
    std::vector<std::uint32_t> data(ram_size / 4);
    auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0, data.data(), ram_size / 4);
    EXPECT_EQ(run(ram_.get(), op), (batch_result{0, 1}));
}

TEST_F(batch, FixedBlockStaysAtItsAddress) {
    clear(0x100, 4);
    std::uint32_t sent[] = {1, 2, 3, 4};
    auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, 0x104, sent, 4);
    op.flags = UPCIEDEV_OP_FIXED;
    ASSERT_EQ(run(ram_.get(), op).error, 0);
    EXPECT_EQ(word(0x100), 0U);
    EXPECT_EQ(word(0x104), 4U);
    EXPECT_EQ(word(0x108), 0U);
}

TEST_F(batch, FixedBlockAtTheLastRegister) {
    std::uint32_t data[64];
    auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, ram_size - 4, data, 64);
    op.flags = UPCIEDEV_OP_FIXED;
    EXPECT_EQ(run(ram_.get(), op), (batch_result{0, 1}));
}

TEST_F(batch, C42_BlockBufferCutByAnUnmappedPage) {
    lone_page page;
    constexpr std::uint32_t fits = page_size / 4;
    for (unsigned kind : {UPCIEDEV_OP_READ_BLOCK, UPCIEDEV_OP_WRITE_BLOCK}) {
        upciedev_op ops[] = {read_op(ram_bar, 0),
                             block_op(kind, ram_bar, 0, page.begin(), fits + 1),
                             write_op(ram_bar, 0x8000, 0xbad)};
        clear(0x8000, 1);
        EXPECT_EQ(run(ram_.get(), ops), (batch_result{EFAULT, 1}));
        EXPECT_EQ(word(0x8000), 0U);
        auto whole = block_op(kind, ram_bar, 0, page.begin(), fits);
        EXPECT_EQ(run(ram_.get(), whole).error, 0) << "ends at the page's end";
    }
}

TEST_F(batch, C6_ReadBlockIntoReadOnlyMemory) {
    lone_page page;
    page.protect(PROT_READ);
    auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0, page.begin(), 4);
    EXPECT_EQ(run(ram_.get(), op), (batch_result{EFAULT, 0}));
}

TEST_F(batch, BlockBufferAtAnOddAddress) {
    lone_page page;
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0x80, 0x04030201), 0);
    auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0x80, page.end() - 5, 1);
    ASSERT_EQ(run(ram_.get(), op).error, 0);
    EXPECT_EQ(page.end()[-5], std::byte{1});
}

// The buffer of a block is the board itself, mapped: copying to it faults into the driver.
TEST_F(batch, BlockBufferIsTheBoardItself) {
    const map window{ram_.get(), UPCIEDEV_POS(ram_bar, 0x10000), page_size};
    ASSERT_EQ(window.error(), 0);
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0x80, 0x77665544), 0);
    auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0x80, window.bytes(), 4);
    EXPECT_EQ(run(ram_.get(), op).error, 0);
    EXPECT_EQ(word(0x10000), 0x77665544U);
}

// I/O ports are described and no more (pci-testdev, BAR1): the PCI core may move them at any time.
TEST(io_ports, AreOutOfReach) {
    const auto testdev = open_board(role::testdev);
    upciedev_bar_info info{};
    ASSERT_EQ(bar_info(testdev.get(), 1, info), 0);
    EXPECT_TRUE(info.flags & UPCIEDEV_BAR_IO);
    EXPECT_EQ(info.length, 256U);
    EXPECT_EQ(info.nr_areas, 0U);
    std::uint32_t value = 0;
    EXPECT_EQ(read32(testdev.get(), 1, 0, value), ENXIO);
    EXPECT_EQ(write32(testdev.get(), 1, 0, 0), ENXIO);
    EXPECT_EQ(read_at(testdev.get(), UPCIEDEV_POS(1, 0), &value, 4), -ENXIO);
    EXPECT_EQ((map{testdev.get(), UPCIEDEV_POS(1, 0), page_size, PROT_READ}.error()), ENXIO);
}

} // namespace batch_test
} // namespace raw
