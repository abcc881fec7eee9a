// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace board_test {

using namespace test;
using testing::HasSubstr;

struct board_test : testing::Test, fixture {};

TEST_F(board_test, tells_who_it_is) {
    EXPECT_EQ(board.name(), "tester");
    EXPECT_EQ(board.label(), "slot 4 tester");
    EXPECT_EQ(board.identity().slot, 4U);
    EXPECT_EQ(board.identity().ids.vendor, 0x1b36);
    EXPECT_EQ(upciedev::board(sim, make_tester(), "adc").alias(), "adc");
    EXPECT_FALSE(board.gone());
}

TEST_F(board_test, names_itself_in_errors_of_names) {
    const auto [code, text] = error_of([&] { (void)board.reg("adc.ch[8].GAIN"); });
    EXPECT_EQ(code, errc::out_of_range);
    EXPECT_THAT(text, testing::StartsWith("slot 4 tester: "));
    EXPECT_EQ(error_of([&] { (void)board.reg("CRTL"); }).first, errc::no_such_register);
    EXPECT_THAT(error_of([&] { (void)board.reg("CRTL"); }).second, HasSubstr("CTRL"));
    EXPECT_EQ(error_of([&] { (void)board.area("RAN"); }).first, errc::no_such_register);
}

TEST_F(board_test, opens_fields_by_their_path) {
    EXPECT_EQ(board.field("CTRL.MODE").path(), "CTRL.MODE");
    EXPECT_EQ(board.field("PLAIN.HIGH").description().lsb, 16U);
    for (const char* path : {"CTRL.MODEL", "CTLR.MODE", "MODE", "CTRL", "ID", "adc.ch[3].GAIN",
                             "adc.ch[3]", "RAM", "", ".", "CTRL.", ".MODE"})
        EXPECT_EQ(error_of([&] { (void)board.field(path); }).first, errc::no_such_register) << path;
    EXPECT_EQ(error_of([&] { (void)board.field("CTRL.MODEL"); }).second,
              "slot 4 tester: CTRL has no field 'MODEL'; did you mean 'MODE'?");
    EXPECT_THAT(error_of([&] { (void)board.field("CTRL"); }).second,
                testing::AllOf(HasSubstr("CTRL: is a register"), HasSubstr("it has ENABLE, MODE")));
    EXPECT_EQ(error_of([&] { (void)upciedev::board(sim, nullptr).field("CTRL.MODE"); }).first,
              errc::no_such_register);
}

TEST_F(board_test, reads_and_writes_registers_and_fields_by_their_path) {
    board.write("PLAIN.LOW", 7);
    board.write("PLAIN.HIGH", value(1));
    EXPECT_EQ(board.read("PLAIN").as<unsigned>(), 0x10007U);
    EXPECT_EQ(board.read("PLAIN.HIGH").as<unsigned>(), 1U);
    board.write("CTRL.MODE", "external");
    board.write("SOURCE", "external");
    EXPECT_EQ(board.field("CTRL.MODE").read_name(), "external");
    EXPECT_EQ(board.read("SOURCE").as<int>(), 2);
    board.write("adc.ch[3].GAIN", -1.5);
    EXPECT_EQ(board.read("adc.ch.3.GAIN").to_double(), -1.5);
    EXPECT_EQ(error_of([&] { board.write("CTRL.LOCKED", 1); }).first, errc::read_only);
    EXPECT_EQ(error_of([&] { (void)board.read("CTRL.MODEL"); }).first, errc::no_such_register);
}

TEST_F(board_test, works_without_a_board_file) {
    const upciedev::board bare(sim, nullptr);
    EXPECT_EQ(bare.name(), "1b36:00a8");
    EXPECT_EQ(bare.bar(0).read(0x0), 0xc0ffee01U);
    const auto [code, text] = error_of([&] { (void)bare.reg("CTRL"); });
    EXPECT_EQ(code, errc::no_such_register);
    EXPECT_THAT(text, HasSubstr("no board file"));
}

TEST_F(board_test, reaches_bars_by_number_and_name) {
    const auto regs = board.bar("regs");
    EXPECT_EQ(regs.index(), 0U);
    EXPECT_EQ(regs.facts().size, 0x10000U);
    regs.write(0x1000, 0x1234, 16);
    EXPECT_EQ(regs.read(0x1000, 8), 0x34U);
    std::vector<std::uint32_t> words{1, 2, 3};
    board.bar(2).write_block(0x100, words);
    std::vector<std::uint32_t> back(3);
    board.bar(2).read_block(0x100, back);
    EXPECT_EQ(back, words);
}

TEST_F(board_test, explains_what_is_wrong_with_a_bar_access) {
    EXPECT_EQ(error_of([&] { (void)board.bar(1); }),
              std::pair(errc::no_such_register,
                        std::string("slot 4 tester: no BAR 1; it has 0 (regs), 2 (ddr)")));
    EXPECT_EQ(error_of([&] { (void)board.bar(17); }).first, errc::no_such_register);
    EXPECT_EQ(error_of([&] { (void)board.bar("mem"); }).first, errc::no_such_register);
    const auto regs = board.bar(0);
    const auto [code, text] = error_of([&] { (void)regs.read(0x10000); });
    EXPECT_EQ(code, errc::out_of_range);
    EXPECT_THAT(text, testing::StartsWith("slot 4 tester: regs+0x10000: outside the BAR"));
    std::vector<std::uint32_t> too_many(0x10000 / 4 + 1);
    EXPECT_EQ(error_of([&] { regs.read_block(0x0, too_many); }).first, errc::out_of_range);
    EXPECT_EQ(error_of([&] { regs.write_block(0xfffc, std::span(too_many).first(2)); }).first,
              errc::out_of_range);
    EXPECT_EQ(error_of([&] { (void)regs.read(0x1); }).first, errc::bad_value);
    EXPECT_EQ(error_of([&] { (void)regs.read(0x0, 24); }).first, errc::bad_value);
    EXPECT_EQ(error_of([&] { regs.write(0x1000, 0x100, 8); }).first, errc::out_of_range);
    EXPECT_EQ(error_of([&] { regs.write(0x20, 1); }).first, errc::not_permitted);
}

} // namespace board_test
