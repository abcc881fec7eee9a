// SPDX-License-Identifier: BSD-3-Clause
// The engine of a board reaches the BARs of the other boards of its crate, and nothing else.
#include <upciedev/crate.hpp>
#include <upciedev/extend/sim.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace sim_bus_test {

using namespace upciedev;

constexpr unsigned adc = 2, other_adc = 3, carrier = 8, timer = 1; // slots of the crate
constexpr unsigned window = 4, ddr = 2, regs = 0;                  // BARs
constexpr std::uint64_t done = 2, failed = 4;                      // dma.STATUS

struct sim_bus_test : testing::Test {
    crate opened = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/full.yaml");
    board source = opened.board(adc);
    board target = opened.board(carrier);

    static model_board& hardware(const board& of) {
        return dynamic_cast<sim_board&>(of.way()).hardware();
    }
    /// By the registers that a driver writes. \returns dma.STATUS after it
    std::uint64_t transfer(std::uint64_t from, std::uint64_t to, std::uint32_t bytes) {
        auto& engine = hardware(source);
        engine.write(regs, 0x80, 64, from);
        engine.write(regs, 0x88, 64, to);
        engine.write(regs, 0x90, 32, bytes);
        engine.write(regs, 0x94, 32, 1);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while ((engine.read(regs, 0x98, 32) & 1U) != 0 && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return engine.read(regs, 0x98, 32);
    }
};

TEST_F(sim_bus_test, memory_goes_from_board_to_board) {
    std::vector<std::uint32_t> sent(50'000);
    for (std::uint32_t i = 0; i < sent.size(); ++i)
        sent[i] = i * 3;
    source.area("DDR").write<std::uint32_t>(0, sent);
    const auto bytes = static_cast<std::uint32_t>(4 * sent.size());
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, window, 0x1004), bytes), done);
    const auto memory = hardware(target).memory(window);
    EXPECT_EQ(std::memcmp(&memory[0x1004], sent.data(), bytes), 0);
    EXPECT_EQ(memory[0x1003], std::byte{0});
    EXPECT_EQ(memory[0x1004 + bytes], std::byte{0});
}

TEST_F(sim_bus_test, a_register_is_a_doorbell) {
    const auto events = opened.board(timer).reg<unsigned>("EVENT_COUNT");
    const auto before = events.read();
    source.area("DDR").write<std::uint32_t>(0, std::vector<std::uint32_t>{7});
    const auto send = opened.board(timer).reg("SEND").offset();
    EXPECT_EQ(transfer(0, sim_bus_address(timer, regs, send), 4), done);
    EXPECT_EQ(events.read(), before + 1);
}

TEST_F(sim_bus_test, nothing_else_answers) {
    EXPECT_EQ(transfer(0, 0x1000, 64), failed) << "host memory";
    EXPECT_EQ(transfer(0, sim_bus_address(adc, ddr), 64), failed) << "itself";
    EXPECT_EQ(transfer(0, sim_bus_address(13, 0), 64), failed) << "an empty slot";
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, 5), 64), failed) << "no BAR";
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, 7), 64), failed) << "no BAR there is";
    EXPECT_EQ(transfer(0, sim_bus_address(1U << 13U, 0), 64), failed) << "behind the last slot";
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, window, (1U << 20U) - 32), 64), failed)
        << "over the end";
    EXPECT_EQ(hardware(target).memory(window)[(1U << 20U) - 32], std::byte{0});
    EXPECT_EQ(transfer(0, sim_bus_address(other_adc, ddr), 64), done);
}

TEST_F(sim_bus_test, a_board_that_leaves_answers_no_more_until_it_is_back) {
    target.remove();
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, window), 64), failed);
    opened.rescan(carrier);
    EXPECT_EQ(transfer(0, sim_bus_address(carrier, window), 64), done);
}

} // namespace sim_bus_test
