// SPDX-License-Identifier: BSD-3-Clause
// Many interrupts, those that nobody expects, and boards and readers that leave meanwhile.
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include <unistd.h>

namespace raw {
namespace irq_load_test {

using namespace std::chrono_literals;

constexpr unsigned no_limit = 1000 * 1000 * 1000;

struct tally {
    std::uint64_t seen = 0, lost = 0, first = 0, last = 0;

    void add(const std::vector<upciedev_irq_event>& events) {
        for (const auto& event : events) {
            if (seen == 0) first = event.sequence - event.lost;
            lost += event.lost;
            last = event.sequence;
            ++seen;
        }
    }
};

class irq_load : public testing::Test {
  protected:
    const board& which_ = the(role::spare_edu);
    file board_ = open_board(role::spare_edu);
};

// Of boards with messages; for INTx see intx.StuckBoardIsMaskedAndItsNeighbourGoesOn.
class irq_messages : public irq_load {};

// One reads after each burst, which its ring holds; the other only now and then, and loses
// countably.
TEST_F(irq_load, HundredThousandInBursts) {
    constexpr std::uint64_t all = 100'000, burst = 2'000, slow_reads_after = 20'000;
    const storm_limit limit{no_limit};
    const auto quick = subscribe(board_), slow = subscribe(board_);
    const auto interrupts = attribute(which_, "interrupts"), lost = attribute(which_, "lost");
    tally of_quick, of_slow;
    for (std::uint64_t raised = 0; raised < all;) {
        raise_burst(board_, burst);
        raised += burst;
        await_interrupts(which_, interrupts + static_cast<long>(raised));
        of_quick.add(read_events(quick.events));
        if (raised % slow_reads_after == 0) of_slow.add(read_events(slow.events));
    }
    EXPECT_EQ(of_quick.seen, all);
    EXPECT_EQ(of_quick.lost, 0U);
    EXPECT_EQ(of_slow.seen, 5 * ring_events);
    EXPECT_EQ(of_slow.seen + of_slow.lost, all);
    EXPECT_EQ(of_slow.last - of_slow.first + 1, all);
    EXPECT_EQ(attribute(which_, "interrupts") - interrupts, long{all});
    EXPECT_EQ(attribute(which_, "lost") - lost, static_cast<long>(of_slow.lost));
}

// All threads wait on one file: each event goes to one of them, and none waits for ever.
TEST_F(irq_load, ThreadsShareASubscription) {
    constexpr unsigned readers = 4, each = 50;
    const auto shared = subscribe(board_, 0);
    std::atomic<unsigned> seen{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < readers; ++i)
        threads.emplace_back([&] {
            upciedev_irq_event event{};
            while (seen < readers * each && read_event(shared.events, event) == 0)
                ++seen;
        });
    for (unsigned i = 0; i < readers * each; ++i)
        raise(board_);
    eventually([&] { return seen >= readers * each; });
    const unbound away{which_}; // those that wait for more
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(seen, readers * each);
}

TEST_F(irq_load, KilledSubscriberLeavesNothing) {
    const auto before = counters();
    child victim{[&] {
        const auto mine = subscribe(open_board(role::spare_edu), 0);
        upciedev_irq_event event{};
        return read_event(mine.events, event);
    }};
    eventually([&] { return counters().at("irq_files") > before.at("irq_files"); });
    ASSERT_EQ(counters().at("irq_files"), before.at("irq_files") + 1);
    EXPECT_EQ(victim.kill(), killed_by(SIGKILL));
    EXPECT_EQ(counters().at("irq_files"), before.at("irq_files"));
    EXPECT_FALSE(bus_master(which_) && irq_info(board_).kind != UPCIEDEV_IRQ_INTX);
    const auto next = subscribe(board_);
    raise(board_);
    EXPECT_EQ(wait_for(next.events), POLLIN);
}

// A message without a cause that the card knows, and with one that cannot be taken away.
TEST_F(irq_messages, SpuriousAreCountedAndNotTold) {
    const auto mine = subscribe(board_);
    const auto spurious = attribute(which_, "spurious");
    for (unsigned i = 1; i <= 5; ++i) {
        ASSERT_EQ(write32(board_.get(), 0, raise_at, unheard_of), 0);
        eventually([&] { return attribute(which_, "spurious") >= spurious + i; });
        EXPECT_EQ(attribute(which_, "spurious"), spurious + i);
    }
    EXPECT_EQ(wait_for(mine.events, 50), 0);
    ASSERT_EQ(write32(board_.get(), 0, raise_at, 1), 0); // while the other is still pending
    EXPECT_EQ(wait_for(mine.events), POLLIN);
    const auto told = read_events(mine.events, 1);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].status, 1U);
    ASSERT_EQ(write32(board_.get(), 0, acknowledge_at, unheard_of), 0);
}

