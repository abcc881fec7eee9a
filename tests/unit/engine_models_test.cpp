// SPDX-License-Identifier: BSD-3-Clause
// Engines of the boards that come with us, driven by their registers as a driver does, by the
// manual clock.
#include "seat.hpp"

#include <upciedev/board_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace engine_models_test {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;

std::byte byte_of(std::size_t number) {
    return static_cast<std::byte>(number * 7 + number / 256);
}

void fill(std::span<std::byte> memory) {
    for (std::size_t i = 0; i < memory.size(); ++i)
        memory[i] = byte_of(i);
}

/// The bytes [from, from + size) of a filled memory.
bool holds(std::span<const std::byte> memory, std::size_t from) {
    for (std::size_t i = 0; i < memory.size(); ++i)
        if (memory[i] != byte_of(from + i)) return false;
    return true;
}

struct carrier : testing::Test {
    carrier() { board.plug(&slot); }

    void start(unsigned engine, std::uint32_t offset, std::uint32_t length) {
        const auto at = 0x3000 + engine * 0x40;
        const auto put = [&](std::uint64_t where, std::uint32_t bits) {
            board.write(2, at + where, 32, __builtin_bswap32(bits));
        };
        put(0x0, test_slot::base >> 32U);
        put(0x4, static_cast<std::uint32_t>(test_slot::base) + 100);
        put(0x8, offset);
        put(0xc, length);
        put(0x10, 1);
    }

    model_clock clock = model_clock::manual();
    test_slot slot{1 << 20};
    seat io{"vio", clock};
    model_board& board = io.sim->hardware();
};

struct scatter : testing::Test {
    scatter() { board.plug(&slot); }

    struct entry {
        std::uint64_t host, board;
        std::uint32_t length, flags;
        std::uint64_t nothing;
    };
    void put_list(std::size_t at, const std::vector<entry>& list) {
        std::memcpy(&slot.memory[at], list.data(), list.size() * sizeof(entry));
        board.write(0, 0x80, 64, test_slot::base + at);
    }
    static constexpr std::uint32_t last = 1;
    static constexpr std::uint64_t start = 1, abort = 2, to_board = 4;
    void control(std::uint64_t bits) { board.write(0, 0x88, 32, bits); }

    model_clock clock = model_clock::manual();
    test_slot slot{1 << 20};
    seat memory{"vsg", clock};
    model_board& board = memory.sim->hardware();
};

constexpr std::size_t list_at = 0x1000;

