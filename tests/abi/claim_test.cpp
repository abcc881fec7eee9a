// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_CLAIM and UPCIEDEV_RESET: who may write, who is told of whom, and what ends a claim.
#include "gone_board.hpp"
#include "harness.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <sys/poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace raw {
namespace claim_test {

using namespace std::chrono_literals;

constexpr unsigned ram_bar = 2;
constexpr std::uint64_t ram = UPCIEDEV_POS(ram_bar, 0);

struct claim_result {
    int error;
    upciedev_claim told;
    file lease;
};

claim_result claim(const file& board, std::uint32_t op = UPCIEDEV_CLAIM_TAKE) {
    claim_result result{};
    result.told.op = op;
    result.error = control(board.get(), UPCIEDEV_CLAIM, &result.told);
    if (op == UPCIEDEV_CLAIM_TAKE && result.error == 0) result.lease = file{result.told.lease};
    return result;
}

int join(const file& board, int lease) {
    upciedev_claim argument{};
    argument.op = UPCIEDEV_CLAIM_JOIN;
    argument.lease = lease;
    return control(board.get(), UPCIEDEV_CLAIM, &argument);
}

std::uint32_t state_of(const file& board) {
    const auto result = claim(board, UPCIEDEV_CLAIM_QUERY);
    EXPECT_EQ(result.error, 0);
    return result.told.state;
}

int map_for_writing(const file& board) {
    return map{board.get(), ram, page_size}.error();
}

void expect_writing(const file& board, int error) {
    std::uint32_t values[2]{};
    auto modify = make_op(UPCIEDEV_OP_MODIFY, ram_bar, 0);
    auto block = block_op(UPCIEDEV_OP_WRITE_BLOCK, ram_bar, 0, values, 2);
    modify.mask = 1;
    EXPECT_EQ(write32(board.get(), ram_bar, 0, 1), error);
    EXPECT_EQ(run(board.get(), modify).error, error);
    EXPECT_EQ(run(board.get(), block).error, error);
    EXPECT_EQ(write_at(board.get(), ram, values, 4), error == 0 ? 4 : -error);
    EXPECT_EQ(map_for_writing(board), error);
}

void expect_reading(const file& board) {
    std::uint32_t value = 0;
    EXPECT_EQ(read32(board.get(), ram_bar, 0, value), 0);
    EXPECT_EQ(read_at(board.get(), ram, &value, 4), 4);
    EXPECT_EQ((map{board.get(), ram, page_size, PROT_READ}.error()), 0);
}

class claims : public testing::Test {
  protected:
    file mine_ = open_board(role::memory), other_ = open_board(role::memory);
};

TEST_F(claims, KeepOthersFromWritingOnly) {
    const auto held = claim(mine_);
    ASSERT_EQ(held.error, 0);
    EXPECT_EQ(held.told.state, std::uint32_t{UPCIEDEV_CLAIM_MINE});
    EXPECT_EQ(held.told.holder, ::getpid());
    expect_writing(mine_, 0);
    expect_writing(other_, EBUSY);
    expect_writing(open_board(role::memory), EBUSY);
    expect_reading(other_);
}

TEST_F(claims, RefusedWriteTouchesNothing) {
    std::uint32_t value = 0;
    ASSERT_EQ(write32(mine_.get(), ram_bar, 0, 0x1111), 0);
    const auto held = claim(mine_);
    EXPECT_EQ(write32(other_.get(), ram_bar, 0, 0x2222), EBUSY);
    ASSERT_EQ(read32(mine_.get(), ram_bar, 0, value), 0);
    EXPECT_EQ(value, 0x1111U);
}

TEST_F(claims, EndWithTheLease) {
    auto held = claim(mine_);
    mine_.close();
    expect_writing(other_, EBUSY);
    held.lease.close();
    expect_writing(other_, 0);
    EXPECT_EQ(state_of(other_), std::uint32_t{UPCIEDEV_CLAIM_FREE});
}

TEST_F(claims, EndWithTheProcess) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    child holder{[&] {
        const auto held = claim(open_board(role::memory));
        const char error = static_cast<char>(held.error);
        if (::write(ready[1], &error, 1) != 1) return 1;
        ::pause();
        return 0;
    }};
    char error = 1;
    ASSERT_EQ(::read(ready[0], &error, 1), 1);
    EXPECT_EQ(error, 0);
    expect_writing(other_, EBUSY);
    EXPECT_EQ(holder.kill(), killed_by(SIGKILL));
    expect_writing(other_, 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(claims, OnlyOneAtATimeAndTheHolderIsNamed) {
    const auto held = claim(mine_);
    const auto second = claim(other_);
    EXPECT_EQ(second.error, EBUSY);
    EXPECT_EQ(second.told.lease, -1);
    EXPECT_EQ(second.told.state, std::uint32_t{UPCIEDEV_CLAIM_OTHER});
    EXPECT_EQ(second.told.holder, ::getpid());
    EXPECT_EQ(claim(mine_).error, EBUSY) << "not twice either";
    EXPECT_EQ(state_of(mine_), std::uint32_t{UPCIEDEV_CLAIM_MINE});
    const auto asked = claim(open_board(role::memory, O_RDONLY), UPCIEDEV_CLAIM_QUERY);
    EXPECT_EQ(asked.told.state, std::uint32_t{UPCIEDEV_CLAIM_OTHER});
    EXPECT_EQ(asked.told.holder, ::getpid());
}

TEST_F(claims, BoardsAreIndependent) {
    const auto held = claim(mine_);
    const auto edu = open_board(role::edu);
    EXPECT_EQ(write32(edu.get(), 0, 4, 1), 0);
    EXPECT_EQ(claim(edu).error, 0);
}

TEST_F(claims, OfAnOldNumberGiveNoRight) {
    { const auto held = claim(mine_); }
    const auto held = claim(other_);
    ASSERT_EQ(held.error, 0);
    expect_writing(mine_, EBUSY);
}

TEST_F(claims, AreJoinedByWhoHasTheLease) {
    const auto held = claim(mine_);
    EXPECT_EQ(in_child([&] { return join(open_board(role::memory), held.lease.get()); }), 0);
    ASSERT_EQ(join(other_, held.lease.get()), 0);
    expect_writing(other_, 0);
    expect_writing(open_board(role::memory), EBUSY);
}

TEST_F(claims, ForkedLeaseHoldsOn) {
    auto held = claim(mine_);
    child heir{[] {
        ::pause();
        return 0;
    }};
    held.lease.close();
    expect_writing(other_, EBUSY);
    heir.kill();
    expect_writing(other_, 0);
}

TEST_F(claims, BadJoinsAreRefused) {
    const auto held = claim(mine_), foreign = claim(open_board(role::edu));
    EXPECT_EQ(join(other_, foreign.lease.get()), EINVAL) << "a lease of another board";
    EXPECT_EQ(join(other_, mine_.get()), EINVAL) << "a board";
    for (int number : {-1, -100, 100000})
        EXPECT_EQ(join(other_, number), EBADF) << number;
    EXPECT_EQ(join(open_board(role::memory, O_RDONLY), held.lease.get()), EBADF);
    expect_writing(other_, EBUSY);
}

TEST_F(claims, ReadOnlyFilesTakeNone) {
    EXPECT_EQ(claim(open_board(role::memory, O_RDONLY)).error, EBADF);
    expect_writing(other_, 0);
}

TEST_F(claims, C17_ReservedAndOperationsAreChecked) {
    for (std::uint32_t op : {3U, 255U, 0xffffffffU})
        EXPECT_EQ(claim(mine_, op).error, EINVAL) << op;
    for (auto& op : {UPCIEDEV_CLAIM_TAKE, UPCIEDEV_CLAIM_JOIN, UPCIEDEV_CLAIM_QUERY})
        for (unsigned i = 0; i < 2; ++i) {
            upciedev_claim argument{};
            argument.op = static_cast<std::uint32_t>(op);
            argument.reserved[i] = 1;
            EXPECT_EQ(control(mine_.get(), UPCIEDEV_CLAIM, &argument), EINVAL);
        }
}

TEST_F(claims, LeaseThatCannotBeToldIsNotTaken) {
    lone_page page;
    upciedev_claim take{};
    *reinterpret_cast<upciedev_claim*>(page.begin()) = take;
    page.protect(PROT_READ);
    EXPECT_EQ(control(mine_.get(), UPCIEDEV_CLAIM, page.begin()), EFAULT);
    expect_writing(other_, 0);
}

TEST_F(claims, LeaseDoesNothingElse) {
    const auto held = claim(mine_);
    char byte = 0;
    EXPECT_LT(::read(held.lease.get(), &byte, 1), 0);
    EXPECT_LT(::write(held.lease.get(), &byte, 1), 0);
    EXPECT_NE(control(held.lease.get(), UPCIEDEV_GET_INFO, nullptr), 0);
    EXPECT_NE((map{held.lease.get(), 0, page_size, PROT_READ}.error()), 0);
    EXPECT_EQ(::fcntl(held.lease.get(), F_GETFD), FD_CLOEXEC);
}

// Maps: what was handed out is not taken back.

TEST_F(claims, WaitForWritableMapsOfOthers) {
    {
        const map window{other_.get(), ram, page_size};
        const auto refused = claim(mine_);
        EXPECT_EQ(refused.error, EBUSY);
        EXPECT_EQ(refused.told.state, std::uint32_t{UPCIEDEV_CLAIM_MAPPED});
        EXPECT_EQ(refused.told.holder, ::getpid());
    }
    EXPECT_EQ(claim(mine_).error, 0);
}

TEST_F(claims, DoNotMindReadersNorOwnMaps) {
    const map window{other_.get(), ram, page_size, PROT_READ}, own{mine_.get(), ram, page_size};
    const auto held = claim(mine_);
    EXPECT_EQ(held.error, 0);
    own.word() = 5;
    EXPECT_EQ(window.word(), 5U);
}

TEST_F(claims, MapCannotBecomeWritable) {
    const map window{other_.get(), ram, 2 * page_size, PROT_READ};
    auto held = claim(mine_);
    ASSERT_EQ(held.error, 0);
    EXPECT_NE(::mprotect(window.bytes(), page_size, PROT_READ | PROT_WRITE), 0);
    EXPECT_EQ(errno, EBUSY);
    held.lease.close();
    EXPECT_EQ(::mprotect(window.bytes(), page_size, PROT_READ | PROT_WRITE), 0);
    EXPECT_EQ(claim(mine_).error, EBUSY) << "now it is writable";
    EXPECT_EQ(::mprotect(window.bytes(), page_size, PROT_READ), 0);
    EXPECT_EQ(claim(mine_).error, EBUSY) << "counts until it is closed";
}

TEST_F(claims, SplitAndForkedMapsCount) {
    map window{other_.get(), ram, 3 * page_size};
    ASSERT_EQ(::munmap(window.bytes() + page_size, page_size), 0);
    ASSERT_EQ(::munmap(window.bytes(), page_size), 0);
    EXPECT_EQ(claim(mine_).error, EBUSY);
    child heir{[] {
        ::pause();
        return 0;
    }};
    ASSERT_EQ(::munmap(window.bytes() + 2 * page_size, page_size), 0);
    window.release();
    EXPECT_EQ(claim(mine_).error, EBUSY) << "the child has one";
    heir.kill();
    EXPECT_EQ(claim(mine_).error, 0);
}

// A writer that was let in before the claim does not write after it.
TEST_F(claims, NothingIsWrittenAfterwards) {
    std::atomic<bool> stop = false;
    std::thread writer{[&] {
        for (std::uint32_t n = 1; !stop; ++n)
            write32(other_.get(), ram_bar, 0, n);
    }};
    for (int round = 0; round < 200; ++round) {
        const auto held = claim(mine_);
        ASSERT_EQ(held.error, 0);
        std::uint32_t before = 0, after = 0;
        read32(mine_.get(), ram_bar, 0, before);
        std::this_thread::yield();
        read32(mine_.get(), ram_bar, 0, after);
        EXPECT_EQ(before, after);
    }
    stop = true;
    writer.join();
}

TEST_F(claims, ManyThreadsOneWinner) {
    std::atomic<int> holders = 0, most = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            const auto board = open_board(role::memory);
            for (int round = 0; round < 200; ++round) {
                const auto held = claim(board);
                if (held.error != 0) continue;
                if (++holders > 1) most = 2;
                --holders;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(most, 0) << "two held it at once";
    expect_writing(other_, 0);
}

// The board leaves

TEST_F(claims, EndWithTheBoard) {
    const auto held = claim(mine_);
    pollfd waiter{held.lease.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiter, 1, 0), 0);
    {
        const unbound away{the(role::memory)};
        EXPECT_EQ(::poll(&waiter, 1, 0), 1);
        EXPECT_EQ(waiter.revents, POLLERR | POLLHUP);
        expect_gone(mine_.get());
    }
    const auto again = open_board(role::memory);
    EXPECT_EQ(join(again, held.lease.get()), EINVAL) << "a lease of the board of before";
    expect_writing(again, 0);
    EXPECT_EQ(claim(again).error, 0);
}

TEST_F(claims, RemovalWakesWhoWaitsOnTheLease) {
    const auto held = claim(mine_);
    background waiter{[&] {
        pollfd wait{held.lease.get(), POLLIN, 0};
        return batch_result{::poll(&wait, 1, -1), static_cast<std::uint32_t>(wait.revents)};
    }};
    const unbound away{the(role::memory)};
    EXPECT_EQ(waiter.join(), (batch_result{1, POLLERR | POLLHUP}));
}

TEST_F(claims, MapOfAGoneBoardMayBecomeWritable) {
    const map window{other_.get(), ram, page_size, PROT_READ};
    const auto held = claim(mine_);
    const unbound away{the(role::memory)};
    EXPECT_EQ(::mprotect(window.bytes(), page_size, PROT_READ | PROT_WRITE), 0);
    window.word() = 1;
}

TEST_F(claims, TakenWhileTheBoardLeaves) {
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::thread taker{[&] {
        while (!stop) {
            const int fd = ::open(the(role::memory).node.c_str(), O_RDWR | O_CLOEXEC);
            if (fd < 0) continue;
            const file board{fd};
            for (int i = 0; i < 50; ++i)
                if (const int error = claim(board).error; error != 0 && error != ENODEV)
                    wrong = error;
        }
    }};
    for (int round = 0; round < 10; ++round)
        const unbound away{the(role::memory)};
    stop = true;
    taker.join();
    EXPECT_EQ(wrong, 0);
}

// Reset

TEST(resets, MakeFilesStaleAndBeginAnotherBoard) {
    const auto before = open_board(role::spare_edu);
    const map status{before.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
    ASSERT_EQ(write32(before.get(), 0, 4, 0x12345678), 0);
    ASSERT_EQ(control(before.get(), UPCIEDEV_RESET, nullptr), 0);
    expect_gone(before.get());
    EXPECT_NE(reinterpret_cast<const volatile upciedev_status*>(status.bytes())->gone, 0U);
    upciedev_board_info info{};
    info.size = sizeof(info);
    const auto after = open_board(role::spare_edu);
    ASSERT_EQ(control(after.get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_GT(info.generation, the(role::spare_edu).info.generation);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(after.get(), 0, 0, id), 0);
    EXPECT_EQ(id & 0xff, 0xedU);
}

TEST(resets, WantAFileForWritingAndNoArgument) {
    EXPECT_EQ(control(open_board(role::spare_edu, O_RDONLY).get(), UPCIEDEV_RESET, nullptr), EBADF);
    const auto board = open_board(role::spare_edu);
    EXPECT_EQ(control_at(board.get(), UPCIEDEV_RESET, 1), EINVAL);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(board.get(), 0, 0, id), 0) << "nothing was reset";
}

TEST(resets, AreForTheHolderOfTheClaim) {
    const auto mine = open_board(role::spare_edu), other = open_board(role::spare_edu);
    const auto held = claim(mine);
    EXPECT_EQ(control(other.get(), UPCIEDEV_RESET, nullptr), EBUSY);
    EXPECT_EQ(control(mine.get(), UPCIEDEV_RESET, nullptr), 0);
    EXPECT_EQ(claim(open_board(role::spare_edu)).error, 0) << "the reset ended the claim";
}

TEST(resets, EndAWaitingPoll) {
    const auto board = open_board(role::spare_edu);
    background waiter{[&] {
        upciedev_op ops[] = {read_op(0, 0), poll_op(0, 0, 0x0ddba11, longest_poll)};
        return run(board.get(), ops);
    }};
    ASSERT_EQ(control(open_board(role::spare_edu).get(), UPCIEDEV_RESET, nullptr), 0);
    EXPECT_EQ(waiter.join().error, ENODEV);
}

// Two at once, and the driver taken away meanwhile: one of the proper errors, and the board lives.
TEST(resets, AtTheSameTimeAndUnderRemoval) {
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            while (!stop) {
                const int fd = ::open(the(role::spare_edu).node.c_str(), O_RDWR | O_CLOEXEC);
                if (fd < 0) continue;
                const file board{fd};
                const int error = control(board.get(), UPCIEDEV_RESET, nullptr);
                if (error != 0 && error != ENODEV) wrong = error;
            }
        });
    for (int round = 0; round < 3; ++round)
        const unbound away{the(role::spare_edu)};
    stop = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

} // namespace claim_test
} // namespace raw
