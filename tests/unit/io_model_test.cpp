// SPDX-License-Identifier: BSD-3-Clause
// The I/O carrier, by the manual clock.
#include "seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace io_model_test {

using namespace test;
using namespace std::chrono_literals;

struct io : testing::Test {
    std::uint64_t i2c(std::uint64_t command, std::uint64_t address) {
        carrier.write("i2c.ADDRESS", address);
        carrier.write("i2c.COMMAND", command);
        clock.advance(100us);
        return carrier.read("i2c.STATUS");
    }
    static constexpr std::uint64_t read = 1, write = 2, busy = 1, done = 2, nack = 4;
    static constexpr std::uint64_t eeprom = 0x50 << 16;
    model_clock clock = model_clock::manual();
    seat carrier{"vio", clock, {{"dio.INPUT", 0x5a}, {"UPTIME", 86400.125}}};
};

TEST_F(io, reads_back_the_lines_it_drives) {
    carrier.write("dio.OUTPUT", 0xff);
    EXPECT_EQ(carrier.read("dio.INPUT"), 0x5aU);
    carrier.write("dio.DIRECTION", 0x0f);
    EXPECT_EQ(carrier.read("dio.INPUT"), 0x5fU);
    EXPECT_EQ(carrier.read("dio.EDGES"), 0x05U);
    carrier.write("dio.EDGES", 0x04);
    EXPECT_EQ(carrier.read("dio.EDGES"), 0x01U);
    carrier.write("dio.CLEAR", 0x03);
    EXPECT_EQ(carrier.read("dio.OUTPUT"), 0xfcU);
    EXPECT_EQ(carrier.read("dio.INPUT"), 0x5cU);
    carrier.write("dio.SET", 0x01);
    carrier.write("dio.TOGGLE", 0x05);
    EXPECT_EQ(carrier.read("dio.INPUT"), 0x58U);
}

TEST_F(io, sets_lines_byte_by_byte) {
    auto& board = carrier.sim->hardware();
    carrier.write("dio.DIRECTION", 0xffffffff);
    board.write(2, 0x2c, 8, 0x80); // SET is big-endian: its first byte is the highest
    carrier.write("dio.CLEAR", 0xffffffff);
    board.write(2, 0x2f, 8, 0x01);
    EXPECT_EQ(carrier.read("dio.OUTPUT"), 1U);
}

TEST_F(io, counts_its_uptime) {
    EXPECT_EQ(carrier.read("UPTIME"), 86'400'125U);
    clock.advance(1500us);
    EXPECT_EQ(carrier.read("UPTIME"), 86'400'126U);
    clock.advance(1500us); // what was not counted is not forgotten
    EXPECT_EQ(carrier.read("UPTIME"), 86'400'128U);
}

TEST_F(io, sees_its_dacs_at_its_adcs) {
    carrier.board.reg<double>("dac[2].VALUE").write(6.5);
    EXPECT_NEAR(carrier.board.reg<double>("adc[2].VALUE").read(), 6.5, 0.001);
    EXPECT_EQ(carrier.read("adc[1].VALUE"), 0U);
    carrier.write("dac[2].RANGE", 1); // +-5 V
    EXPECT_NEAR(carrier.board.reg<double>("adc[2].VALUE").read(), 5, 0.001);
    carrier.write("dac[2].RANGE", 2);
    carrier.board.reg<double>("dac[2].VALUE").write(-3);
    EXPECT_EQ(carrier.read("adc[2].VALUE"), 0U);
}

TEST_F(io, tells_a_good_supply_after_a_while) {
    carrier.write("module[1].POWER", 1);
    clock.advance(9ms);
    EXPECT_EQ(carrier.read("module[1].POWER"), 1U);
    clock.advance(1ms);
    EXPECT_EQ(carrier.read("module[1].POWER"), 3U);
    EXPECT_EQ(carrier.read("module[0].POWER"), 0U);
    carrier.write("module[1].POWER", 0);
    EXPECT_EQ(carrier.read("module[1].POWER"), 0U);
}

TEST_F(io, writes_and_reads_its_eeprom_by_the_side_channel) {
    carrier.write("i2c.DATA", 0xa5);
    EXPECT_EQ(i2c(write, eeprom | 0x123), done);
    EXPECT_EQ(carrier.sim->hardware().memory(2)[0x1123], std::byte{0xa5});
    EXPECT_EQ(i2c(read, eeprom | 0x123), done | nack); // still writing
    clock.advance(5ms);
    carrier.write("i2c.DATA", 0);
    EXPECT_EQ(i2c(read, eeprom | 0x123), done);
    EXPECT_EQ(carrier.read("i2c.DATA"), 0xa5U);
    EXPECT_EQ(i2c(read, 0x51 << 16), done | nack); // nobody there
}

TEST_F(io, is_busy_while_it_talks_to_the_side_channel) {
    carrier.sim->hardware().memory(2)[0x1001] = std::byte{0x11};
    carrier.write("i2c.ADDRESS", eeprom | 1);
    carrier.write("i2c.COMMAND", read);
    carrier.write("i2c.ADDRESS", eeprom | 2);
    carrier.write("i2c.COMMAND", read); // means nothing now
    clock.advance(99us);
    EXPECT_EQ(carrier.read("i2c.STATUS"), busy);
    EXPECT_EQ(carrier.read("i2c.DATA"), 0U);
    clock.advance(1us);
    EXPECT_EQ(carrier.read("i2c.STATUS"), done);
    EXPECT_EQ(carrier.read("i2c.DATA"), 0x11U);
}

TEST_F(io, resets_its_carrier_by_the_bridge) {
    carrier.write("dio.DIRECTION", 0xff);
    carrier.board.reg("bridge.RESET").field("CARRIER").write(1);
    EXPECT_EQ(carrier.read("dio.DIRECTION"), 0U);
    EXPECT_EQ(carrier.read("dio.INPUT"), 0x5aU);
}

TEST_F(io, has_a_window_for_its_peers) {
    const auto& bars = carrier.description->bars;
    const auto window = std::ranges::find(bars, "window", &bar_description::name);
    ASSERT_NE(window, bars.end());
    EXPECT_TRUE(window->peer);
    EXPECT_TRUE(carrier.sim->hardware().mappable(4, 0, window->size, true));
}

} // namespace io_model_test
