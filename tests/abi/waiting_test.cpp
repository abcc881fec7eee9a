// SPDX-License-Identifier: BSD-3-Clause
// Operations that take long: polls, huge FIFO blocks, buffers whose pages come late. None may hold
// up other users, signals or the removal of the board. Rows: C5 C41 C48.
#include "harness.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include <unistd.h>

namespace raw {
namespace waiting_test {

using namespace std::chrono_literals;

constexpr unsigned ram_bar = 2;
constexpr std::uint32_t never = 0x0ddba11; // no register of ours holds it

class waiting : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(write32(ram_.get(), ram_bar, 0, 0), 0); }
    upciedev_op endless() { return poll_op(ram_bar, 0, never, longest_poll); }
    file ram_ = open_board(role::memory);
};

TEST_F(waiting, PollTimesOut) {
    upciedev_op ops[] = {read_op(ram_bar, 0), poll_op(ram_bar, 0, never, 50ms),
                         write_op(ram_bar, 4, 1)};
    ASSERT_EQ(write32(ram_.get(), ram_bar, 4, 0), 0);
    const auto start = clock::now();
    EXPECT_EQ(run(ram_.get(), ops), (batch_result{ETIMEDOUT, 1}));
    const auto took = since(start);
    EXPECT_GE(took, 50ms);
    ops[1] = poll_op(ram_bar, 0, never, 1s);
    EXPECT_EQ(run(ram_.get(), ops), (batch_result{ETIMEDOUT, 1}));
    EXPECT_LT(took, since(start) - took) << "a short one lasts as long as a long one";
    std::uint32_t value = 1;
    read32(ram_.get(), ram_bar, 4, value);
    EXPECT_EQ(value, 0U) << "went on after the time-out";
}

TEST_F(waiting, PollGivesTheLastValueOnTimeOut) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0, 0x55), 0);
    auto op = poll_op(ram_bar, 0, never, 1ms);
    EXPECT_EQ(run(ram_.get(), op).error, ETIMEDOUT);
    EXPECT_EQ(op.value, 0x55U);
}

TEST_F(waiting, PollWithoutTimeLooksOnce) {
    auto match = poll_op(ram_bar, 0, 0, 0ms), miss = poll_op(ram_bar, 0, never, 0ms);
    EXPECT_EQ(run(ram_.get(), match).error, 0);
    EXPECT_EQ(run(ram_.get(), miss).error, ETIMEDOUT);
}

TEST_F(waiting, PollSeesWhatAnotherFileWrites) {
    auto op = endless();
    background waiter{[&] { return run(ram_.get(), op); }};
    write32(open_board(role::memory).get(), ram_bar, 0, never);
    EXPECT_EQ(waiter.join().error, 0);
    EXPECT_EQ(op.value, never);
}

// C48: one user's wait is nobody else's.
TEST_F(waiting, C5_C48_PollHoldsUpNobody) {
    std::atomic<int> polls{0};
    background waiter{[&] {
        batch_result result{};
        do {
            auto op = endless();
            result = run(ram_.get(), op);
            ++polls;
        } while (result.error == ETIMEDOUT);
        return result;
    }};
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(write32(open_board(role::memory).get(), ram_bar, 8, 1), 0);
        std::uint32_t value = 0;
        EXPECT_EQ(read32(ram_.get(), ram_bar, 8, value), 0) << "through the same file";
    }
    EXPECT_LT(polls, 5) << "each access waited for the end of a poll";
    waiter.interrupt();
    EXPECT_EQ(waiter.join().error, EINTR);
}

// C41: a handler with SA_RESTART must not make the kernel do the batch again from its start.
TEST_F(waiting, C41_SignalEndsAPollOnce) {
    ASSERT_EQ(write32(ram_.get(), ram_bar, 8, 0), 0);
    background waiter{[&] {
        auto add = make_op(UPCIEDEV_OP_MODIFY, ram_bar, 8);
        add.mask = add.value = 1;
        upciedev_op ops[] = {add, endless()};
        const auto result = run(ram_.get(), ops);
        EXPECT_EQ(ops[0].value, 0U) << "the first operation was done twice";
        return result;
    }};
    waiter.interrupt();
    EXPECT_EQ(waiter.join(), (batch_result{EINTR, 1}));
}

TEST_F(waiting, ManyPollsAreInterruptedToo) {
    std::vector<upciedev_op> ops(UPCIEDEV_BATCH_MAX, endless());
    background waiter{[&] { return run(ram_.get(), ops); }};
    waiter.interrupt();
    EXPECT_EQ(waiter.join(), (batch_result{EINTR, 0}));
}

int poll_for_ever(int fd) {
    auto op = poll_op(ram_bar, 0, never, longest_poll);
    while (run(fd, op).error == ETIMEDOUT)
        op = poll_op(ram_bar, 0, never, longest_poll);
    return 0;
}

// A FIFO block that would take hours; its data is a sparse map that costs no memory.
int fifo_for_ever(int fd) {
    constexpr std::size_t bytes = 0xffffffff;
    void* data =
        ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, 0x100, data, bytes, 8);
    op.flags = UPCIEDEV_OP_FIXED;
    const int error = run(fd, op).error;
    ::munmap(data, bytes);
    return error;
}

void expect_killable(int (*body)(int), int fd) {
    child victim{[&] { return body(fd); }};
    await_call(victim);
    EXPECT_EQ(victim.kill(), killed_by(SIGKILL));
}

TEST_F(waiting, KillEndsAPoll) {
    expect_killable(poll_for_ever, ram_.get());
}
TEST_F(waiting, KillEndsAHugeBlock) {
    expect_killable(fifo_for_ever, ram_.get());
}

TEST_F(waiting, C48_HugeBlockHoldsUpNobody) {
    child fifo{[&] { return fifo_for_ever(ram_.get()); }};
    await_call(fifo);
    for (std::uint32_t i = 0; i < 20; ++i)
        EXPECT_EQ(write32(open_board(role::memory).get(), ram_bar, 8, i), 0);
    EXPECT_EQ(fifo.kill(), killed_by(SIGKILL)) << "it ended before: others had to wait for it";
}

// One modify is atomic, whoever else modifies or writes the same register.
TEST_F(waiting, ModifiesOfTwoThreadsDoNotLoseBits) {
    auto toggle = [](std::uint64_t bit) {
        const auto fd = open_board(role::memory);
        for (int i = 0; i < 2000; ++i) {
            auto op = make_op(UPCIEDEV_OP_MODIFY, ram_bar, 0x30);
            op.mask = bit;
            op.value = i % 2 == 0 ? bit : 0;
            ASSERT_EQ(run(fd.get(), op).error, 0);
            ASSERT_EQ(op.value & bit, i % 2 == 0 ? 0 : bit) << "a bit was lost";
        }
    };
    ASSERT_EQ(write32(ram_.get(), ram_bar, 0x30, 0), 0);
    std::thread one{toggle, 1U}, two{toggle, 0x80000000U};
    one.join();
    two.join();
}

} // namespace waiting_test
} // namespace raw