TEST_F(carrier, reads_its_window) {
    fill(board.memory(4));
    io.enable("IRQ_ENABLE", 3);
    start(0, 0x123, 200'000);
    EXPECT_EQ(io.read("dma[0].STATUS"), 1U);
    clock.advance(1ms);
    EXPECT_EQ(io.read("dma[0].STATUS"), 0U);
    EXPECT_EQ(io.read("IRQ_STATUS"), 1U);
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    EXPECT_TRUE(holds(std::span(slot.memory).subspan(100, 200'000), 0x123));
    EXPECT_EQ(slot.memory[100 + 200'000], std::byte{});
}

TEST_F(carrier, writes_its_window) {
    fill(slot.memory);
    start(1, 0x123, 200'000);
    clock.advance(1ms);
    EXPECT_EQ(io.read("dma[1].STATUS"), 0U);
    EXPECT_EQ(io.read("IRQ_STATUS"), 2U);
    EXPECT_TRUE(holds(board.memory(4).subspan(0x123, 200'000), 100));
    EXPECT_EQ(board.memory(4)[0x123 + 200'000], std::byte{});
}

TEST_F(carrier, has_two_engines_that_work_at_once) {
    start(0, 0, 500'000);
    start(1, 600'000, 100);
    EXPECT_EQ(io.read("dma[0].STATUS"), 1U);
    EXPECT_EQ(io.read("dma[1].STATUS"), 1U);
    clock.advance(1us);
    EXPECT_EQ(io.read("dma[0].STATUS"), 1U);
    EXPECT_EQ(io.read("dma[1].STATUS"), 0U);
}

TEST_F(carrier, refuses_what_lies_outside_its_window) {
    start(0, (1 << 20) - 4, 5);
    clock.advance(1ms);
    EXPECT_EQ(io.read("dma[0].STATUS"), 2U);
}

TEST_F(scatter, works_through_its_list) {
    fill(board.memory(2));
    memory.enable("IRQ_ENABLE", 1);
    put_list(list_at, {{test_slot::base + 0x8000, 5, 100'000, 0, 0},
                       {test_slot::base + 0x5001, 1 << 20, 1, 0, 0},
                       {test_slot::base + 0x6000, 77, 4096, last, 0}});
    control(start);
    EXPECT_EQ(memory.read("dma.STATUS"), 1U);
    clock.advance(1ms);
    EXPECT_EQ(memory.read("dma.STATUS"), 0U);
    EXPECT_EQ(memory.read("dma.TAKEN"), 3U);
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    const auto host = std::span(slot.memory);
    EXPECT_TRUE(holds(host.subspan(0x8000, 100'000), 5));
    EXPECT_TRUE(holds(host.subspan(0x5001, 1), 1 << 20));
    EXPECT_TRUE(holds(host.subspan(0x6000, 4096), 77));
    EXPECT_EQ(slot.written, 100'000U + 1 + 4096);
}

TEST_F(scatter, writes_its_memory) {
    fill(slot.memory);
    put_list(list_at, {{test_slot::base + 0x8000, 5, 70'000, 0, 0},
                       {test_slot::base + 0x7000, 100'000, 3, last, 0}});
    control(start | to_board);
    clock.advance(1ms);
    EXPECT_TRUE(holds(board.memory(2).subspan(5, 70'000), 0x8000));
    EXPECT_TRUE(holds(board.memory(2).subspan(100'000, 3), 0x7000));
    EXPECT_EQ(slot.written, 0U);
}

TEST_F(scatter, tells_what_it_cannot_do) {
    put_list(list_at, {{0x5000, 0, 4, last, 0}}); // nobody there
    control(start);
    clock.advance(1ms);
    EXPECT_EQ(memory.read("dma.STATUS"), 2U);
    put_list(list_at, {{test_slot::base, 64 << 20, 4, last, 0}}); // outside its memory
    control(start);
    clock.advance(1ms);
    EXPECT_EQ(memory.read("dma.STATUS"), 2U);
    board.write(0, 0x80, 64, 0x5000); // no list there
    control(start);
    clock.advance(1ms);
    EXPECT_EQ(memory.read("dma.STATUS"), 2U);
    put_list(list_at, {{test_slot::base, 0, 4, last, 0}});
    control(start);
    EXPECT_EQ(memory.read("dma.STATUS"), 1U) << "the error is forgotten";
}

TEST_F(scatter, stops_hangs_and_runs_on) {
    put_list(list_at, {{test_slot::base + 0x8000, 0, 500'000, last, 0}});
    control(start);
    clock.advance(3us);
    control(abort);
    EXPECT_EQ(memory.read("dma.STATUS"), 0U);
    const auto written = slot.written;
    clock.advance(1s);
    EXPECT_EQ(slot.written, written);

    board.fault(model_fault::engine_hangs, true);
    control(start);
    clock.advance(1s);
    EXPECT_EQ(memory.read("dma.STATUS"), 1U);
    EXPECT_EQ(slot.written, written);
    control(abort);
    EXPECT_EQ(memory.read("dma.STATUS"), 0U);
    board.fault(model_fault::engine_hangs, false);

    board.fault(model_fault::engine_runs_on, true);
    control(start);
    clock.advance(100us);
    control(abort);
    const auto then = slot.written;
    clock.advance(100us);
    EXPECT_GT(slot.written, then);
    EXPECT_EQ(memory.read("dma.STATUS"), 1U);
    board.reset();
    const auto end = slot.written;
    clock.advance(1ms);
    EXPECT_EQ(slot.written, end);
    EXPECT_EQ(memory.read("dma.STATUS"), 0U);
}

/// A slot whose DMA lets the board's registers be written meanwhile.
struct meddling_slot final : test_slot {
    explicit meddling_slot(std::function<void()> act) : test_slot(1 << 20), act_(std::move(act)) {}
    std::error_code write(std::uint64_t address,
                          std::span<const std::byte> from) noexcept override {
        act_();
        return test_slot::write(address, from);
    }
    std::function<void()> act_;
};

TEST_F(scatter, is_busy_until_the_bus_has_what_is_under_way) {
    std::uint64_t status = 0;
    meddling_slot busy([&] {
        control(abort);
        status = memory.read("dma.STATUS");
    });
    board.plug(&busy);
    const entry one{test_slot::base, 0, 500'000, last, 0};
    std::memcpy(&busy.memory[list_at], &one, sizeof(one));
    board.write(0, 0x80, 64, test_slot::base + list_at);
    control(start);
    clock.advance(1ms);
    EXPECT_EQ(status, 1U);
    EXPECT_EQ(memory.read("dma.STATUS"), 0U);
    EXPECT_EQ(busy.written, 65536U) << "no more than that";
    board.plug(nullptr);
}

TEST_F(carrier, is_busy_until_the_bus_has_what_is_under_way) {
    std::uint64_t status = 0;
    meddling_slot busy([&] {
        board.write(2, 0x3010, 32, __builtin_bswap32(2));
        status = io.read("dma[0].STATUS");
    });
    board.plug(&busy);
    start(0, 0, 200'000);
    clock.advance(1ms);
    EXPECT_EQ(status, 1U);
    EXPECT_EQ(io.read("dma[0].STATUS"), 0U);
    EXPECT_EQ(busy.written, 65536U) << "no more than that";
    board.plug(nullptr);
}

/// The memory of QEMU's edu begins at 0x40000 for its engine, and both directions have the same.
TEST(edu_engine, counts_from_where_its_memory_is) {
    const auto clock = model_clock::manual();
    model_board edu(load_board_file(UPCIEDEV_SOURCE_DIR "/devices/qemu/edu.yaml"),
                    {.clock = clock});
    test_slot slot{4096};
    edu.plug(&slot);
    const auto move = [&](std::uint64_t source, std::uint64_t destination, std::uint64_t count,
                          std::uint64_t command) {
        edu.write(0, 0x80, 64, source);
        edu.write(0, 0x88, 64, destination);
        edu.write(0, 0x90, 64, count);
        edu.write(0, 0x98, 64, command);
        EXPECT_EQ(edu.read(0, 0x98, 64) & 1U, 1U);
        auto time = clock;
        time.advance(1ms);
        EXPECT_EQ(edu.read(0, 0x98, 64) & 1U, 0U);
    };
    fill(slot.memory);
    move(test_slot::base, 0x40010, 1000, 5);
    std::ranges::fill(slot.memory, std::byte{});
    move(0x40011, test_slot::base + 7, 500, 7);
    EXPECT_TRUE(holds(std::span(slot.memory).subspan(7, 500), 1));
    EXPECT_EQ(slot.written, 500U);
    move(0x40000 + 4000, test_slot::base, 96, 7);
    move(0x3fff0, test_slot::base, 8, 7);
    EXPECT_EQ(slot.written, 500U) << "outside";
    edu.plug(nullptr);
}

} // namespace engine_models_test