TEST_F(irq_messages, StormOfSpuriousIsStoppedToo) {
    const storm_limit limit{20};
    const auto mine = subscribe(board_);
    const auto storms = attribute(which_, "storms");
    expect_kernel_message("a storm of interrupts, masked");
    for (unsigned i = 0; i < 3000 && attribute(which_, "storms") == storms; ++i)
        for (unsigned j = 0; j < 100; ++j)
            ASSERT_EQ(write32(board_.get(), 0, raise_at, unheard_of), 0);
    const auto told = read_events(mine.events);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].status, 0U);
    EXPECT_EQ(told[0].flags, UPCIEDEV_IRQ_MASKED);
    ASSERT_EQ(write32(board_.get(), 0, acknowledge_at, unheard_of), 0);
    EXPECT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
    (void)read_events(mine.events);
    raise(board_);
    EXPECT_EQ(wait_for(mine.events), POLLIN);
}

TEST_F(irq_load, StormIsStoppedAndToldOnce) {
    const storm_limit limit{20};
    const auto mine = subscribe(board_), other = subscribe(board_);
    const auto storms = attribute(which_, "storms");
    expect_kernel_message("a storm of interrupts, masked");
    for (unsigned i = 0; i < 3000 && attribute(which_, "storms") == storms; ++i)
        for (unsigned j = 0; j < 100; ++j) // nobody waits until they are served
            ASSERT_EQ(write32(board_.get(), 0, raise_at, 1), 0);
    auto told = read_events(mine.events);
    ASSERT_FALSE(told.empty());
    EXPECT_TRUE(told.back().flags & UPCIEDEV_IRQ_MASKED);
    EXPECT_EQ(attribute(which_, "storms"), storms + 1);
    ASSERT_EQ(write32(board_.get(), 0, raise_at, 1),
              0); // the storm may have ended with its last one
    EXPECT_EQ(wait_for(mine.events, 100), 0);
    EXPECT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
    EXPECT_EQ(wait_for(mine.events), POLLIN) << "what came while it was masked";
    (void)read_events(mine.events);
    raise(board_);
    EXPECT_EQ(wait_for(mine.events), POLLIN);
    told = read_events(other.events);
    EXPECT_EQ(told.back().flags & UPCIEDEV_IRQ_MASKED, 0U) << "one unmasks for all";
}

// While the storm goes on: neither does more come after the one that says so, nor does a cause
// get lost that came when the vector was just being masked.
TEST_F(irq_load, NothingComesAfterTheMaskedOne) {
    const auto mine = subscribe(board_);
    expect_kernel_message("a storm of interrupts, masked");
    for (unsigned i = 0; i < 50; ++i) {
        {
            const storm_limit limit{1};
            const std::jthread storm{[&](const std::stop_token& stop) {
                while (!stop.stop_requested())
                    (void)write32(board_.get(), 0, raise_at, 1);
            }};
            upciedev_irq_event event{};
            while ((event.flags & UPCIEDEV_IRQ_MASKED) == 0) {
                ASSERT_EQ(wait_for(mine.events), POLLIN);
                ASSERT_EQ(read_event(mine.events, event), 0);
            }
            ASSERT_EQ(write32(board_.get(), 0, raise_at, 1), 0); // should the other thread sleep
            EXPECT_EQ(wait_for(mine.events, 10), 0);
        }
        ASSERT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
        EXPECT_EQ(wait_for(mine.events), POLLIN) << "what came while it was masked";
        (void)read_events(mine.events);
    }
}

TEST_F(irq_load, ReadersAndBoardsLeaveWhileInterruptsCome) {
    const storm_limit limit{no_limit};
    std::atomic<bool> stop{false};
    std::atomic<unsigned> wrong{0}, seen{0};
    const auto live = [&] {
        const file mine{::open(which_.node.c_str(), O_RDWR | O_CLOEXEC)};
        if (mine.get() < 0) return;
        const auto events = subscribe(mine);
        if (events.error != 0 && events.error != ENODEV) ++wrong;
        if (events.error != 0) return;
        for (unsigned i = 0; i < 20; ++i) {
            (void)write32(mine.get(), 0, raise_at, 1);
            upciedev_irq_event event{};
            (void)wait_for(events.events, 10);
            const int error = read_event(events.events, event);
            if (error == 0) ++seen;
            if (error != 0 && error != EAGAIN && error != ENODEV) ++wrong;
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            while (!stop)
                live();
        });
    for (unsigned i = 0; i < 10; ++i) {
        const unsigned before = seen;
        EXPECT_TRUE(eventually([&] { return seen > before + 5; }));
        const unbound away{which_};
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(seen, 50U);
    EXPECT_FALSE(intx_enabled(which_));
}

TEST_F(irq_load, TracepointsTellEvents) {
    const std::string tracing = "/sys/kernel/tracing/";
    const auto mine = subscribe(board_);
    write_file(tracing + "events/upciedev/upciedev_irq/enable", "1");
    write_file(tracing + "trace", "");
    raise(board_, 0x101);
    EXPECT_EQ(read_events(mine.events, 1).size(), 1U);
    write_file(tracing + "events/upciedev/upciedev_irq/enable", "0");
    EXPECT_NE(read_file(tracing + "trace").find(which_.address + " vector=0 sequence="),
              std::string::npos);
}

} // namespace irq_load_test
} // namespace raw
