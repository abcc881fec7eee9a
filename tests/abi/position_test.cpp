// SPDX-License-Identifier: BSD-3-Clause
// pread, pwrite, lseek and the position that holds BAR and offset. Rows: C1 C2 C3 C6 C36.
#include "harness.hpp"
#include "msix.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <ostream>

#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

namespace raw {
namespace position_test {

constexpr unsigned ram_bar = 2;
constexpr std::uint64_t ram_size = 4 << 20;

// Both directions x every bad position or length: the same answer.
struct transfer_fault {
    const char* name;
    role where;
    std::uint64_t position;
    std::size_t bytes;
    int error;
};

constexpr std::uint64_t ram_at(std::uint64_t offset) {
    return UPCIEDEV_POS(ram_bar, offset);
}

const transfer_fault transfer_faults[] = {
    {"C1_bar6", role::memory, UPCIEDEV_POS(6, 0), 4, EINVAL},
    {"C1_absent_bar", role::memory, UPCIEDEV_POS(4, 0), 4, ENXIO},
    {"C1_upper_half_of_64_bit_bar", role::nvme, UPCIEDEV_POS(1, 0), 4, ENXIO},
    {"C2_negative", role::memory, 1ULL << 63, 4, EINVAL},
    {"C2_all_ones", role::memory, ~0ULL, 4, EINVAL},
    {"C2_stack_like_offset", role::memory, ram_at(0x7ffd12345678), 4, ERANGE},
    {"C3_at_the_end", role::memory, ram_at(ram_size), 4, ERANGE},
    {"C3_across_the_end", role::memory, ram_at(ram_size - 4), 8, ERANGE},
    {"C3_far_past", role::memory, ram_at(1ULL << 59), 4, ERANGE},
    {"C3_offset_of_32_bit", role::memory, ram_at(1ULL << 32), 4, ERANGE},
    {"C3_last_offset", role::memory, ram_at((1ULL << 60) - 4), 4, ERANGE},
    {"C3_carries_into_next_bar", role::memory, ram_at((1ULL << 60) - 4), 8, ERANGE},
    {"misaligned_1", role::memory, ram_at(1), 4, EINVAL},
    {"misaligned_2", role::memory, ram_at(2), 4, EINVAL},
    {"misaligned_3", role::memory, ram_at(3), 4, EINVAL},
    {"length_1", role::memory, ram_at(0), 1, EINVAL},
    {"length_3", role::memory, ram_at(0), 3, EINVAL},
    {"length_6", role::memory, ram_at(0), 6, EINVAL},
};

class transfer : public testing::TestWithParam<transfer_fault> {};

std::ostream& operator<<(std::ostream& out, const transfer_fault& f) {
    return out << f.name;
}

TEST_P(transfer, ReadIsRefused) {
    std::array<char, 16> buffer{};
    const auto fd = open_board(GetParam().where);
    EXPECT_EQ(read_at(fd.get(), GetParam().position, buffer.data(), GetParam().bytes),
              -GetParam().error);
    EXPECT_EQ(buffer, (std::array<char, 16>{}));
}

TEST_P(transfer, WriteIsRefused) {
    const std::array<char, 16> buffer{};
    const auto fd = open_board(GetParam().where);
    EXPECT_EQ(write_at(fd.get(), GetParam().position, buffer.data(), GetParam().bytes),
              -GetParam().error);
}

std::string name_of(const testing::TestParamInfo<transfer_fault>& info) {
    return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(faults, transfer, testing::ValuesIn(transfer_faults), name_of);

class position : public testing::Test {
  protected:
    std::uint32_t word(std::uint64_t offset) {
        std::uint32_t value = 0;
        EXPECT_EQ(read_at(ram_.get(), ram_at(offset), &value, 4), 4);
        return value;
    }
    file ram_ = open_board(role::memory);
    file edu_ = open_board(role::edu);
};

// Buffers

TEST_F(position, C6_BadPointer) {
    for (std::uint64_t address : {0ULL, 8ULL, 0x800000000000ULL, 1ULL << 63, 0xffff888000000000ULL,
                                  0xffffffff81000000ULL, ~0ULL - 3}) {
        auto* at = reinterpret_cast<void*>(address);
        EXPECT_EQ(read_at(ram_.get(), ram_at(0), at, 4), -EFAULT) << std::hex << address;
        EXPECT_EQ(write_at(ram_.get(), ram_at(0), at, 4), -EFAULT) << std::hex << address;
        EXPECT_EQ(word(0), word(0)) << "the board no longer answers";
    }
}

// Either all that fits was moved and told, or nothing.
TEST_F(position, C6_BufferCutByAnUnmappedPage) {
    lone_page page;
    for (std::size_t fits : {4UL, 64UL, page_size - 4}) {
        const auto got = read_at(ram_.get(), ram_at(0), page.end() - fits, fits + 64);
        EXPECT_TRUE(got == -EFAULT || (got >= 0 && got <= static_cast<long>(fits))) << got;
        const auto sent = write_at(ram_.get(), ram_at(0), page.end() - fits, fits + 64);
        EXPECT_TRUE(sent == -EFAULT || (sent >= 0 && sent <= static_cast<long>(fits))) << sent;
        EXPECT_EQ(read_at(ram_.get(), ram_at(0), page.end() - fits, fits), static_cast<long>(fits));
    }
}

TEST_F(position, C6_ReadIntoReadOnlyMemory) {
    lone_page page;
    page.protect(PROT_READ);
    EXPECT_EQ(read_at(ram_.get(), ram_at(0), page.begin(), 4), -EFAULT);
}

TEST_F(position, BufferIsTheBoardItself) {
    const map window{ram_.get(), ram_at(0x4000), page_size};
    const std::uint32_t value = 0xfeedf00d;
    ASSERT_EQ(write_at(ram_.get(), ram_at(0), &value, 4), 4);
    EXPECT_EQ(read_at(ram_.get(), ram_at(0), window.bytes(), 64), 64);
    EXPECT_EQ(window.word(), value);
    EXPECT_EQ(write_at(ram_.get(), ram_at(0x5000), window.bytes(), 64), 64);
    EXPECT_EQ(word(0x5000), value);
}

TEST_F(position, BufferIsTheVeryRegistersThatAreRead) {
    const map window{ram_.get(), ram_at(0x4000), page_size};
    EXPECT_EQ(read_at(ram_.get(), ram_at(0x4000), window.bytes(), page_size),
              static_cast<long>(page_size));
}

TEST_F(position, NothingAtAll) {
    EXPECT_EQ(read_at(ram_.get(), ram_at(0), nullptr, 0), 0);
    EXPECT_EQ(write_at(ram_.get(), ram_at(0), nullptr, 0), 0);
}

// Bounds

TEST_F(position, C36_LastRegister) {
    const std::uint32_t sent = 0x0c36c36c;
    ASSERT_EQ(write_at(ram_.get(), ram_at(ram_size - 4), &sent, 4), 4);
    EXPECT_EQ(word(ram_size - 4), sent);
}

TEST_F(position, C7_WholeBarAtOnce) {
    std::vector<std::uint32_t> data(ram_size / 4);
    long moved = 0; // a short count is allowed, as for every read()
    while (moved < static_cast<long>(ram_size)) {
        const auto got = read_at(ram_.get(), ram_at(moved),
                                 reinterpret_cast<char*>(data.data()) + moved, ram_size - moved);
        ASSERT_GT(got, 0);
        moved += got;
    }
}

TEST_F(position, HugeLengthIsHarmless) {
    std::uint32_t value = 0;
    for (std::size_t bytes : {std::size_t{1} << 31, std::size_t{1} << 40, ~std::size_t{0} >> 1})
        EXPECT_LT(read_at(ram_.get(), ram_at(0), &value, bytes & ~3UL), 0) << bytes;
}

TEST_F(position, C2_PositionIsNotTruncated) {
    const std::uint32_t mark = 0x13572468, zero = 0;
    ASSERT_EQ(write_at(ram_.get(), ram_at(0x10), &zero, 4), 4);
    EXPECT_LT(write_at(ram_.get(), ram_at((1ULL << 32) + 0x10), &mark, 4), 0);
    EXPECT_EQ(word(0x10), 0U);
}

// read() and write() without a position follow lseek(), with the BAR in it.
TEST_F(position, C2_SeekSelectsTheBar) {
    const std::uint32_t sent = 0x5eec;
    ASSERT_EQ(write_at(ram_.get(), ram_at(0x20), &sent, 4), 4);
    ASSERT_EQ(::lseek(ram_.get(), static_cast<off_t>(ram_at(0x20)), SEEK_SET),
              static_cast<off_t>(ram_at(0x20)));
    std::uint32_t got = 0;
    ASSERT_EQ(::read(ram_.get(), &got, 4), 4);
    EXPECT_EQ(got, sent);
    EXPECT_EQ(::lseek(ram_.get(), 0, SEEK_CUR), static_cast<off_t>(ram_at(0x24)));
}

TEST_F(position, C2_SeekToNonsenseIsHarmless) {
    for (off_t to : {off_t{-1}, off_t{-4096}, static_cast<off_t>(1UL << 63)})
        EXPECT_EQ(::lseek(ram_.get(), to, SEEK_SET), -1) << to;
    for (int whence : {SEEK_DATA, SEEK_HOLE, 99})
        EXPECT_EQ(::lseek(ram_.get(), 0, whence), -1) << whence;
    EXPECT_EQ(::lseek(ram_.get(), -1, SEEK_END), -1) << "there is no end";
    ASSERT_NE(::lseek(ram_.get(), static_cast<off_t>(ram_at(0)), SEEK_SET), -1);
    EXPECT_EQ(::lseek(ram_.get(), INT64_MAX, SEEK_CUR), -1);
}

TEST_F(position, SeeksOfTwoFilesAreTheirOwn) { // C47: nothing of a file is the device's
    const auto other = open_board(role::memory);
    ASSERT_NE(::lseek(ram_.get(), static_cast<off_t>(ram_at(0x40)), SEEK_SET), -1);
    EXPECT_EQ(::lseek(other.get(), 0, SEEK_CUR), 0);
}

TEST_F(position, StatusPageIsNotWritable) {
    const std::uint32_t value = 1;
    EXPECT_LT(write_at(ram_.get(), UPCIEDEV_POS_STATUS, &value, 4), 0);
    EXPECT_LT(write_at(ram_.get(), UPCIEDEV_POS_STATUS + 4, &value, 4), 0);
}

// Rights and guards

TEST_F(position, ReaderMayNotWrite) {
    const auto reader = open_board(role::memory, O_RDONLY);
    const std::uint32_t value = 1;
    EXPECT_EQ(write_at(reader.get(), ram_at(0), &value, 4), -EBADF);
}

TEST_F(position, WriterAloneMayNotRead) {
    const auto writer = open_board(role::memory, O_WRONLY);
    std::uint32_t value = 1;
    EXPECT_EQ(read_at(writer.get(), ram_at(0), &value, 4), -EBADF);
    EXPECT_EQ(write_at(writer.get(), ram_at(0), &value, 4), 4);
}

TEST_F(position, GuardedRegistersAreNotWritten) {
    const std::array<std::uint32_t, 16> zeros{};
    for (std::uint64_t offset = 0x80; offset < 0xa0; offset += 4)
        EXPECT_EQ(write_at(edu_.get(), UPCIEDEV_POS(0, offset), zeros.data(), 4), -EPERM);
    EXPECT_EQ(write_at(edu_.get(), UPCIEDEV_POS(0, 0x98), zeros.data(), 64), -EPERM)
        << "reaches out";
}

TEST_F(position, WriteThatReachesAGuardDoesNothing) {
    const std::uint32_t alive = 0x01020304;
    ASSERT_EQ(write_at(edu_.get(), UPCIEDEV_POS(0, 4), &alive, 4), 4);
    const std::array<std::uint32_t, 40> zeros{};
    EXPECT_EQ(write_at(edu_.get(), UPCIEDEV_POS(0, 4), zeros.data(), sizeof(zeros)), -EPERM);
    std::uint32_t inverted = 0;
    ASSERT_EQ(read_at(edu_.get(), UPCIEDEV_POS(0, 4), &inverted, 4), 4);
    EXPECT_EQ(inverted, ~alive);
}

TEST_F(position, NarrowAccessGoesByBatchOnly) {
    const std::array<char, 2> bytes{};
    EXPECT_EQ(write_at(ram_.get(), ram_at(0), bytes.data(), 2), -EINVAL);
}

// Calls that make reads and writes of their own

TEST_F(position, VectoredCallsAreChecked) {
    std::uint32_t a = 0;
    const iovec pieces[] = {{&a, sizeof(a)}, {reinterpret_cast<void*>(8), 4}};
    const auto at = static_cast<off_t>(ram_at(0));
    const auto got = ::preadv(ram_.get(), pieces, 2, at);
    EXPECT_TRUE(got == 4 || (got < 0 && errno == EFAULT)) << got;
    EXPECT_LT(::preadv(ram_.get(), pieces, 2, static_cast<off_t>(ram_at(ram_size))), 0);
}

TEST_F(position, SpliceSendfileTruncateAreHarmless) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const file out{ends[0]}, in{ends[1]};
    loff_t at = static_cast<loff_t>(ram_at(0));
    ::splice(ram_.get(), &at, in.get(), nullptr, 64, SPLICE_F_NONBLOCK);
    off_t from = static_cast<off_t>(ram_at(0));
    ::sendfile(in.get(), ram_.get(), &from, 64);
    EXPECT_EQ(::ftruncate(ram_.get(), 0), -1);
    EXPECT_EQ(::fallocate(ram_.get(), 0, 0, 4096), -1);
    EXPECT_EQ(::fsync(ram_.get()), -1);
}

TEST(node, IsNotForEverybody) {
    const auto path = the(role::edu).node;
    const int end = in_child([&] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
        return ::open(path.c_str(), O_RDONLY) < 0 && errno == EACCES ? 0 : 2;
    });
    EXPECT_EQ(end, 0);
}

} // namespace position_test
} // namespace raw
