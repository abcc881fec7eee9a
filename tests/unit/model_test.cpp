// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_backplane.hpp"
#include "test_slot.hpp"

#include <upciedev/board_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace model_test {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto file = R"(
format: 1
board: modelled
bars: {regs: {index: 0, size: 4 KiB}, ddr: {index: 2, size: 1 MiB}}
registers:
  ID: {at: regs+0x0, access: ro, reset: 0xabcd0001}
  CTRL: {at: regs+0x4, fields: {GO: {bits: 0, on_write: strobe}, MODE: {bits: 9:8, reset: 2}}}
  BIG: {at: regs+0x8, width: 16, endian: big}
  TIME: {at: regs+0x10, width: 64, access: ro}
  STATUS: {at: regs+0x20, on_write: one_to_clear, fields: {A: 0, B: 1, DONE: 2}}
  ENABLE: {at: regs+0x24, fields: {A: 0, B: 1, DONE: 2}}
  EVENTS: {at: regs+0x28, access: ro, on_read: pop}
  dma:
    at: regs+0x40
    guard: true
    registers:
      LOW: {at: 0x0}
      HIGH: {at: 0x4}
      OFFSET: {at: 0x8}
      LENGTH: {at: 0xc}
      CONTROL: {at: 0x10, fields: {START: 0, STOP: 1}}
      STATE: {at: 0x14, access: ro, fields: {BUSY: 0, ERROR: 1}}
areas:
  RAM: {at: ddr+0x1000, size: 512 KiB, type: uint8}
irqs:
  a: {status: STATUS.A, enable: ENABLE.A, acknowledge: STATUS.A}
  b: {status: STATUS.B, enable: ENABLE.B, acknowledge: STATUS.B}
  done: {vector: 1, status: STATUS.DONE, enable: ENABLE.DONE, acknowledge: STATUS.DONE}
  bare: {vector: 2}
dma:
  read:
    direction: from_board
    host: [dma.LOW, dma.HIGH]
    board: dma.OFFSET
    length: dma.LENGTH
    start: [{dma.CONTROL.START: 1}]
    stop: [{dma.CONTROL.STOP: 1}]
    busy: dma.STATE.BUSY
    error: dma.STATE.ERROR
    irq: done
    area: RAM
    max_length: 512 KiB
)";

/// A board with a slot that takes what it sends, by the manual clock.
struct modelled : testing::Test {
    modelled() { board.plug(&slot); }
    ~modelled() override { board.plug(nullptr); }

    std::uint32_t read(std::uint64_t offset) {
        return static_cast<std::uint32_t>(board.read(0, offset, 32));
    }
    void write(std::uint64_t offset, std::uint32_t bits) { board.write(0, offset, 32, bits); }
    void start_dma(std::uint64_t host, std::uint32_t offset, std::uint32_t length) {
        write(0x40, static_cast<std::uint32_t>(host));
        write(0x44, static_cast<std::uint32_t>(host >> 32));
        write(0x48, offset);
        write(0x4c, length);
        write(0x50, 1);
    }

    model_clock clock = model_clock::manual();
    test_slot slot{1 << 20};
    model_board board{parse_board_file(file, "modelled.yaml"), {.clock = clock}};
};

TEST_F(modelled, calls_back_with_the_bits_of_the_part_that_were_written) {
    std::vector<std::uint64_t> seen;
    struct watcher : model {
        watcher(model_board& b, std::vector<std::uint64_t>& seen) : model(b) {
            for (const char* path : {"CTRL.MODE", "CTRL.GO", "BIG"})
                b.on_write(path, [&seen](std::uint64_t bits) { seen.push_back(bits); });
        }
    };
    model_board other{parse_board_file(file, "modelled.yaml"),
                      {.clock = clock, .behaviour = [&](model_board& b) {
                           return std::make_unique<watcher>(b, seen);
                       }}};
    other.write(0, 0x4, 32, 0x101);
    EXPECT_THAT(seen, ElementsAre(1, 1));
    seen.clear();
    other.write(0, 0x5, 8, 0x3); // the byte that holds MODE alone
    EXPECT_THAT(seen, ElementsAre(3));
    seen.clear();
    other.write(0, 0x8, 16, 0x3412);
    EXPECT_THAT(seen, ElementsAre(0x1234));
}

