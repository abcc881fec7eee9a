// SPDX-License-Identifier: BSD-3-Clause
// Every operation of a batch x every way to malform it. Each cell also shows that what stands
// before the bad operation was done, that what stands after it was not, and that `done` says so.
#include "harness.hpp"
#include "msix.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <ostream>

namespace raw {
namespace batch_matrix_test {

constexpr std::uint64_t ram_size = 4 << 20, target = 0x100, before = 0x200, after = 0x204;
constexpr unsigned ram_bar = 2;

struct kind {
    const char* name;
    unsigned op;
    bool writes() const {
        return op == UPCIEDEV_OP_WRITE || op == UPCIEDEV_OP_MODIFY || op == UPCIEDEV_OP_WRITE_BLOCK;
    }
    bool block() const { return op == UPCIEDEV_OP_READ_BLOCK || op == UPCIEDEV_OP_WRITE_BLOCK; }
    bool poll() const { return op == UPCIEDEV_OP_POLL; }
    bool masked() const { return op == UPCIEDEV_OP_MODIFY || poll(); }
    bool has_value() const { return !block() && op != UPCIEDEV_OP_READ; }
};

const kind kinds[] = {
    {"read", UPCIEDEV_OP_READ},
    {"write", UPCIEDEV_OP_WRITE},
    {"modify", UPCIEDEV_OP_MODIFY},
    {"read_block", UPCIEDEV_OP_READ_BLOCK},
    {"write_block", UPCIEDEV_OP_WRITE_BLOCK},
    {"poll", UPCIEDEV_OP_POLL},
};

struct fault {
    const char* name; // begins with its row of the defect list, where it has one
    void (*spoil)(upciedev_op&);
    int error;
    bool (*applies)(const kind&);
    role where = role::memory;
    int flags = O_RDWR;
};

bool always(const kind&) {
    return true;
}
bool to_blocks(const kind& k) {
    return k.block();
}
bool to_single(const kind& k) {
    return !k.block() && !k.poll();
}
bool to_values(const kind& k) {
    return k.has_value();
}
bool to_masked(const kind& k) {
    return k.masked();
}
bool to_unmasked(const kind& k) {
    return !k.masked();
}
bool to_writes(const kind& k) {
    return k.writes();
}
bool to_polls(const kind& k) {
    return k.poll();
}
bool not_to_blocks(const kind& k) {
    return !k.block();
}

// One register past what fits, whatever the operation: a block of two, from the last register on.
void at_end(upciedev_op& op) {
    op.offset = ram_size - 4;
    op.count = 2;
}

const fault faults[] = {
    {"C1_bar6", [](auto& op) { op.bar = 6; }, EINVAL, always},
    {"C1_bar7_status_page", [](auto& op) { op.bar = 7; }, EINVAL, always},
    {"C1_bar12", [](auto& op) { op.bar = 12; }, EINVAL, always},
    {"C1_bar255", [](auto& op) { op.bar = 255; }, EINVAL, always},
    {"C1_absent_bar", [](auto& op) { op.bar = 4; }, ENXIO, always},
    {"C3_first_byte_past", [](auto& op) { op.offset = ram_size; }, ERANGE, always},
    {"C3_far_past", [](auto& op) { op.offset = 1ULL << 40; }, ERANGE, always},
    {"C3_cut_by_the_end", [](auto& op) { op.width = 64, op.offset = ram_size - 4; }, EINVAL,
     always},
    {"C3_offset_overflow", [](auto& op) { op.offset = ~0ULL - 3; }, ERANGE, always},
    {"C3_offset_sign", [](auto& op) { op.offset = 1ULL << 63; }, ERANGE, always},
    {"C3_offset_of_32_bit", [](auto& op) { op.offset = (1ULL << 32) + target; }, ERANGE, always},
    {"C3_bar_in_offset", [](auto& op) { op.offset = UPCIEDEV_POS(2, target); }, ERANGE, always},
    {"C17_block_past_the_end", at_end, ERANGE, to_blocks},
    {"C17_block_of_4G", [](auto& op) { op.count = 0xffffffff; }, ERANGE, to_blocks},
    {"C17_block_end_overflow", [](auto& op) { op.width = 64, op.offset = ~0ULL - 7, op.count = 2; },
     ERANGE, to_blocks},
    {"C17_block_size_overflow",
     [](auto& op) { op.width = 64, op.offset = 8, op.count = 0x20000000; }, ERANGE, to_blocks},
    {"count_zero", [](auto& op) { op.count = 0; }, EINVAL, [](auto& k) { return !k.poll(); }},
    {"count_two", [](auto& op) { op.count = 2; }, EINVAL, to_single},
    {"count_huge", [](auto& op) { op.count = 0xffffffff; }, EINVAL, to_single},
    {"poll_too_long", [](auto& op) { op.count = UPCIEDEV_POLL_MAX_US + 1; }, EINVAL, to_polls},
    {"poll_for_ever", [](auto& op) { op.count = 0xffffffff; }, EINVAL, to_polls},
    {"width_0", [](auto& op) { op.width = 0; }, EINVAL, always},
    {"width_1", [](auto& op) { op.width = 1; }, EINVAL, always},
    {"width_4", [](auto& op) { op.width = 4; }, EINVAL, always},
    {"width_12", [](auto& op) { op.width = 12; }, EINVAL, always},
    {"width_24", [](auto& op) { op.width = 24; }, EINVAL, always},
    {"width_33", [](auto& op) { op.width = 33; }, EINVAL, always},
    {"width_128", [](auto& op) { op.width = 128; }, EINVAL, always},
    {"width_255", [](auto& op) { op.width = 255; }, EINVAL, always},
    {"misaligned_1", [](auto& op) { op.offset += 1; }, EINVAL, always},
    {"misaligned_2", [](auto& op) { op.offset += 2; }, EINVAL, always},
    {"misaligned_3", [](auto& op) { op.offset += 3; }, EINVAL, always},
    {"misaligned_16", [](auto& op) { op.width = 16, op.offset += 1; }, EINVAL, always},
    {"misaligned_64", [](auto& op) { op.width = 64, op.offset += 4; }, EINVAL, always},
    {"flag_unknown", [](auto& op) { op.flags = 0x80; }, EINVAL, always},
    {"flag_next", [](auto& op) { op.flags = 0x02; }, EINVAL, always},
    {"flag_fixed", [](auto& op) { op.flags = UPCIEDEV_OP_FIXED; }, EINVAL, not_to_blocks},
    {"op_unknown", [](auto& op) { op.op = UPCIEDEV_OP_POLL + 1; }, EINVAL, always},
    {"op_255", [](auto& op) { op.op = 255; }, EINVAL, always},
    {"value_bit_32", [](auto& op) { op.value = 1ULL << 32; }, EINVAL, to_values},
    {"value_bit_63", [](auto& op) { op.value = 1ULL << 63; }, EINVAL, to_values},
    {"value_bit_8_of_8", [](auto& op) { op.width = 8, op.mask &= 0xff, op.value = 0x100; }, EINVAL,
     to_values},
    {"mask_bit_32", [](auto& op) { op.mask |= 1ULL << 32; }, EINVAL, to_masked},
    {"mask_unused", [](auto& op) { op.mask = 1; }, EINVAL, to_unmasked},
    {"C6_null_buffer", [](auto& op) { op.value = 0; }, EFAULT, to_blocks},
    {"C6_kernel_buffer", [](auto& op) { op.value = 0xffff888000000000; }, EFAULT, to_blocks},
    {"C6_text_buffer", [](auto& op) { op.value = 0xffffffff81000000; }, EFAULT, to_blocks},
    {"C6_buffer_at_the_top", [](auto& op) { op.value = ~0ULL - 3; }, EFAULT, to_blocks},
    {"C6_buffer_not_canonical", [](auto& op) { op.value = 1ULL << 63; }, EFAULT, to_blocks},
    {"reader_may_not", [](auto&) {}, EBADF, to_writes, role::memory, O_RDONLY},
    {"writer_may_not", [](auto&) {}, EBADF,
     [](auto& k) { return k.op != UPCIEDEV_OP_WRITE && k.op != UPCIEDEV_OP_WRITE_BLOCK; },
     role::memory, O_WRONLY},
    {"guarded_first", [](auto& op) { op.bar = 0, op.offset = 0x80; }, EPERM, to_writes, role::edu},
    {"guarded_last", [](auto& op) { op.bar = 0, op.offset = 0x9c; }, EPERM, to_writes, role::edu},
    {"guarded_64", [](auto& op) { op.bar = 0, op.width = 64, op.offset = 0x98; }, EPERM, to_writes,
     role::edu},
    {"guarded_byte", [](auto& op) { op.bar = 0, op.width = 8, op.offset = 0x9f, op.mask &= 0xff; },
     EPERM, to_writes, role::edu},
    {"guarded_block_reaches_in", [](auto& op) { op.bar = 0, op.offset = 0x7c, op.count = 2; },
     EPERM, [](auto& k) { return k.block() && k.writes(); }, role::edu},
    {"guarded_block_reaches_out", [](auto& op) { op.bar = 0, op.offset = 0x9c, op.count = 4; },
     EPERM, [](auto& k) { return k.block() && k.writes(); }, role::edu},
    {"guarded_block_spans", [](auto& op) { op.bar = 0, op.offset = 0x60, op.count = 32; }, EPERM,
     [](auto& k) { return k.block() && k.writes(); }, role::edu},
    {"guarded_fifo", [](auto& op) { op.bar = 0, op.offset = 0x98, op.flags = UPCIEDEV_OP_FIXED; },
     EPERM, [](auto& k) { return k.block() && k.writes(); }, role::edu},
};

struct cell {
    kind what;
    fault how;
};

std::ostream& operator<<(std::ostream& out, const cell& c) {
    return out << c.what.name << ' ' << c.how.name;
}

std::vector<cell> all_cells() {
    std::vector<cell> cells;
    for (const auto& how : faults)
        for (const auto& what : kinds)
            if (how.applies(what)) cells.push_back({what, how});
    return cells;
}

class batch_matrix : public testing::TestWithParam<cell> {
  protected:
    upciedev_op good() {
        auto op = make_op(GetParam().what.op, ram_bar, target);
        if (GetParam().what.block()) op.value = reinterpret_cast<std::uintptr_t>(buffer_.data());
        if (GetParam().what.masked()) op.mask = 0xffffffff;
        return op;
    }
    upciedev_op bad() {
        auto op = good();
        GetParam().how.spoil(op);
        return op;
    }
    std::array<std::uint32_t, 64> buffer_{};
    file ram_ = open_board(role::memory);
};

TEST_P(batch_matrix, RefusedWhenAlone) {
    const auto board = open_board(GetParam().how.where, GetParam().how.flags);
    auto op = bad();
    const auto sent = op;
    EXPECT_EQ(run(board.get(), op).error, GetParam().how.error);
    EXPECT_EQ(run(board.get(), op).done, 0U);
    EXPECT_EQ(op.value, sent.value) << "a refused operation changed its value";
    EXPECT_EQ(buffer_[0], 0U);
}

TEST_P(batch_matrix, StopsTheBatch) {
    if (GetParam().how.where != role::memory || GetParam().how.flags != O_RDWR) return;
    ASSERT_EQ(write32(ram_.get(), ram_bar, before, 0), 0);
    ASSERT_EQ(write32(ram_.get(), ram_bar, after, 0), 0);
    upciedev_op ops[] = {write_op(ram_bar, before, 0x600d), bad(), write_op(ram_bar, after, 0xbad)};
    EXPECT_EQ(run(ram_.get(), ops), (batch_result{GetParam().how.error, 1}));
    std::uint32_t first = 0, last = 0;
    read32(ram_.get(), ram_bar, before, first);
    read32(ram_.get(), ram_bar, after, last);
    EXPECT_EQ(first, 0x600dU) << "what stood before was not done";
    EXPECT_EQ(last, 0U) << "what stood after was done";
}

std::string name_of(const testing::TestParamInfo<cell>& info) {
    return std::string{info.param.how.name} + "__" + info.param.what.name;
}
INSTANTIATE_TEST_SUITE_P(faults, batch_matrix, testing::ValuesIn(all_cells()), name_of);

// The same without a fault: the matrix is worth nothing if its good operation does not pass.
TEST(batch_matrix_base, EveryKindPasses) {
    const auto ram = open_board(role::memory);
    std::array<std::uint32_t, 64> buffer{};
    for (const auto& what : kinds) {
        ASSERT_EQ(write32(ram.get(), ram_bar, target, 0), 0);
        auto op = make_op(what.op, ram_bar, target);
        if (what.block()) op.value = reinterpret_cast<std::uintptr_t>(buffer.data());
        if (what.masked()) op.mask = 0xffffffff;
        EXPECT_EQ(run(ram.get(), op), (batch_result{0, 1})) << what.name;
    }
}

// Guards by address alone, on registers whose neighbours are free

TEST(guards, EveryByteOfTheDmaRegistersIsRefused) {
    const auto edu = open_board(role::edu);
    for (std::uint64_t offset = 0x80; offset < 0xa0; ++offset) {
        auto op = write_op(0, offset, 0, 8);
        EXPECT_EQ(run(edu.get(), op).error, EPERM) << std::hex << offset;
    }
}

TEST(guards, NeighboursAreFree) {
    const auto edu = open_board(role::edu);
    auto below = write_op(0, 0x78, 0, 64), above = write_op(0, 0xa0, 0, 32);
    EXPECT_EQ(run(edu.get(), below).error, 0);
    EXPECT_EQ(run(edu.get(), above).error, 0);
}

TEST(guards, MsixTableAndPendingBitsAreRefused) {
    const auto nvme = open_board(role::nvme);
    for (const auto& window : msix_windows(the(role::nvme)))
        for (auto offset : {window.offset, window.offset + window.length - 4}) {
            EXPECT_EQ(write32(nvme.get(), window.bar, offset, 0), EPERM) << std::hex << offset;
            const std::uint32_t word = 0;
            EXPECT_EQ(write_at(nvme.get(), UPCIEDEV_POS(window.bar, offset), &word, 4), -EPERM);
        }
}

} // namespace batch_matrix_test
} // namespace raw
