// SPDX-License-Identifier: BSD-3-Clause
// A claim is taken only when no DMA of another file writes to the board: neither its own engines,
// nor those of peers.
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <array>

#include <unistd.h>

namespace raw {
namespace dma_claims_test {

constexpr std::uint64_t frame_length = 64;
constexpr std::uint32_t patiently = 60'000;

struct answer {
    int error;
    upciedev_claim told;
    file lease;
};

answer claim(const file& board, std::uint32_t op = UPCIEDEV_CLAIM_TAKE) {
    answer result{};
    result.told.op = op;
    result.error = control(board.get(), UPCIEDEV_CLAIM, &result.told);
    if (op == UPCIEDEV_CLAIM_TAKE && result.error == 0) result.lease = file{result.told.lease};
    return result;
}

class dma_claims : public testing::Test {
  protected:
    void expect_refused() {
        const auto refused = claim(mine_);
        EXPECT_EQ(refused.error, EBUSY);
        EXPECT_EQ(refused.told.state, std::uint32_t{UPCIEDEV_CLAIM_DMA});
        EXPECT_EQ(refused.told.holder, ::getpid());
        EXPECT_EQ(claim(mine_, UPCIEDEV_CLAIM_QUERY).told.state, std::uint32_t{UPCIEDEV_CLAIM_DMA});
    }
    void expect_granted() { EXPECT_EQ(claim(mine_).error, 0); }
    file mine_ = open_board(role::spare_edu), other_ = open_board(role::spare_edu);
    file write_ = channel_of(other_, to_board), read_ = channel_of(other_, from_board);
};

TEST_F(dma_claims, WaitForStreamsOfOthersToTheBoard) {
    const ring frames{write_, frame_length, 2};
    expect_granted();
    ASSERT_EQ(start(write_, start_of(0, 0, 0)), 0);
    expect_refused();
    EXPECT_EQ(claim(other_).error, 0) << "its own stream";
    ASSERT_EQ(stop(write_), 0);
    expect_granted();
    ASSERT_EQ(start(write_, start_of(0, 0, 1)), 0);
    const std::uint32_t first = 0;
    ASSERT_EQ(exchange(write_, {&first, 1}, 0), 0);
    ASSERT_EQ(exchange(write_, {}, 1), ENODATA) << "it has ended by its count";
    const auto held = claim(mine_);
    ASSERT_EQ(held.error, 0);
    EXPECT_EQ(start(write_, start_of(0, 0, 0)), EBUSY);
}

TEST_F(dma_claims, EndOfTheFileEndsItsStream) {
    auto what = ring_of(frame_length, 2);
    ASSERT_EQ(make_ring(write_, what), 0);
    ASSERT_EQ(start(write_, start_of(0, 0, 0)), 0);
    expect_refused();
    write_.close();
    expect_granted();
}

// Its thread may not have begun then.
TEST_F(dma_claims, AStreamThatIsStoppedAtOnceIsNotInTheWay) {
    const ring frames{write_, frame_length, 2};
    for (int round = 0; round < 300; ++round) {
        ASSERT_EQ(start(write_, start_of(0, 0, 0)), 0) << round;
        ASSERT_EQ(stop(write_), 0);
        ASSERT_EQ(frames.state(), std::uint32_t{UPCIEDEV_DMA_ENDED}) << round;
        ASSERT_EQ(claim(mine_).error, 0) << round;
    }
}

TEST_F(dma_claims, DoNotMindStreamsThatRead) {
    const ring frames{read_, frame_length, 2};
    ASSERT_EQ(start(read_, start_of(0, 0, 0)), 0);
    expect_granted();
}

// Each start of edu takes 100 ms.
TEST_F(dma_claims, WaitForTransfersOfOthersToTheBoard) {
    std::atomic<bool> enough = false;
    background writer{[&] {
        std::array<std::byte, 4000> bytes{};
        int error = 0;
        while (error == 0 && !enough)
            error = transfer(write_, 0, bytes.data(), bytes.size());
        return batch_result{error, 0};
    }};
    answer refused{};
    EXPECT_TRUE(eventually([&] {
        refused = claim(mine_);
        return refused.error == EBUSY || writer.ended();
    }));
    EXPECT_EQ(refused.told.state, std::uint32_t{UPCIEDEV_CLAIM_DMA});
    enough = true;
    const int error = writer.join().error;
    EXPECT_TRUE(error == 0 || error == EBUSY) << error; // EBUSY: a claim came between two of them
    expect_granted();
}

// The other board's engine writes into this one's window.
TEST_F(dma_claims, WaitForPeersThatWriteIntoTheBoard) {
    offer_memory({&the(role::memory)});
    {
        const auto taker = open_board(role::memory), named = open_board(role::memory);
        std::atomic<bool> enough = false;
        background writer{[&] {
            int error = 0;
            while (error == 0 && !enough) {
                auto what = transfer_to(named, 0, 4000);
                what.timeout_ms = patiently;
                error = control(read_.get(), UPCIEDEV_DMA_PEER, &what);
            }
            return batch_result{error, 0};
        }};
        answer refused{};
        EXPECT_TRUE(eventually([&] {
            refused = claim(taker);
            return refused.error == EBUSY || writer.ended();
        }));
        EXPECT_EQ(refused.told.state, std::uint32_t{UPCIEDEV_CLAIM_DMA});
        enough = true;
        const int error = writer.join().error;
        EXPECT_TRUE(error == 0 || error == EBUSY) << error;
        EXPECT_EQ(claim(taker).error, 0);
    }
    offer_no_more();
}

} // namespace dma_claims_test
} // namespace raw
