// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_IRQ_OPEN: who sees which event, what a slow reader loses, and what wakes a waiting one.
#include "dma.hpp"
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <sys/eventfd.h>

namespace raw {
namespace irq_test {

using namespace std::chrono_literals;

class irqs : public testing::Test {
  protected:
    file board_ = open_board(role::spare_edu);
};

TEST_F(irqs, EventTellsCauseSequenceAndTime) {
    const auto mine = subscribe(board_);
    ASSERT_EQ(mine.error, 0);
    std::uint64_t sequence = 0, time = 0;
    for (std::uint32_t cause : {0x001U, 0x100U, 0x101U}) {
        raise(board_, cause);
        ASSERT_EQ(wait_for(mine.events), POLLIN);
        upciedev_irq_event event{};
        ASSERT_EQ(read_event(mine.events, event), 0);
        EXPECT_EQ(event.vector, 0U);
        EXPECT_EQ(event.status, (cause & 1U) | (cause >> 7U));
        EXPECT_EQ(event.lost, 0U);
        if (time != 0) {
            EXPECT_EQ(event.sequence, sequence + 1);
        }
        EXPECT_GT(event.time_ns, time);
        sequence = event.sequence;
        time = event.time_ns;
    }
}

TEST_F(irqs, EverySubscriberSeesAll) {
    const auto one = subscribe(board_);
    const auto other = subscribe(open_board(role::spare_edu, O_RDONLY));
    ASSERT_EQ(other.error, 0) << "whoever may read may wait";
    for (int i = 0; i < 100; ++i)
        raise(board_);
    for (const auto* events : {&one.events, &other.events})
        EXPECT_EQ(read_events(*events, 100).size(), 100U);
}

TEST_F(irqs, NothingPendingAndTooSmall) {
    const auto mine = subscribe(board_);
    upciedev_irq_event event{};
    EXPECT_EQ(read_event(mine.events, event), EAGAIN);
    EXPECT_EQ(wait_for(mine.events, 0), 0);
    EXPECT_LT(::read(mine.events.get(), &event, sizeof(event) - 1), 0);
    EXPECT_EQ(errno, EINVAL);
}

TEST_F(irqs, EventfdCounts) {
    const file counter{::eventfd(0, EFD_CLOEXEC)};
    const auto before = attribute(the(role::spare_edu), "interrupts");
    const auto mine = subscribe(board_, UPCIEDEV_IRQ_NONBLOCK, counter.get());
    for (int i = 0; i < 3; ++i)
        raise(board_);
    await_interrupts(the(role::spare_edu), before + 3);
    EXPECT_EQ(read_events(mine.events, 3).size(), 3U);
    std::uint64_t count = 0;
    ASSERT_EQ(::read(counter.get(), &count, sizeof(count)), 8);
    EXPECT_EQ(count, 3U);
}

TEST_F(irqs, SlowReaderLosesCountably) {
    const auto mine = subscribe(board_);
    const auto before = attribute(the(role::spare_edu), "interrupts");
    raise_burst(board_, ring_events + 10);
    await_interrupts(the(role::spare_edu), before + long{ring_events} + 10);
    upciedev_irq_event first{}, second{};
    ASSERT_EQ(read_event(mine.events, first), 0);
    EXPECT_EQ(first.lost, 10U);
    ASSERT_EQ(read_event(mine.events, second), 0);
    EXPECT_EQ(second.lost, 0U);
    EXPECT_EQ(second.sequence, first.sequence + 1);
}

TEST_F(irqs, BusMasterOnlyWhileSubscribed) {
    const bool by_message = irq_info(board_).kind != UPCIEDEV_IRQ_INTX;
    EXPECT_FALSE(bus_master(the(role::spare_edu)));
    {
        const auto mine = subscribe(board_);
        EXPECT_EQ(bus_master(the(role::spare_edu)), by_message);
    }
    EXPECT_FALSE(bus_master(the(role::spare_edu)));
}

// Of all kinds of boards: with messages, without, and those of the generic driver.
TEST_F(irqs, IntxIsOffWhileNobodyListens) {
    for (const auto& which : find_boards())
        EXPECT_FALSE(intx_enabled(which)) << which.address << ' ' << which.info.card;
    const auto& mine = the(role::spare_edu);
    {
        const auto events = subscribe(board_);
        EXPECT_EQ(intx_enabled(mine), irq_info(board_).kind == UPCIEDEV_IRQ_INTX);
    }
    EXPECT_FALSE(intx_enabled(mine)) << "after the last one has left";
    const unbound away{mine};
    EXPECT_FALSE(intx_enabled(mine)) << "after the driver has given its vectors back";
}

TEST_F(irqs, C17_ArgumentsAreChecked) {
    for (int field = 0; field < 5; ++field) {
        upciedev_irq_open open{};
        open.vectors = field == 0 ? 0 : field == 1 ? 0x80000000U : 1;
        open.flags = field == 2 ? 2 : 0;
        open.eventfd = -1;
        open.causes = field == 3 ? 4 : 0; // edu has two
        open.reserved = field == 4 ? 1 : 0;
        EXPECT_EQ(control(board_.get(), UPCIEDEV_IRQ_OPEN, &open), EINVAL) << field;
    }
    EXPECT_EQ(subscribe(board_, 0, 100000).error, EBADF);
    EXPECT_EQ(subscribe(board_, 0, board_.get()).error, EINVAL) << "not an eventfd";
    const auto mine = subscribe(board_);
    EXPECT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 1), EINVAL);
    EXPECT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
    EXPECT_EQ(control(mine.events.get(), UPCIEDEV_GET_INFO, nullptr), ENOTTY);
}

