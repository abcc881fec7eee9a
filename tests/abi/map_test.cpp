// SPDX-License-Identifier: BSD-3-Clause
// mmap: exact bounds, shared only, guards, rights, and everything Linux can do to a map afterwards.
#include "harness.hpp"
#include "msix.hpp"

#include <gtest/gtest.h>

#include <csetjmp>
#include <csignal>
#include <cstring>

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace raw {
namespace map_test {

constexpr unsigned ram_bar = 2;
constexpr std::uint64_t ram_size = 4 << 20;
constexpr std::uint64_t edu_size = 1 << 20;
constexpr int both = PROT_READ | PROT_WRITE;

int map_error(const file& fd, std::uint64_t position, std::size_t bytes, int protection = both,
              int flags = MAP_SHARED) {
    return map{fd.get(), position, bytes, protection, flags}.error();
}

class maps : public testing::Test {
  protected:
    static std::uint64_t ram_at(std::uint64_t offset) { return UPCIEDEV_POS(ram_bar, offset); }
    std::uint32_t word(std::uint64_t offset) {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(ram_.get(), ram_bar, offset, value), 0);
        return value;
    }
    file ram_ = open_board(role::memory);
    file edu_ = open_board(role::edu);
};

// Bounds

TEST_F(maps, C7_WholeBar) {
    const map window{ram_.get(), ram_at(0), ram_size};
    ASSERT_EQ(window.error(), 0);
    window.word(ram_size - 4) = 0x12345678; // C36
    EXPECT_EQ(word(ram_size - 4), 0x12345678U);
}

TEST_F(maps, C7_LastPage) {
    EXPECT_EQ(map_error(ram_, ram_at(ram_size - page_size), page_size), 0);
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, edu_size - page_size), page_size), 0);
}

TEST_F(maps, C7_LongerThanTheBar) {
    for (std::size_t bytes :
         {ram_size + 1, ram_size + page_size, 2 * ram_size, std::size_t{1} << 40})
        EXPECT_EQ(map_error(ram_, ram_at(0), bytes), ERANGE) << bytes;
}

TEST_F(maps, C7_SmallBarLongerThanAPage) {
    const auto testdev = open_board(role::testdev);
    EXPECT_EQ(map_error(testdev, UPCIEDEV_POS(0, 0), page_size), 0) << "BAR0 is one page";
    EXPECT_EQ(map_error(testdev, UPCIEDEV_POS(0, 0), 2 * page_size), ERANGE);
}

TEST_F(maps, C7_PastTheEnd) {
    for (std::uint64_t offset :
         {ram_size, ram_size + page_size, 1UL << 32, (1UL << 60) - page_size})
        EXPECT_EQ(map_error(ram_, ram_at(offset), page_size), ERANGE) << std::hex << offset;
}

TEST_F(maps, C7_AcrossTheEnd) {
    EXPECT_EQ(map_error(ram_, ram_at(ram_size - page_size), 2 * page_size), ERANGE);
}

TEST_F(maps, C7_LengthCarriesIntoTheNextBar) {
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, (1UL << 60) - page_size), 2 * page_size), ERANGE);
}

TEST_F(maps, C1_BarThatIsNotThere) {
    for (unsigned bar : {1U, 3U, 4U, 5U})
        EXPECT_EQ(map_error(ram_, UPCIEDEV_POS(bar, 0), page_size), ENXIO) << bar;
    EXPECT_EQ(map_error(ram_, UPCIEDEV_POS(6, 0), page_size), EINVAL);
}

// Bits 63 and up: a page offset with bits above the position's.
TEST_F(maps, C2_SignBitOfThePosition) {
    EXPECT_NE(map_error(ram_, ram_at(0) | 1UL << 63, page_size), 0);
    EXPECT_NE(map_error(ram_, ~0UL << 12, page_size), 0);
}

TEST_F(maps, UnalignedPosition) {
    EXPECT_EQ(map_error(ram_, ram_at(8), page_size), EINVAL);
}

TEST_F(maps, ZeroLength) {
    EXPECT_EQ(map_error(ram_, ram_at(0), 0), EINVAL);
}

TEST_F(maps, C7_BarSmallerThanAPage) { // ivshmem BAR0: 256 bytes; the rest is not the board's
    EXPECT_NE(map_error(ram_, UPCIEDEV_POS(0, 0), page_size), 0);
    EXPECT_NE(map_error(ram_, UPCIEDEV_POS(0, 0), 256), 0);
}

