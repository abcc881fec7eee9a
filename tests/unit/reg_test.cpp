// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

namespace reg_test {

using namespace test;
using namespace std::chrono_literals;
using testing::HasSubstr;

struct reg_test : testing::Test, fixture {};

TEST_F(reg_test, reads_and_writes_bits_mapped_and_by_call) {
    for (const char* path : {"PLAIN", "CTRL", "BYTE", "WORD", "LONG", "BIG", "BIG16"}) {
        const auto reg = board.reg(path);
        reg.write_raw(0x5a);
        EXPECT_EQ(reg.raw(), 0x5aU) << path;
        EXPECT_EQ(sim->get(path), 0x5aU) << path;
    }
}

TEST_F(reg_test, all_ones_of_a_present_board_are_data) {
    const auto reg = board.reg("SOURCE");
    reg.write_raw(0xffffffff);
    EXPECT_EQ(reg.raw(), 0xffffffffU);
}

TEST_F(reg_test, converts_engineering_units) {
    const auto gain = board.reg<float>("adc.ch[3].GAIN");
    gain.write(-1.5F);
    EXPECT_EQ(gain.read(), -1.5F);
    EXPECT_EQ(gain.raw(), 0xe800U);
    EXPECT_EQ(gain.path(), "adc.ch[3].GAIN");
    EXPECT_EQ(gain.offset(), 0x1130U);
    sim->set("TEMPERATURE", 180);
    EXPECT_EQ(board.reg<double>("TEMPERATURE").read(), 25.0);
    EXPECT_EQ(board.reg("grid[1].row[3].CELL").path(), "grid[1].row[3].CELL");
}

TEST_F(reg_test, refuses_values_out_of_range_and_says_where) {
    const auto [code, text] = error_of([&] { board.reg<double>("adc.ch[3].GAIN").write(7.2); });
    EXPECT_EQ(code, errc::out_of_range);
    EXPECT_EQ(text, "slot 4 tester: adc.ch[3].GAIN: 7.2 dB is outside -6 to 6 dB");
    EXPECT_EQ(error_of([&] { board.reg("BYTE").write_raw(0x100); }).first, errc::out_of_range);
    EXPECT_EQ(error_of([&] { board.reg("PLAIN").write_raw(0x1'0000'0000); }).first,
              errc::out_of_range);
    const auto [code2, text2] = error_of([&] { board.reg("SOURCE").write(-1); });
    EXPECT_EQ(code2, errc::out_of_range);
    EXPECT_THAT(text2, testing::StartsWith("slot 4 tester: SOURCE: "));
}

TEST_F(reg_test, checks_rights_when_used) {
    const auto [code, text] = error_of([&] { board.reg("ID").write(1); });
    EXPECT_EQ(code, errc::read_only);
    EXPECT_EQ(text, "slot 4 tester: ID: can only be read");
    EXPECT_EQ(error_of([&] { board.reg("TEMPERATURE").write_raw(1); }).first, errc::read_only);
    EXPECT_EQ(error_of([&] { (void)board.reg("SECRET").raw(); }).first, errc::write_only);
    EXPECT_NO_THROW(board.reg("SECRET").write(1));
    EXPECT_EQ(error_of([&] { board.reg("CTRL").field("LOCKED").write(1); }).first, errc::read_only);
    EXPECT_EQ(error_of([&] { (void)board.reg("MIXED").field("HIDDEN").raw(); }).first,
              errc::write_only);
}

TEST_F(reg_test, tells_of_guards) {
    const auto [code, text] = error_of([&] { board.reg("DMA_ADDRESS").write_raw(1); });
    EXPECT_EQ(code, errc::not_permitted);
    EXPECT_THAT(text, HasSubstr("guarded"));
    EXPECT_EQ(board.reg("DMA_ADDRESS").raw(), 0U);
}

TEST_F(reg_test, writes_and_reads_names) {
    const auto source = board.reg("SOURCE");
    source.write("external");
    EXPECT_EQ(source.raw(), 2U);
    EXPECT_EQ(source.read_name(), "external");
    source.write(1);
    EXPECT_EQ(source.read_name(), std::nullopt);
    const auto [code, text] = error_of([&] { source.write("intern"); });
    EXPECT_EQ(code, errc::bad_value);
    EXPECT_THAT(text, HasSubstr("its values are off, external"));
    EXPECT_THAT(error_of([&] { board.reg("PLAIN").write("on"); }).second, HasSubstr("no names"));
}

TEST_F(reg_test, modifies_without_triggering_the_neighbours) {
    sim->set("CTRL", 0x030f'0000);
    EXPECT_EQ(board.reg("CTRL").modify_raw(0xff00, 0x1200), 0x030f'0000U);
    EXPECT_EQ(sim->get("CTRL"), 0x030f'1200U);
    EXPECT_EQ(error_of([&] { board.reg("EVENTS").modify_raw(1, 1); }).first, errc::not_supported);
    EXPECT_EQ(error_of([&] { board.reg("SECRET").modify_raw(1, 1); }).first, errc::not_supported);
    EXPECT_EQ(error_of([&] { board.reg("ID").modify_raw(1, 1); }).first, errc::read_only);
    EXPECT_EQ(error_of([&] { board.reg("BYTE").modify_raw(0x1ff, 1); }).first, errc::out_of_range);
}

TEST_F(reg_test, writes_a_field_and_leaves_its_neighbours_alone) {
    const auto ctrl = board.reg("CTRL");
    sim->set("CTRL", 0x830f'a500);
    ctrl.field("ENABLE").write(1);
    EXPECT_EQ(sim->get("CTRL"), 0x830f'a501U);
    ctrl.field("MODE").write("external");
    EXPECT_EQ(sim->get("CTRL"), 0x830f'a521U);
    EXPECT_EQ(ctrl.field("MODE").read_name(), "external");
    ctrl.field("RATE").write(20.0);
    EXPECT_EQ(sim->get("CTRL"), 0x830f'2821U);
    EXPECT_EQ(ctrl.field("RATE").read_as<double>(), 20.0);
    ctrl.field("LATCHED").write(0x4);
    EXPECT_EQ(sim->get("CTRL"), 0x830b'2821U);
    ctrl.field("FLIP").write(1);
    EXPECT_EQ(sim->get("CTRL"), 0x810b'2821U);
    ctrl.field("START").write(1);
    EXPECT_EQ(sim->get("CTRL"), 0x810b'2821U);
}

TEST_F(reg_test, acknowledges_one_bit_of_a_status_register) {
    board.reg("IRQ_STATUS").field("TRIGGER").write(1);
    EXPECT_EQ(sim->get("IRQ_STATUS"), 0x5U);
}

TEST_F(reg_test, writes_fields_of_big_endian_registers) {
    sim->set("BIG", 0x8000'1100);
    board.reg("BIG").field("LOW").write(0x42);
    EXPECT_EQ(sim->get("BIG"), 0x8000'1142U);
    board.reg("BIG").field("ACK").write(1);
    EXPECT_EQ(sim->get("BIG"), 0x0000'1142U);
}

TEST_F(reg_test, refuses_fields_whose_neighbours_nobody_can_know) {
    const auto [code, text] = error_of([&] { board.reg("MIXED").field("PLAIN").write(1); });
    EXPECT_EQ(code, errc::not_supported);
    EXPECT_THAT(text, HasSubstr("write-only"));
    EXPECT_EQ(error_of([&] { board.reg("CTRL").field("MODE").write(4); }).first,
              errc::out_of_range);
    EXPECT_EQ(error_of([&] { board.reg("CTRL").field("RATE").write(101.0); }).first,
              errc::out_of_range);
}

TEST_F(reg_test, names_the_fields_there_are) {
    const auto [code, text] = error_of([&] { (void)board.reg("IRQ_STATUS").field("DONE"); });
    EXPECT_EQ(code, errc::no_such_register);
    EXPECT_EQ(text, "slot 4 tester: IRQ_STATUS: no field 'DONE'; it has DMA_DONE, TRIGGER");
}

TEST_F(reg_test, waits_for_bits) {
    const auto plain = board.reg("PLAIN");
    EXPECT_EQ(plain.wait_raw(0x1, 0x1, 2ms), std::nullopt);
    EXPECT_EQ(plain.wait_raw(0x1, 0x1, -2ms), std::nullopt);
    EXPECT_EQ(plain.wait_raw(0x1, 0x0, 0ms), 0U);
    std::jthread other([&] { sim->set("BIG", 0x1100'0000); });
    EXPECT_EQ(board.reg("BIG").wait_raw(0xff00'0000, 0x1100'0000, 5s), 0x1100'0000U);
}

TEST_F(reg_test, a_board_that_left_throws_board_gone_on_every_way) {
    const auto mapped = board.reg("PLAIN");
    const auto called = board.reg("CTRL");
    mapped.write_raw(1);
    sim->unplug();
    EXPECT_TRUE(board.gone());
    const auto [code, text] = error_of([&] { (void)mapped.raw(); });
    EXPECT_EQ(code, errc::board_gone);
    EXPECT_THAT(text, testing::StartsWith("slot 4 tester: PLAIN: the board has gone"));
    EXPECT_EQ(error_of([&] { mapped.write_raw(1); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { mapped.field("LOW").write(1); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { (void)called.raw(); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { called.write_raw(1); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { (void)called.wait_raw(1, 1, 1s); }).first, errc::board_gone);
}

TEST_F(reg_test, a_handle_keeps_its_board_alive) {
    auto handle = std::make_unique<fixture>();
    const auto reg = handle->board.reg("PLAIN");
    handle.reset();
    reg.write_raw(3);
    EXPECT_EQ(reg.raw(), 3U);
}

TEST_F(reg_test, many_threads_lose_no_field_write) {
    const auto count_up = [&](const char* name) {
        const auto part = board.reg("PLAIN").field(name);
        for (unsigned i = 1; i <= 2000; ++i)
            part.write(i);
    };
    { std::jthread low(count_up, "LOW"), high(count_up, "HIGH"); }
    EXPECT_EQ(board.reg("PLAIN").raw(), (2000U << 16) | 2000U);
}

} // namespace reg_test
