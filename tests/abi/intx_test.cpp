// SPDX-License-Identifier: BSD-3-Clause
// Boards without messages, which share a line; only in the boot "nomsi".
#include "dma.hpp"
#include "interrupts.hpp"
#include "modules.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

namespace raw {
namespace intx_test {

using namespace std::chrono_literals;

std::string line_of(const board& which) {
    return read_file("/sys/bus/pci/devices/" + which.address + "/irq");
}

std::vector<board> boards_on_one_line() {
    const auto all = find_boards();
    for (const auto& one : all)
        for (const auto& other : all)
            if (one.info.device == 0x11e8 && other.info.device == 0x11e8 &&
                one.address != other.address && line_of(one) == line_of(other))
                return {one, other};
    return {};
}

class intx : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(pair_.size(), 2U) << "no two edu share a line";
        one_ = open_node(pair_[0].node);
        other_ = open_node(pair_[1].node);
        ASSERT_EQ(irq_info(one_).kind, std::uint32_t{UPCIEDEV_IRQ_INTX});
    }

    std::vector<board> pair_ = boards_on_one_line();
    file one_, other_;
};

TEST_F(intx, EachTellsItsOwn) {
    const auto mine = subscribe(one_), neighbours = subscribe(other_);
    raise_burst(one_, 500);
    EXPECT_EQ(read_events(mine.events, 500).size(), 500U);
    EXPECT_EQ(wait_for(neighbours.events, 50), 0);
    raise_burst(other_, 300);
    EXPECT_EQ(read_events(neighbours.events, 300).size(), 300U);
    EXPECT_EQ(wait_for(mine.events, 50), 0);
}

TEST_F(intx, NeedsNoBusMaster) {
    const auto mine = subscribe(one_);
    EXPECT_FALSE(bus_master(pair_[0]));
}

// INTx on without a listener would let a board hold the line that others share, until the kernel
// disabled it for all of them.
TEST_F(intx, IsOffFromBindOnUntilSomebodyListens) {
    { const unbound away{pair_[0]}; }
    EXPECT_FALSE(intx_enabled(pair_[0])) << "bound";
    {
        const auto mine = subscribe(open_node(pair_[0].node));
        EXPECT_TRUE(intx_enabled(pair_[0])) << "subscribed";
    }
    EXPECT_FALSE(intx_enabled(pair_[0])) << "unsubscribed";
}

TEST_F(intx, IsOffWhenTheLastListenerLeaves) {
    auto first = subscribe(one_);
    auto last = subscribe(one_);
    first.events.close();
    EXPECT_TRUE(intx_enabled(pair_[0])) << "one of two has left";
    last.events.close();
    EXPECT_FALSE(intx_enabled(pair_[0]));
}

// Whether somebody listened before or not, the board that begins anew has no listener.
TEST_F(intx, IsOffAfterAReset) {
    const auto mine = subscribe(one_);
    ASSERT_EQ(control(one_.get(), UPCIEDEV_RESET, nullptr), 0);
    EXPECT_FALSE(intx_enabled(pair_[0])) << "UPCIEDEV_RESET";
    write_file("/sys/bus/pci/devices/" + pair_[0].address + "/reset", "1");
    EXPECT_FALSE(intx_enabled(pair_[0])) << "reset in sysfs";
    const auto again = subscribe(open_node(pair_[0].node));
    EXPECT_TRUE(intx_enabled(pair_[0]));
}

TEST_F(intx, WhoeverSubscribesSuffersFromNoUnheardNeighbour) {
    ASSERT_EQ(write32(other_.get(), 0, raise_at, 1), 0);
    EXPECT_FALSE(intx_enabled(pair_[1]));
    const auto mine = subscribe(one_);
    raise_burst(one_, 100);
    EXPECT_EQ(read_events(mine.events, 100).size(), 100U);
    ASSERT_EQ(write32(other_.get(), 0, acknowledge_at, 1), 0);
}

// Not served, it would hold the line for ever, until the kernel disabled it for both.
TEST_F(intx, StuckBoardIsMaskedAndItsNeighbourGoesOn) {
    const auto mine = subscribe(one_), neighbours = subscribe(other_);
    expect_kernel_message("a stuck interrupt, masked");
    ASSERT_EQ(write32(other_.get(), 0, raise_at, unheard_of), 0);
    ASSERT_EQ(wait_for(neighbours.events), POLLIN);
    const auto told = read_events(neighbours.events);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].status, 0U);
    EXPECT_EQ(told[0].flags, UPCIEDEV_IRQ_MASKED);
    raise_burst(one_, 200);
    EXPECT_EQ(read_events(mine.events, 200).size(), 200U);

    ASSERT_EQ(write32(other_.get(), 0, acknowledge_at, unheard_of), 0);
    EXPECT_EQ(control_at(neighbours.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
    raise_burst(other_, 10);
    EXPECT_EQ(read_events(neighbours.events, 10).size(), 10U);
}

// Masked with each interrupt until a user has served the board; a stream serves it itself.
TEST_F(intx, StreamServesABoardWithoutStatus) {
    ASSERT_EQ(load_module("test_served"), 0);
    {
        const lent edu{pair_[0], "test_served"};
        const auto board = open_node(pair_[0].node);
        expect_kernel_message("only a vector of its own could report its end");
        EXPECT_EQ(open_channel(board, 1).error, EOPNOTSUPP) << "neighbours interrupt, too";
        const auto [error, channel] = open_channel(board, 0);
        ASSERT_EQ(error, 0);
        const ring mine{channel, 64, 4};
        ASSERT_EQ(start(channel, start_of(0, 0, 0, 1)), 0);
        for (std::uint64_t n = 0; n < 3; ++n) {
            ASSERT_EQ(write32(board.get(), 0, raise_at, 1), 0);
            EXPECT_EQ(exchange(channel, {}, n, 10000), 0) << n;
            EXPECT_TRUE(eventually([&] { return intx_enabled(pair_[0]); })) << n;
        }
        EXPECT_EQ(stop(channel), 0);
    }
    EXPECT_EQ(unload_module("test_served"), 0);
}

TEST_F(intx, OneLeavesTheOtherGoesOn) {
    const auto mine = subscribe(one_);
    {
        const auto neighbours = subscribe(other_, 0);
        background reader{[&] {
            upciedev_irq_event event{};
            return batch_result{read_event(neighbours.events, event), 0};
        }};
        const unbound away{pair_[1]};
        EXPECT_EQ(reader.join().error, ENODEV);
        raise_burst(one_, 50);
    }
    EXPECT_EQ(read_events(mine.events, 50).size(), 50U);
}

} // namespace intx_test
} // namespace raw