// Kinds of maps

TEST_F(maps, PrivateIsRefused) {
    EXPECT_EQ(map_error(ram_, ram_at(0), page_size, both, MAP_PRIVATE), EINVAL);
    EXPECT_EQ(map_error(ram_, ram_at(0), page_size, PROT_READ, MAP_PRIVATE), EINVAL);
    EXPECT_EQ(map_error(ram_, UPCIEDEV_POS_STATUS, page_size, PROT_READ, MAP_PRIVATE), EINVAL);
    const auto reader = open_board(role::memory, O_RDONLY);
    EXPECT_EQ(map_error(reader, ram_at(0), page_size, PROT_READ, MAP_PRIVATE), EINVAL);
}

TEST_F(maps, ValidatedPopulatedLockedAreHarmless) {
    for (int flags : {MAP_SHARED_VALIDATE, MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_LOCKED,
                      MAP_SHARED | MAP_NORESERVE, MAP_SHARED | MAP_NONBLOCK}) {
        const map window{ram_.get(), ram_at(0), 4 * page_size, both, flags};
        ASSERT_EQ(window.error(), 0) << flags;
        window.word() = 1;
    }
}

TEST_F(maps, HugePagesAreRefused) {
    EXPECT_NE(map_error(ram_, ram_at(0), 2 << 20, both, MAP_SHARED | MAP_HUGETLB), 0);
}

TEST_F(maps, ExecutableIsRefused) {
    EXPECT_NE(map_error(ram_, ram_at(0), page_size, PROT_READ | PROT_EXEC), 0);
    const map window{ram_.get(), ram_at(0), page_size};
    EXPECT_EQ(::mprotect(window.bytes(), page_size, PROT_READ | PROT_EXEC), -1);
}

// Rights

TEST_F(maps, ReaderMayNotMapForWriting) {
    const auto reader = open_board(role::memory, O_RDONLY);
    EXPECT_EQ(map_error(reader, ram_at(0), page_size), EACCES);
    const map window{reader.get(), ram_at(0), page_size, PROT_READ};
    ASSERT_EQ(window.error(), 0);
    EXPECT_EQ(::mprotect(window.bytes(), page_size, both), -1);
    EXPECT_EQ(errno, EACCES);
}

TEST_F(maps, WriterAloneMayNotMap) {
    const auto writer = open_board(role::memory, O_WRONLY);
    EXPECT_EQ(map_error(writer, ram_at(0), page_size, PROT_WRITE), EACCES);
    EXPECT_EQ(map_error(writer, ram_at(0), page_size, PROT_READ), EACCES);
}

TEST_F(maps, WithoutRightsCanBeUpgradedOnlyAsFarAsThePagesAllow) {
    const map plain{ram_.get(), ram_at(0), page_size, PROT_NONE};
    EXPECT_EQ(::mprotect(plain.bytes(), page_size, both), 0);
    const map guarded{edu_.get(), UPCIEDEV_POS(0, 0), page_size, PROT_NONE};
    ASSERT_EQ(guarded.error(), 0);
    EXPECT_EQ(::mprotect(guarded.bytes(), page_size, both), -1);
}

// Guards

TEST_F(maps, GuardedPageIsNotWritable) {
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, 0), page_size), EPERM);
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, 0), edu_size), EPERM) << "among others";
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, 0), page_size, PROT_WRITE), EPERM);
    EXPECT_EQ(map_error(edu_, UPCIEDEV_POS(0, page_size), edu_size - page_size), 0);
}

TEST_F(maps, GuardedPageCannotBeMadeWritable) {
    const map window{edu_.get(), UPCIEDEV_POS(0, 0), page_size, PROT_READ};
    ASSERT_EQ(window.error(), 0) << "reading edu's registers has no effect";
    EXPECT_EQ(window.word() & 0xff, 0xedU);
    EXPECT_EQ(::mprotect(window.bytes(), page_size, both), -1);
    EXPECT_EQ(errno, EACCES);
}

// Part of a map: what does not touch the guarded page may not become writable either way round.
TEST_F(maps, MapAcrossGuardedAndFreePages) {
    const map window{edu_.get(), UPCIEDEV_POS(0, 0), 2 * page_size, PROT_READ};
    ASSERT_EQ(window.error(), 0);
    EXPECT_EQ(::mprotect(window.bytes(), 2 * page_size, both), -1);
    EXPECT_EQ(::mprotect(window.bytes(), page_size, both), -1);
}

