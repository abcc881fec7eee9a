// SPDX-License-Identifier: BSD-3-Clause
// The board leaves while it is in use: unbound by the administrator. Every call on a file of before
// says ENODEV for ever; maps turn into all ones; the process lives. Rows: C7 C24 and all of C-II.
#include "gone_board.hpp"
#include "harness.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace raw {
namespace removal_test {

using namespace std::chrono_literals;

constexpr unsigned ram_bar = 2;
constexpr std::uint32_t never = 0x0ddba11;

// Calls on a file of before

TEST(after_unbind, EveryCommandSaysNoDevice) {
    const auto fd = open_board(role::spare_edu);
    const unbound away{the(role::spare_edu)};
    expect_gone(fd.get());
}

TEST(after_unbind, ReaderAndWriterSayNoDevice) {
    const auto reader = open_board(role::memory, O_RDONLY),
               writer = open_board(role::memory, O_WRONLY);
    const unbound away{the(role::memory)};
    std::uint32_t value = 0;
    EXPECT_EQ(read_at(reader.get(), UPCIEDEV_POS(2, 0), &value, 4), -ENODEV);
    EXPECT_EQ(write_at(writer.get(), UPCIEDEV_POS(2, 0), &value, 4), -ENODEV);
}

TEST(after_unbind, BadArgumentsAreStillHarmless) {
    const auto fd = open_board(role::memory);
    const unbound away{the(role::memory)};
    for (auto command :
         {UPCIEDEV_GET_INFO, UPCIEDEV_GET_BAR, UPCIEDEV_GET_BAR_AREAS, UPCIEDEV_BATCH}) {
        const int error = control(fd.get(), command, nullptr);
        EXPECT_TRUE(error == ENODEV || error == EFAULT) << error;
    }
    const int error = control(fd.get(), _IOWR(UPCIEDEV_IOC, 0x7f, int), nullptr);
    EXPECT_TRUE(error == ENODEV || error == ENOTTY) << error;
    EXPECT_LT(read_at(fd.get(), UPCIEDEV_POS(6, 1), nullptr, 3), 0);
}

TEST(after_unbind, FileOfBeforeStaysDeadWhenTheBoardIsBack) {
    const auto& which = the(role::spare_edu);
    const auto fd = open_board(role::spare_edu);
    const map window{fd.get(), UPCIEDEV_POS(0, 0), page_size, PROT_READ};
    const auto before = which.info.generation;
    { const unbound away{which}; }
    expect_gone(fd.get());
    EXPECT_EQ(window.word(), 0xffffffffU);
    upciedev_board_info info{};
    info.size = sizeof(info);
    ASSERT_EQ(control(open_board(role::spare_edu).get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_GT(info.generation, before);
}

TEST(after_unbind, NodeIsGoneAndNothingOpens) {
    const auto& which = the(role::spare_edu);
    const unbound away{which};
    EXPECT_LT(::open(which.node.c_str(), O_RDWR), 0);
    EXPECT_EQ(errno, ENOENT);
}

// Maps

TEST(maps_after_unbind, ReadAllOnesAndSwallowWrites) {
    const auto fd = open_board(role::memory);
    const map window{fd.get(), UPCIEDEV_POS(ram_bar, 0), 4 * page_size};
    window.word() = 0x11111111;
    window.word(page_size) = 0x22222222;
    {
        const unbound away{the(role::memory)};
        EXPECT_EQ(window.word(), 0xffffffffU);
        EXPECT_EQ(window.word(3 * page_size), 0xffffffffU) << "never touched before";
        window.word(8) = 0x33333333;
    }
    std::uint32_t value = 0;
    ASSERT_EQ(read32(open_board(role::memory).get(), ram_bar, 8, value), 0);
    EXPECT_NE(value, 0x33333333U) << "a write reached the board after it had left";
}

// Nobody may see what another one writes where the board was.
TEST(maps_after_unbind, HaveNoCommonPage) {
    const auto one = open_board(role::memory), two = open_board(role::memory);
    const map first{one.get(), UPCIEDEV_POS(ram_bar, 0), page_size};
    const map second{two.get(), UPCIEDEV_POS(ram_bar, 0), page_size};
    const map third{two.get(), UPCIEDEV_POS(ram_bar, 0), page_size};
    const unbound away{the(role::memory)};
    first.word() = 0x5ec2e7;
    EXPECT_EQ(second.word(), 0xffffffffU);
    EXPECT_EQ(third.word(), 0xffffffffU);
}

TEST(maps_after_unbind, SurviveForkSplitMoveAndClose) {
    auto fd = open_board(role::memory);
    map window{fd.get(), UPCIEDEV_POS(ram_bar, 0), 4 * page_size};
    window.word() = 1;
    fd.close();
    child heir{[&] {
        while (window.word() != 0xffffffff)
            ::usleep(1000);
        window.word(4) = 7;
        return 0;
    }};
    ASSERT_EQ(::munmap(window.bytes() + page_size, page_size), 0);
    const unbound away{the(role::memory)};
    EXPECT_EQ(window.word(2 * page_size), 0xffffffffU);
    EXPECT_EQ(heir.join(), 0);
    lone_page target;
    ASSERT_EQ(::mremap(window.bytes() + 3 * page_size, page_size, page_size,
                       MREMAP_MAYMOVE | MREMAP_FIXED, target.begin()),
              target.begin());
    EXPECT_EQ(target.begin()[0], std::byte{0xff});
}

TEST(maps_after_unbind, StatusPageTells) {
    const auto fd = open_board(role::spare_edu);
    const map status{fd.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
    const auto* page = reinterpret_cast<const volatile upciedev_status*>(status.bytes());
    const auto generation = page->generation;
    ASSERT_EQ(page->gone, 0U);
    { const unbound away{the(role::spare_edu)}; }
    EXPECT_NE(page->gone, 0U) << "also when another board is there again";
    EXPECT_EQ(page->generation, generation);
}

TEST(maps_after_unbind, StatusPageNeverTouchedBefore) {
    const auto fd = open_board(role::spare_edu);
    const map status{fd.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
    const unbound away{the(role::spare_edu)};
    EXPECT_NE(reinterpret_cast<const volatile upciedev_status*>(status.bytes())->gone, 0U);
}

TEST(maps_after_unbind, NewMapsAreRefused) {
    const auto fd = open_board(role::memory);
    const unbound away{the(role::memory)};
    EXPECT_EQ((map{fd.get(), UPCIEDEV_POS(ram_bar, 0), page_size}.error()), ENODEV);
}

TEST(maps_after_unbind, AsBufferOfACall) {
    const auto memory = open_board(role::memory);
    const auto edu = open_board(role::edu);
    const map window{memory.get(), UPCIEDEV_POS(ram_bar, 0), page_size};
    const unbound away{the(role::memory)};
    EXPECT_EQ(read_at(edu.get(), UPCIEDEV_POS(0, 0), window.bytes(), 4), 4);
    EXPECT_EQ(window.word() & 0xff, 0xedU);
}

// Further nodes of the same device: each has an address space of its own to be zapped.

class second_node {
  public:
    second_node(const board& which, const char* path) : path_{path} {
        struct stat original {};
        ::stat(which.node.c_str(), &original);
        ::unlink(path);
        EXPECT_EQ(::mknod(path, S_IFCHR | 0600, original.st_rdev), 0);
    }
    ~second_node() { ::unlink(path_); }
    second_node(const second_node&) = delete;
    second_node& operator=(const second_node&) = delete;

  private:
    const char* path_;
};

TEST(second_nodes, AreZappedToo) {
    const auto& which = the(role::memory);
    const second_node extra{which, "/tmp/second-node"}, more{which, "/dev/shm/third-node"};
    const auto one = open_node(which.node), two = open_node("/tmp/second-node"),
               three = open_node("/dev/shm/third-node");
    const map maps[] = {{one.get(), UPCIEDEV_POS(ram_bar, 0), page_size},
                        {two.get(), UPCIEDEV_POS(ram_bar, 0), page_size},
                        {three.get(), UPCIEDEV_POS(ram_bar, 0), page_size}};
    for (const auto& window : maps) {
        ASSERT_EQ(window.error(), 0);
        window.word() = 0x2;
    }
    const unbound away{which};
    for (const auto& window : maps)
        EXPECT_EQ(window.word(), 0xffffffffU);
}

TEST(second_nodes, OfADeadBoardDoNotOpen) {
    const auto& which = the(role::spare_edu);
    const second_node extra{which, "/tmp/second-node"};
    const auto keep = open_node("/tmp/second-node");
    const unbound away{which};
    EXPECT_LT(::open("/tmp/second-node", O_RDWR), 0);
    EXPECT_TRUE(errno == ENXIO || errno == ENODEV) << errno;
}

TEST(second_nodes, C1_MinorsWithoutABoardDoNotOpen) {
    struct stat original {};
    ASSERT_EQ(::stat(the(role::edu).node.c_str(), &original), 0);
    for (unsigned minor : {minor(original.st_rdev) + 1, 2046U, 2047U, 2048U, 0xfffffU}) {
        ::unlink("/tmp/no-board");
        ASSERT_EQ(::mknod("/tmp/no-board", S_IFCHR | 0600, makedev(major(original.st_rdev), minor)),
                  0);
        EXPECT_LT(::open("/tmp/no-board", O_RDWR), 0) << minor;
        EXPECT_TRUE(errno == ENXIO || errno == ENODEV) << errno;
    }
    ::unlink("/tmp/no-board");
}

// What runs while the board leaves

class leaving : public testing::Test {
  protected:
    void TearDown() override {
        if (driver_of(which_).empty()) bind(which_);
    }
    const board& which_ = the(role::memory);
    file ram_ = open_board(role::memory);
};

TEST_F(leaving, EndsAPoll) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0, 0), 0);
    background waiter{[&] {
        upciedev_op ops[] = {read_op(ram_bar, 0), poll_op(ram_bar, 0, never, longest_poll)};
        return run(ram_.get(), ops);
    }};
    unbind(which_);
    EXPECT_EQ(waiter.join(), (batch_result{ENODEV, 1}));
}

TEST_F(leaving, EndsABatch) {
    background worker{[&] {
        std::vector<upciedev_op> ops(UPCIEDEV_BATCH_MAX, read_op(ram_bar, 0));
        batch_result result{};
        while (result.error == 0)
            result = run(ram_.get(), ops);
        return result;
    }};
    unbind(which_);
    EXPECT_EQ(worker.join().error, ENODEV);
}

TEST_F(leaving, EndsAHugeBlock) {
    std::byte* nothing = static_cast<std::byte*>(
        ::mmap(nullptr, 1UL << 32, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    background worker{[&] {
        auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, 0, nothing, 0xffffffff, 8);
        op.flags = UPCIEDEV_OP_FIXED;
        return run(ram_.get(), op);
    }};
    unbind(which_);
    EXPECT_EQ(worker.join(), (batch_result{ENODEV, 0}));
    ::munmap(nothing, 1UL << 32);
}

// A buffer whose page comes late must not hold up the removal (userfaultfd, a slow file system).
void expect_removal_during(const board& which, const std::function<int(std::byte*)>& call) {
    late_memory late{1};
    background caller{[&] { return batch_result{call(late.begin()), 0}; }};
    late.await_fault();
    unbind(which); // would wait for ever
    late.deliver();
    const int error = caller.join().error;
    EXPECT_TRUE(error == 0 || error == ENODEV) << error;
}

TEST_F(leaving, DoesNotWaitForTheBufferOfARead) {
    expect_removal_during(which_, [&](std::byte* late) {
        const auto got = read_at(ram_.get(), UPCIEDEV_POS(ram_bar, 0), late, 64);
        return got < 0 ? static_cast<int>(-got) : 0;
    });
}

TEST_F(leaving, DoesNotWaitForTheBufferOfAWrite) {
    expect_removal_during(which_, [&](std::byte* late) {
        const auto sent = write_at(ram_.get(), UPCIEDEV_POS(ram_bar, 0), late, 64);
        return sent < 0 ? static_cast<int>(-sent) : 0;
    });
}

TEST_F(leaving, DoesNotWaitForTheBufferOfABlock) {
    expect_removal_during(which_, [&](std::byte* late) {
        auto op = block_op(UPCIEDEV_OP_READ_BLOCK, ram_bar, 0, late, 16);
        return run(ram_.get(), op).error;
    });
}

TEST_F(leaving, DoesNotWaitForTheOperations) {
    expect_removal_during(which_, [&](std::byte* late) {
        upciedev_batch batch{};
        batch.count = 1;
        batch.ops = reinterpret_cast<std::uintptr_t>(late);
        const int error = control(ram_.get(), UPCIEDEV_BATCH, &batch);
        return error == EINVAL ? 0 : error; // operations of zeros have no width
    });
}

TEST_F(leaving, DoesNotWaitForAnyStruct) {
    for (auto command :
         {UPCIEDEV_GET_INFO, UPCIEDEV_GET_BAR, UPCIEDEV_GET_BAR_AREAS, UPCIEDEV_BATCH}) {
        ram_ = open_board(role::memory);
        expect_removal_during(which_, [&](std::byte* late) {
            const int error = control(ram_.get(), command, late);
            return error == EINVAL ? 0 : error; // a struct of zeros tells no size
        });
        bind(which_);
    }
}

// The plugin's module belongs to whoever has a file open; removing the board never waits for him.
TEST_F(leaving, ModuleStaysWhileAFileIsOpen) {
    const auto own = open_board(role::spare_edu);
    EXPECT_EQ(::syscall(SYS_delete_module, "upciedev_edu", O_NONBLOCK), -1);
    EXPECT_TRUE(errno == EWOULDBLOCK || errno == EBUSY) << errno;
    EXPECT_EQ(driver_of(the(role::spare_edu)), driver_of(the(role::edu)));
}

} // namespace removal_test
} // namespace raw