TEST_F(modelled, sets_what_changes_by_itself_before_a_read) {
    struct timed : model {
        explicit timed(model_board& b) : model(b) {
            b.on_read("TIME", [this, time = b.part("TIME")] {
                time.set(static_cast<std::uint64_t>(board().now().count()));
            });
        }
    };
    model_board other{
        parse_board_file(file, "modelled.yaml"),
        {.clock = clock, .behaviour = [](model_board& b) { return std::make_unique<timed>(b); }}};
    EXPECT_EQ(other.read(0, 0x10, 64), 0U);
    clock.advance(5us);
    EXPECT_EQ(other.read(0, 0x10, 64), 5000U);
    EXPECT_FALSE(other.mappable(0, 0, 4096, false));
}

TEST_F(modelled, takes_no_callback_once_it_is_made) {
    EXPECT_EQ(error_of([&] { board.on_write("CTRL", [](std::uint64_t) {}); }).first,
              errc::not_supported);
}

TEST_F(modelled, does_tasks_in_the_order_of_time) {
    std::vector<int> order;
    board.after(2ms, [&](model_bus&) { order.push_back(2); });
    board.after(1ms, [&](model_bus&) {
        order.push_back(1);
        board.after(500us, [&](model_bus&) { order.push_back(15); });
    });
    board.after(2ms, [&](model_bus&) { order.push_back(3); });
    clock.advance(1999us);
    EXPECT_THAT(order, ElementsAre(1, 15));
    clock.advance(1us);
    EXPECT_THAT(order, ElementsAre(1, 15, 2, 3));
}

TEST_F(modelled, forgets_tasks_and_restores_registers_on_reset) {
    bool done = false;
    board.after(1ms, [&](model_bus&) { done = true; });
    board.memory(2)[0x1000] = std::byte{7};
    board.part("CTRL.MODE").set(1);
    board.part("ENABLE").set(7);
    board.reset();
    clock.advance(2ms);
    EXPECT_FALSE(done);
    EXPECT_EQ(read(0x4), 0x200U);
    EXPECT_EQ(read(0x24), 0U);
    EXPECT_EQ(board.memory(2)[0x1000], std::byte{7});
}

TEST_F(modelled, sends_a_vector_when_an_enabled_cause_comes_up) {
    board.interrupt("a");
    EXPECT_THAT(slot.vectors, ElementsAre());
    write(0x24, 1); // enabled while it stands
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    board.interrupt("a"); // still up: the same edge
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    write(0x20, 1);
    board.interrupt("a");
    EXPECT_THAT(slot.vectors, ElementsAre(0, 0));
    board.interrupt("bare");
    EXPECT_THAT(slot.vectors, ElementsAre(0, 0, 2));
}

TEST_F(modelled, sends_nothing_when_an_acknowledgement_leaves_a_cause_standing) {
    write(0x24, 3);
    board.interrupt("a");
    board.interrupt("b"); // after the driver has read the status
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    write(0x20, 1); // it acknowledges what it saw
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    write(0x20, 2);
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    board.interrupt("a"); // none stood
    EXPECT_THAT(slot.vectors, ElementsAre(0, 0));
}

TEST_F(modelled, refuses_an_unknown_interrupt) {
    EXPECT_EQ(error_of([&] { board.interrupt("c"); }).first, errc::no_such_register);
}