TEST_F(maps, WritingAGuardedPageKillsTheWriter) {
    const map window{edu_.get(), UPCIEDEV_POS(0, 0), page_size, PROT_READ};
    const int end = in_child([&] {
        window.word(0x80) = 0xffffffff;
        return 0;
    });
    EXPECT_EQ(end, killed_by(SIGSEGV));
}

TEST_F(maps, MsixTableIsNotWritable) {
    const auto nvme = open_board(role::nvme);
    for (const auto& window : msix_windows(the(role::nvme))) {
        const auto page = window.offset / page_size * page_size;
        EXPECT_EQ(map_error(nvme, UPCIEDEV_POS(window.bar, page), page_size), EPERM);
        const map read{nvme.get(), UPCIEDEV_POS(window.bar, page), page_size, PROT_READ};
        ASSERT_EQ(read.error(), 0) << "reading them has no effect";
        EXPECT_EQ(::mprotect(read.bytes(), page_size, both), -1);
    }
}

TEST_F(maps, RemapFilePagesCannotReachAGuardedPage) {
    expect_kernel_message("uses deprecated remap_file_pages() syscall");
    const map window{edu_.get(), UPCIEDEV_POS(0, page_size), 2 * page_size};
    ASSERT_EQ(window.error(), 0);
    for (unsigned long page : {0UL, edu_size / page_size, 1UL << 48, 1UL << 52}) {
        EXPECT_EQ(::remap_file_pages(window.bytes(), page_size, 0, page, 0), -1) << page;
        EXPECT_EQ(window.word(page_size), 0xffffffffU) << "the rest still is edu's";
    }
}

// The status page

