// SPDX-License-Identifier: BSD-3-Clause
// Boards say when.
#include "stand.hpp"

#include <chrono>
#include <poll.h>

namespace irq_rows {

using namespace behaviour;
using namespace std::chrono_literals;
using upciedev::errc;

class irq_row : public row {};

/// A board that a program can make interrupt, one vector of its own.
struct teaching_board {
    upciedev::board board;
    [[nodiscard]] std::string name() const { return board.label(); }
    void raise() const { board.reg("IRQ_RAISE").write_raw(1); }
    [[nodiscard]] upciedev::irq irq() const { return board.irq("factorial"); }
};

std::vector<teaching_board> find_teaching_boards() {
    std::vector<teaching_board> found;
    for (const auto& each : boards())
        if (each.board.name() == "edu" &&
            each.board.way().capabilities().has(upciedev::capability::interrupts))
            found.push_back({each.board});
    return found;
}

constexpr auto nobody =
    "no board edu, which a program can make interrupt, on a way with interrupts";

/// One after the other, each handled before the next.
void raise_and_see(const teaching_board& from, upciedev::irq& by, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        from.raise();
        const auto event = by.wait(10s);
        ASSERT_TRUE(event) << "interrupt " << i;
        if (event->masked) by.unmask(); // it was quick
    }
}

TEST_F(irq_row, an_interrupt_is_told_with_cause_and_time) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        auto irq = each.irq();
        const auto before = std::chrono::steady_clock::now();
        each.raise();
        const auto event = irq.wait(10s);
        ASSERT_TRUE(event);
        EXPECT_EQ(event->name, "factorial");
        EXPECT_TRUE(event->has("factorial"));
        EXPECT_EQ(event->status & 1, 1U);
        EXPECT_EQ(event->lost, 0U);
        EXPECT_FALSE(event->masked);
        EXPECT_GE(event->time, before);
        EXPECT_LE(event->time, std::chrono::steady_clock::now());
        EXPECT_EQ(each.board.reg("IRQ_STATUS").raw(), 0U); // acknowledged
    }
}

TEST_F(irq_row, none_is_missed_between_subscribing_and_waiting) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        auto irq = each.irq(), other = each.irq();
        raise_and_see(each, other, 3);
        const auto first = irq.wait(10s), second = irq.wait(10s), third = irq.wait(10s);
        ASSERT_TRUE(first && second && third);
        EXPECT_EQ(second->sequence, first->sequence + 1);
        EXPECT_EQ(third->sequence, first->sequence + 2);
        EXPECT_FALSE(irq.wait(50ms));
    }
}

TEST_F(irq_row, what_was_pending_before_is_no_event) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        each.raise();
        auto irq = each.irq();
        EXPECT_FALSE(irq.wait(50ms));
        each.raise();
        EXPECT_TRUE(irq.wait(10s));
    }
}

TEST_F(irq_row, every_subscriber_is_told_everything) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        auto first = each.irq(), second = each.irq();
        raise_and_see(each, first, 20);
        for (unsigned i = 0; i < 20; ++i) {
            const auto event = second.wait(10s);
            ASSERT_TRUE(event) << "interrupt " << i;
            EXPECT_EQ(event->lost, 0U);
        }
    }
}

TEST_F(irq_row, a_wait_runs_out_of_time) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        auto irq = each.irq();
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(irq.wait(30ms));
        EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
    }
}

TEST_F(irq_row, an_unknown_name_tells_the_nearest) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found)
    expect_error(errc::no_such_register, [&] { std::ignore = each.board.irq("factorail"); },
                 {"edu", "did you mean 'factorial'"});
}

TEST_F(irq_row, its_descriptor_is_readable_while_there_are_events) {
    NEED(found, find_teaching_boards(), nobody);
    FOR_EACH(each, found) {
        auto irq = each.irq();
        pollfd wanted{irq.fd(), POLLIN, 0};
        EXPECT_EQ(::poll(&wanted, 1, 0), 0);
        each.raise();
        EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
        EXPECT_EQ(irq.drain().size(), 1U);
        EXPECT_EQ(::poll(&wanted, 1, 0), 0);
    }
}

TEST_F(irq_row, a_slow_reader_sees_how_many_it_lost) {
    NEED(found, find_teaching_boards(), nobody);
    constexpr unsigned many = 6000; // more than any queue holds
    const auto& each = found.front();
    visit(each.board);
    auto slow = each.irq(), quick = each.irq();
    raise_and_see(each, quick, many);
    std::uint64_t seen = 0, lost = 0;
    while (const auto event = slow.wait(500ms)) {
        ++seen;
        lost += event->lost;
    }
    EXPECT_GT(lost, 0U);
    EXPECT_EQ(seen + lost, many);
}

} // namespace irq_rows