TEST_F(modelled, moves_a_block_by_its_engine) {
    write(0x24, 4);
    for (unsigned i = 0; i < 200'000; ++i)
        board.memory(2)[0x1000 + i] = static_cast<std::byte>(i * 7);
    start_dma(0x1'0000'0100, 16, 150'000);
    EXPECT_EQ(read(0x54), 1U); // busy
    clock.advance(1ms);
    EXPECT_EQ(read(0x54), 0U);
    EXPECT_THAT(slot.vectors, ElementsAre(1));
    for (unsigned i = 0; i < 150'000; ++i)
        ASSERT_EQ(slot.memory[0x100 + i], static_cast<std::byte>((i + 16) * 7)) << i;
    EXPECT_EQ(slot.memory[0xff], std::byte{});
    EXPECT_EQ(slot.memory[0x100 + 150'000], std::byte{});
}

TEST_F(modelled, tells_an_error_of_its_engine) {
    write(0x24, 4);
    start_dma(0x5000, 0, 16); // nobody there
    clock.advance(1ms);
    EXPECT_EQ(read(0x54), 2U);
    EXPECT_THAT(slot.vectors, ElementsAre(1));
    start_dma(test_slot::base, 512 << 10, 4); // outside its memory
    clock.advance(1ms);
    EXPECT_EQ(read(0x54), 2U);
}

TEST_F(modelled, stops_its_engine) {
    start_dma(test_slot::base, 0, 512 << 10);
    clock.advance(0us); // one piece
    write(0x50, 2);
    EXPECT_EQ(read(0x54), 0U);
    const auto moved = slot.written;
    clock.advance(1s);
    EXPECT_GT(moved, 0U);
    EXPECT_EQ(slot.written, moved);
}

TEST_F(modelled, can_have_an_engine_that_never_ends) {
    board.fault(model_fault::engine_hangs, true);
    start_dma(test_slot::base, 0, 16);
    clock.advance(10s);
    EXPECT_EQ(read(0x54), 1U);
    EXPECT_EQ(slot.written, 0U);
    board.reset();
    EXPECT_EQ(read(0x54), 0U);
}

TEST_F(modelled, can_have_an_engine_that_ignores_stop) {
    board.fault(model_fault::engine_runs_on, true);
    start_dma(test_slot::base, 0, 16);
    clock.advance(10us);
    write(0x50, 2);
    const auto then = slot.written;
    clock.advance(10us);
    EXPECT_GT(slot.written, then);
    EXPECT_EQ(read(0x54), 1U);
}

TEST_F(modelled, can_lose_interrupts_storm_and_stick) {
    write(0x24, 1);
    board.fault(model_fault::interrupt_lost, true);
    board.interrupt("a");
    EXPECT_THAT(slot.vectors, ElementsAre());
    EXPECT_EQ(read(0x20), 1U);
    board.fault(model_fault::interrupt_lost, false);
    board.fault(model_fault::interrupt_stuck, true);
    write(0x20, 1);
    EXPECT_EQ(read(0x20), 1U);
    board.fault(model_fault::interrupt_stuck, false);
    write(0x20, 1);
    EXPECT_EQ(read(0x20), 0U);
    slot.vectors.clear();
    board.fault(model_fault::interrupt_storm, true);
    clock.advance(10ms);
    EXPECT_EQ(slot.vectors.size(), 10U);
    board.fault(model_fault::interrupt_storm, false);
    clock.advance(10ms);
    EXPECT_EQ(slot.vectors.size(), 10U);
}

TEST_F(modelled, can_read_ones_or_a_wrong_identity_or_a_stuck_fifo) {
    const std::vector<std::uint64_t> entries{5, 6};
    board.push("EVENTS", entries);
    board.fault(model_fault::fifo_stuck, true);
    EXPECT_EQ(read(0x28), 5U);
    EXPECT_EQ(read(0x28), 5U);
    board.fault(model_fault::wrong_identity, true);
    EXPECT_EQ(read(0x0), ~0xabcd0001U);
    board.reset();
    EXPECT_EQ(read(0x0), ~0xabcd0001U);
    board.fault(model_fault::wrong_identity, false);
    EXPECT_EQ(read(0x0), 0xabcd0001U);
    board.fault(model_fault::all_ones, true);
    EXPECT_EQ(read(0x0), 0xffffffffU);
    write(0x24, 7);
    board.fault(model_fault::all_ones, false);
    EXPECT_EQ(read(0x24), 0U);
}

/// Registers that share an address: what is only read, and what is only written.
struct sharing : testing::Test {
    model_board board{parse_board_file(R"(
format: 1
board: sharing
bars: {regs: {index: 0, size: 4 KiB}}
registers:
  COMMAND: {at: regs+0x20, access: wo}
  EVENTS: {at: regs+0x20, access: ro, on_read: pop}
  NEXT: {at: regs+0x24}
  ORDER: {at: regs+0x28, access: wo}
  REPLY: {at: regs+0x28, access: ro, reset: 4}
  WIDE: {at: regs+0x40, width: 64, access: wo}
  WORDS: {at: regs+0x44, width: 16, access: ro, on_read: pop}
)",
                                       "sharing.yaml")};
    std::vector<std::uint64_t> entries{5, 6};
};

TEST_F(sharing, a_fifo_has_its_entries_and_no_command) {
    board.push("EVENTS", entries);
    board.write(0, 0x20, 32, 99);
    EXPECT_EQ(board.read(0, 0x20, 32), 5U);
    EXPECT_EQ(board.read(0, 0x20, 32), 6U);
    EXPECT_EQ(board.read(0, 0x20, 32), 0U);
    EXPECT_EQ(error_of([&] { board.push("COMMAND", entries); }).first, errc::not_supported);
}

TEST_F(sharing, a_fifo_gives_nothing_to_an_access_beside_it) {
    board.push("WORDS", entries);
    EXPECT_EQ(board.read(0, 0x46, 16), 0U); // WIDE, which is behind both
    EXPECT_EQ(board.read(0, 0x44, 16), 5U);
}

TEST_F(sharing, a_write_over_a_fifo_reaches_the_register_behind_it) {
    board.write(0, 0x20, 64, 0x7'0000'0003);
    EXPECT_EQ(board.read(0, 0x24, 32), 7U);
    EXPECT_EQ(board.read(0, 0x20, 32), 0U);
}

TEST_F(sharing, an_order_does_not_change_the_reply) {
    board.write(0, 0x28, 32, 99);
    EXPECT_EQ(board.read(0, 0x28, 32), 4U);
}

TEST(model_faults, have_names) {
    for (const auto fault : all_model_faults())
        EXPECT_EQ(model_fault_of(name_of(fault)), fault);
    EXPECT_EQ(error_of([] { static_cast<void>(model_fault_of("sick")); }).first, errc::bad_value);
}

TEST(model_clock, advances_only_by_hand) {
    EXPECT_EQ(error_of([] { model_clock::real().advance(1ms); }).first, errc::not_supported);
}

TEST(real_time, does_tasks_in_a_thread_of_the_board) {
    test_slot slot{4096};
    model_board board{parse_board_file(file, "modelled.yaml")};
    board.plug(&slot);
    std::promise<std::thread::id> ran;
    board.after(1ms, [&](model_bus& bus) {
        const std::array<std::byte, 2> data{std::byte{1}, std::byte{2}};
        EXPECT_FALSE(bus.write(test_slot::base, data));
        ran.set_value(std::this_thread::get_id());
    });
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
    EXPECT_EQ(slot.memory[1], std::byte{2});
    board.plug(nullptr);
}

/// QEMU asks for a register while the engine waits for QEMU.
TEST(real_time, answers_while_its_engine_waits_for_the_bus) {
    struct slow_slot final : test_slot {
        using test_slot::test_slot;
        std::error_code write(std::uint64_t address,
                              std::span<const std::byte> from) noexcept override {
            reached.set_value();
            go_on.get_future().wait();
            return test_slot::write(address, from);
        }
        std::promise<void> reached, go_on;
    } slot{4096};
    model_board board{parse_board_file(file, "modelled.yaml")};
    board.plug(&slot);
    board.after({}, [](model_bus& bus) {
        EXPECT_FALSE(bus.write(test_slot::base, std::array<std::byte, 1>{}));
    });
    slot.reached.get_future().wait();
    EXPECT_EQ(board.read(0, 0, 32), 0xabcd0001U);
    slot.go_on.set_value();
    board.plug(nullptr); // waits for the engine to leave the slot
}

TEST(backplane, carries_a_pulse_to_the_other_boards_only) {
    struct counter : model {
        counter(model_board& b, std::atomic<unsigned>& count) : model(b), count_(count) {}
        void triggered(unsigned line) override { count_ += line; }
        std::atomic<unsigned>& count_;
    };
    auto clock = model_clock::manual();
    std::atomic<unsigned> sent{0}, received{0};
    const auto make = [&](std::atomic<unsigned>& count) {
        const auto behaviour = [&count](model_board& b) {
            return std::make_unique<counter>(b, count);
        };
        return std::make_unique<sim_board>(parse_board_file(file, "modelled.yaml"), 4,
                                           model_options{.clock = clock, .behaviour = behaviour});
    };
    const auto lines = std::make_shared<upciedev::detail::sim_backplane>();
    const auto sender = make(sent);
    auto other = make(received);
    lines->plug(*sender);
    lines->plug(*other);
    sender->hardware().pulse(3);
    clock.advance(1us);
    EXPECT_EQ(received, 3U);
    EXPECT_EQ(sent, 0U);
    other.reset(); // leaves the crate
    sender->hardware().pulse(3);
    clock.advance(1us);
    EXPECT_EQ(received, 3U);
}

} // namespace model_test
