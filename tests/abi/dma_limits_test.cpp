// SPDX-License-Identifier: BSD-3-Clause
// What one user may have of DMA: many streams, which must not be in the way of others, and locked
// memory, by whatever process.
#include "dma.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include <unistd.h>

namespace raw {
namespace dma_limits_test {

constexpr std::uint32_t reading = 0;
constexpr std::uint64_t never = 1; // edu's "factorial", which nobody raises here
constexpr std::uint64_t frame_length = 64;

// Counts as that user from now on, with all rights.
class as_user {
  public:
    explicit as_user(uid_t user) { EXPECT_EQ(::setresuid(user, 0, 0), 0); }
    ~as_user() { EXPECT_EQ(::setresuid(0, 0, 0), 0); }
    as_user(const as_user&) = delete;
    as_user& operator=(const as_user&) = delete;
};
constexpr uid_t first_user = 2000, nobody = 65534; // as with_memory_limit() has it

// A stream that waits for a trigger.
file waiting_stream(const file& board) {
    auto [error, channel] = open_channel(board, reading);
    EXPECT_EQ(error, 0);
    auto what = ring_of(frame_length, 1);
    EXPECT_EQ(make_ring(channel, what), 0);
    EXPECT_EQ(start(channel, start_of(0, 0, 0, never)), 0);
    return std::move(channel);
}

class dma_limits : public testing::Test {
  protected:
    file busy_ = open_board(role::edu), board_ = open_board(role::spare_edu);
};

// More than a queue of the kernel works on at a time.
TEST_F(dma_limits, ManyWaitingStreamsAreNotInTheWayOfAnother) {
    constexpr std::size_t many = 257, of_a_user = 60;
    std::deque<file> streams;
    for (std::size_t i = 0; i < many; ++i) {
        const as_user user{first_user + static_cast<uid_t>(i / of_a_user)};
        streams.push_back(waiting_stream(busy_));
    }
    auto [error, channel] = open_channel(board_, reading);
    ASSERT_EQ(error, 0);
    auto ring = ring_of(frame_length, 1);
    ASSERT_EQ(make_ring(channel, ring), 0);
    ASSERT_EQ(start(channel, start_of(0, 0, 1)), 0);
    EXPECT_EQ(exchange(channel, {}, 0), 0);
    background stopper{[&] { return batch_result{stop(channel), 0}; }};
    EXPECT_TRUE(eventually([&] { return stopper.ended(); })) << "it cannot be stopped";
    streams.clear(); // whatever it waits for
    EXPECT_EQ(stopper.join().error, 0);
    EXPECT_EQ(exchange(channel, {}, 1), ENODATA);
}

TEST_F(dma_limits, ChannelsOfAUserOnABoardAreLimited) {
    std::deque<file> channels;
    const auto open_all = [&] {
        int error = 0;
        while (error == 0 && channels.size() < 1000) {
            auto [failed, channel] = open_channel(board_, reading);
            error = failed;
            if (failed == 0) channels.push_back(std::move(channel));
        }
        return error;
    };
    {
        const as_user user{first_user};
        EXPECT_EQ(open_all(), EDQUOT);
        EXPECT_EQ(channels.size(), 64U);
        EXPECT_EQ(open_channel(busy_, reading).error, 0) << "another board";
    }
    {
        const as_user user{first_user + 1};
        EXPECT_EQ(open_channel(board_, reading).error, 0) << "another user";
    }
    const as_user user{first_user};
    channels.pop_back();
    EXPECT_EQ(open_channel(board_, reading).error, 0);
}

// Each in a process of its own, which ends; the files stay.
int ring_in_child(const file& channel, std::uint32_t pages, std::uint32_t limit_pages) {
    return with_memory_limit(limit_pages * page_size, [&] {
        auto what = ring_of(page_size, pages);
        return make_ring(channel, what);
    });
}

TEST_F(dma_limits, LockedMemoryIsTheUsersWhateverProcessAsks) {
    std::deque<file> channels;
    for (int i = 0; i < 3; ++i)
        channels.push_back(open_channel(board_, reading).channel);
    EXPECT_EQ(ring_in_child(channels[0], 4, 10), 0);
    EXPECT_EQ(ring_in_child(channels[1], 4, 10), 0);
    EXPECT_EQ(ring_in_child(channels[2], 4, 10), ENOMEM) << "12 pages, of which 10 may be locked";
    EXPECT_EQ(ring_in_child(channels[2], 2, 10), 0);
    const auto transfer_in_child = [&](std::uint32_t limit_pages) {
        return with_memory_limit(limit_pages * page_size, [&] {
            std::byte memory[frame_length]{};
            return transfer(channels[0], 0, memory, frame_length);
        });
    };
    EXPECT_EQ(transfer_in_child(10), ENOMEM) << "so do pages that are pinned";
    channels.pop_front();
    EXPECT_EQ(open_channel(board_, reading).error, 0);
    channels.push_back(open_channel(board_, reading).channel);
    EXPECT_EQ(ring_in_child(channels[2], 4, 10), 0) << "the first ring is closed";
    channels.clear();
    channels.push_back(open_channel(board_, reading).channel);
    EXPECT_EQ(ring_in_child(channels[0], 10, 10), 0) << "all are";
}

// With CAP_IPC_LOCK nothing counts, also as the user that is limited otherwise.
TEST_F(dma_limits, WhoMayLockAnyMemoryLeavesTheLimitToOthers) {
    auto [error, mine] = open_channel(board_, reading);
    ASSERT_EQ(error, 0);
    {
        const as_user limited{nobody};
        auto what = ring_of(page_size, 100);
        EXPECT_EQ(make_ring(mine, what), 0);
    }
    auto [other_error, other] = open_channel(board_, reading);
    ASSERT_EQ(other_error, 0);
    EXPECT_EQ(ring_in_child(other, 10, 10), 0);
}

} // namespace dma_limits_test
} // namespace raw