TEST_F(irqs, C6_NothingIsLeftOfAFileThatCannotBeTold) {
    const lone_page page;
    auto* open = reinterpret_cast<upciedev_irq_open*>(page.begin());
    *open = {.vectors = 1, .flags = 0, .eventfd = -1, .fd = -1, .causes = 0, .reserved = 0};
    page.protect(PROT_READ);
    EXPECT_EQ(control(board_.get(), UPCIEDEV_IRQ_OPEN, open), EFAULT);
    for (std::uint64_t address : {0ULL, 1ULL, 0xffff888000000000ULL, ~0ULL})
        EXPECT_EQ(control_at(board_.get(), UPCIEDEV_IRQ_OPEN, address), EFAULT);
    EXPECT_FALSE(bus_master(the(role::spare_edu)));
    upciedev_irq_info info{};
    for (int i = 0; i < 3; ++i) {
        info.reserved32 = i == 0;
        info.reserved[0] = i == 1;
        info.reserved[1] = i == 2;
        EXPECT_EQ(control(board_.get(), UPCIEDEV_IRQ_INFO, &info), EINVAL);
        info = {};
    }
}

// Each event wakes all subscribers in the hard interrupt, so there are so many of a user.
TEST_F(irqs, SubscriptionsOfAUserAreLimited) {
    constexpr std::size_t most = 64;
    const auto other = open_board(role::spare_edu, O_RDONLY);
    std::vector<subscription> mine;
    for (std::size_t i = 0; i < most; ++i) {
        mine.push_back(subscribe(i % 2 == 0 ? board_ : other));
        ASSERT_EQ(mine.back().error, 0) << i;
    }
    EXPECT_EQ(subscribe(board_).error, ENOSPC);
    EXPECT_EQ(subscribe(other).error, ENOSPC) << "by whatever file";
    EXPECT_EQ(subscribe(open_board(role::edu)).error, 0) << "of another board";
    const auto [error, channel] = open_channel(board_, 0); // waits for its interrupt, too
    EXPECT_EQ(error, 0) << "the driver's own are not counted";
    mine.pop_back();
    mine.push_back(subscribe(board_));
    EXPECT_EQ(mine.back().error, 0) << "one has left";
    raise(board_);
    for (const auto& each : mine)
        EXPECT_EQ(wait_for(each.events), POLLIN);
}

// A file that is kept after a reset keeps no events: it can only return ENODEV.
TEST_F(irqs, FilesOfBoardsThatHaveGoneKeepNoRing) {
    const auto before = counters().at("event_rings");
    std::vector<file> kept;
    for (int i = 0; i < 5; ++i) {
        auto board = open_board(role::spare_edu);
        auto events = subscribe(board);
        ASSERT_EQ(events.error, 0);
        EXPECT_EQ(counters().at("event_rings"), before + 1);
        ASSERT_EQ(control(board.get(), UPCIEDEV_RESET, nullptr), 0);
        EXPECT_EQ(counters().at("event_rings"), before) << "after reset " << i;
        upciedev_irq_event event{};
        EXPECT_EQ(read_event(events.events, event), ENODEV);
        kept.push_back(std::move(board));
        kept.push_back(std::move(events.events));
    }
}

batch_result wait_gone(const file& events) {
    upciedev_irq_event event{};
    return {read_event(events, event), 0};
}

TEST_F(irqs, RemovalWakesReaders) {
    const auto mine = subscribe(board_, 0);
    background reader{[&] { return wait_gone(mine.events); }};
    const unbound away{the(role::spare_edu)};
    EXPECT_EQ(reader.join().error, ENODEV);
    EXPECT_EQ(wait_for(mine.events), POLLERR | POLLHUP);
    EXPECT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), ENODEV);
}

TEST_F(irqs, ResetWakesReadersAndInterruptsWorkAgain) {
    const auto mine = subscribe(board_, 0);
    background reader{[&] { return wait_gone(mine.events); }};
    ASSERT_EQ(control(board_.get(), UPCIEDEV_RESET, nullptr), 0);
    EXPECT_EQ(reader.join().error, ENODEV);
    const auto board = open_board(role::spare_edu);
    const auto again = subscribe(board);
    raise(board);
    EXPECT_EQ(wait_for(again.events), POLLIN);
}

} // namespace irq_test
} // namespace raw