class status_page : public maps {
  protected:
    map window_{ram_.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
};

TEST_F(status_page, TellsThatTheBoardIsThere) {
    ASSERT_EQ(window_.error(), 0);
    const auto* status = reinterpret_cast<const upciedev_status*>(window_.bytes());
    EXPECT_EQ(status->abi, std::uint32_t{UPCIEDEV_ABI_VERSION});
    EXPECT_EQ(status->gone, 0U);
    upciedev_board_info info{};
    info.size = sizeof(info);
    ASSERT_EQ(control(ram_.get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_EQ(status->generation, info.generation);
}

TEST_F(status_page, C21_RestOfThePageIsZero) {
    ASSERT_EQ(window_.error(), 0);
    for (std::size_t at = sizeof(upciedev_status); at < page_size; ++at)
        ASSERT_EQ(window_.bytes()[at], std::byte{0}) << at;
}

TEST_F(status_page, IsReadOnly) {
    const int refused = map_error(ram_, UPCIEDEV_POS_STATUS, page_size);
    EXPECT_TRUE(refused == EPERM || refused == EACCES) << refused;
    EXPECT_EQ(::mprotect(window_.bytes(), page_size, both), -1);
    const int end = in_child([&] {
        window_.word() = 1;
        return 0;
    });
    EXPECT_EQ(end, killed_by(SIGSEGV));
}

TEST_F(status_page, IsOnePage) {
    EXPECT_NE(map_error(ram_, UPCIEDEV_POS_STATUS, 2 * page_size, PROT_READ), 0);
    EXPECT_NE(map_error(ram_, UPCIEDEV_POS_STATUS + page_size, page_size, PROT_READ), 0);
    EXPECT_NE(map_error(ram_, UPCIEDEV_POS(7, (1UL << 60) - page_size), page_size, PROT_READ), 0);
}

TEST_F(status_page, SurvivesForkAndSplit) {
    EXPECT_EQ(in_child([&] { return window_.word() == 1 ? 0 : 1; }), 0);
    EXPECT_EQ(window_.word(), 1U);
}

// What can be done to a map

TEST_F(maps, C7_CannotGrow) {
    map window{ram_.get(), ram_at(0), page_size};
    ASSERT_EQ(window.error(), 0);
    EXPECT_EQ(::mremap(window.bytes(), page_size, 2 * page_size, MREMAP_MAYMOVE), MAP_FAILED);
    const map last{ram_.get(), ram_at(ram_size - page_size), page_size};
    EXPECT_EQ(::mremap(last.bytes(), page_size, 2 * page_size, MREMAP_MAYMOVE), MAP_FAILED);
    EXPECT_EQ(::mremap(last.bytes(), 0, 2 * page_size, MREMAP_MAYMOVE), MAP_FAILED);
}

TEST_F(maps, CanMove) {
    map window{ram_.get(), ram_at(0x4000), page_size};
    window.word() = 0x31415926;
    lone_page target;
    void* moved = ::mremap(window.bytes(), page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                           target.begin());
    ASSERT_EQ(moved, target.begin());
    window.release();
    std::uint32_t value = 0;
    std::memcpy(&value, moved, sizeof(value));
    EXPECT_EQ(value, 0x31415926U);
}

TEST_F(maps, CanBeSplit) {
    map window{ram_.get(), ram_at(0), 5 * page_size};
    ASSERT_EQ(window.error(), 0);
    ASSERT_EQ(::munmap(window.bytes() + page_size, page_size), 0);
    ASSERT_EQ(::mprotect(window.bytes() + 3 * page_size, page_size, PROT_READ), 0);
    window.word(4 * page_size + 8) = 0x1414;
    EXPECT_EQ(word(4 * page_size + 8), 0x1414U) << "the tail lost its place";
    EXPECT_EQ(in_child([&] { return static_cast<int>(window.word(page_size)); }),
              killed_by(SIGSEGV));
}

TEST_F(maps, OutliveTheFile) {
    auto own = open_board(role::memory);
    const map window{own.get(), ram_at(0), page_size};
    own.close();
    window.word(0x10) = 0xabcd;
    EXPECT_EQ(word(0x10), 0xabcdU);
}

TEST_F(maps, AreInheritedByAChild) {
    const map window{ram_.get(), ram_at(0), page_size};
    window.word(0x20) = 0;
    EXPECT_EQ(in_child([&] {
                  window.word(0x20) = 0xc41d;
                  return 0;
              }),
              0);
    EXPECT_EQ(word(0x20), 0xc41dU);
}

TEST_F(maps, AdviceIsHarmless) {
    const map window{ram_.get(), ram_at(0), 4 * page_size};
    window.word(0x24) = 0x7777;
    for (int advice = 0; advice < 30; ++advice) {
        ::madvise(window.bytes(), 4 * page_size, advice);
    }
    ::mlock(window.bytes(), page_size);
    ::msync(window.bytes(), page_size, MS_SYNC | MS_INVALIDATE);
    unsigned char resident[4];
    ::mincore(window.bytes(), 4 * page_size, resident);
    EXPECT_EQ(window.word(0x24), 0x7777U);
}

// Other ways to the memory of a map: none may take pages of the board.
TEST_F(maps, ForeignReadersAreRefused) {
    const map window{ram_.get(), ram_at(0), page_size};
    window.word() = 1;
    std::uint32_t copy = 0;
    const iovec local{&copy, sizeof(copy)}, remote{window.bytes(), sizeof(copy)};
    EXPECT_EQ(::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0), -1);
    const auto memory = open_node("/proc/self/mem", O_RDWR);
    const auto at = reinterpret_cast<off_t>(window.bytes());
    EXPECT_EQ(::pread(memory.get(), &copy, sizeof(copy), at), -1);
    EXPECT_EQ(::pwrite(memory.get(), &copy, sizeof(copy), at), -1);
}

TEST_F(maps, PagesCannotBeGivenToAPipe) {
    const map window{ram_.get(), ram_at(0), page_size};
    window.word() = 1;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const file out{ends[0]}, in{ends[1]};
    const iovec piece{window.bytes(), page_size};
    EXPECT_EQ(::vmsplice(in.get(), &piece, 1, SPLICE_F_NONBLOCK), -1);
}

TEST_F(maps, BoardMemoryAsBufferOfOtherCalls) {
    const map window{ram_.get(), ram_at(0x2000), page_size};
    const auto zeros = open_node("/dev/zero");
    window.word() = 0xffffffff;
    EXPECT_EQ(::read(zeros.get(), window.bytes(), 64), 64);
    EXPECT_EQ(word(0x2000), 0U);
    const auto null = open_node("/dev/null");
    EXPECT_EQ(::write(null.get(), window.bytes(), 64), 64);
}

TEST_F(maps, ManyAtOnce) {
    std::vector<map> windows;
    for (int i = 0; i < 300; ++i) {
        windows.emplace_back(ram_.get(), ram_at(i % 1024 * page_size), page_size);
        ASSERT_EQ(windows.back().error(), 0);
        windows.back().word() = static_cast<std::uint32_t>(i);
    }
    EXPECT_EQ(windows.front().word(), 0U);
}

} // namespace map_test
} // namespace raw
