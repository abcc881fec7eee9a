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

/// A cause with enable bits that can be read, on a board that somebody drives.
struct enabled_cause {
    upciedev::board board;
    std::string cause, path;
    std::uint64_t mask = 0;

    [[nodiscard]] std::string name() const { return board.label() + ": " + cause; }
    [[nodiscard]] upciedev::basic_reg reg() const { return board.reg(path); }
    [[nodiscard]] std::uint64_t on_bus(std::uint64_t bits) const {
        const auto& about = reg().description();
        if (about.order == upciedev::byte_order::little) return bits;
        return __builtin_bswap64(bits) >> (64 - about.width);
    }
};

/// The first of each board.
std::vector<enabled_cause> find_enabled_causes() {
    std::vector<enabled_cause> found;
    for (const auto& [entry, board] : boards()) {
        if (!board.way().capabilities().has(upciedev::capability::interrupts)) continue;
        for (const auto& irq : board.description()->irqs) {
            if (irq.enable.path.empty()) continue;
            const auto& about = *board.description()->find_register(irq.enable.path).description;
            if (about.access == upciedev::access::wo) continue;
            const auto* field = about.find_field(irq.enable.field);
            found.push_back({board, irq.name, irq.enable.path,
                             field != nullptr ? field->mask() : low_bits(about.width)});
            break;
        }
    }
    return found;
}

/// Every path by which a program reaches the register, each time without its enable bits, or with
/// them all.
void write_on_every_path(const enabled_cause& cause, bool ones) {
    const auto reg = cause.reg();
    const auto& about = reg.description();
    const auto changed = [&](std::uint64_t bits) {
        return ones ? bits | cause.mask : bits & ~cause.mask;
    };
    const auto check = [&, before = reg.raw() & cause.mask](const char* path) {
        EXPECT_EQ(reg.raw() & cause.mask, before) << path;
    };
    reg.write_raw(changed(reg.raw()));
    check("write");
    reg.modify_raw(cause.mask, ones ? cause.mask : 0);
    check("modify");
    auto batch = cause.board.batch();
    batch.write_raw(reg, changed(reg.raw()));
    batch.modify_raw(reg, cause.mask, ones ? cause.mask : 0);
    batch.run();
    check("batch");
    const auto bar = cause.board.bar(about.bar);
    const auto bits = cause.on_bus(changed(reg.raw()));
    for (unsigned width = 8; width <= about.width; width *= 2)
        for (unsigned at = 0; at < about.width; at += width)
            bar.write(reg.offset() + at / 8, bits >> at & low_bits(width), width);
    check("narrow writes");
    if (about.width != 32) return;
    const std::vector<std::uint32_t> block{static_cast<std::uint32_t>(bits)};
    bar.write_block(reg.offset(), block);
    check("a block");
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

TEST_F(irq_row, no_write_switches_off_what_others_wait_for) {
    NEED(found, find_enabled_causes(),
         "no interrupt with an enable bit, on a transport with interrupts");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        {
            const auto irq = each.board.irq(each.cause);
            EXPECT_EQ(reg.raw() & each.mask, each.mask) << "somebody waits";
            write_on_every_path(each, false);
        }
        EXPECT_TRUE(reg.wait_raw(each.mask, 0, 10s)) << "nobody waits any more";
        write_on_every_path(each, true);
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
