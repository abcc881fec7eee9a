// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_expected.hpp"
#include "test_board.hpp"

#include <upciedev/crate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace crate_test {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// A folder of files that ends with the test.
struct crate_test : testing::Test {
    fs::path folder = fs::path(testing::TempDir()) /
                      testing::UnitTest::GetInstance()->current_test_info()->name();
    void SetUp() override {
        fs::create_directories(folder);
        write("vme.yaml", "format: 1\nboard: vme\ntitle: A board\n"
                          "match: {vendor: 0x1b36, device: 0x00a8}\n"
                          "bars: {regs: {index: 0, size: 4 KiB}}\n"
                          "registers:\n  CTRL: {at: regs+0x0}\n");
        write("other.yaml", "format: 1\nboard: other\ntitle: Another board\n"
                            "match: {vendor: 0x1b36, device: 0x00a9}\n"
                            "bars: {regs: {index: 0, size: 4 KiB}}\n"
                            "registers:\n  CTRL: {at: regs+0x0}\n");
        write("crate.yaml", "format: 1\ncrate: lab\ntitle: Laboratory\nslots:\n"
                            "  8: {board: vme.yaml, alias: last, simulate: {CTRL: 8}}\n"
                            "  3: {board: vme.yaml, alias: first, simulate: {CTRL: 3}}\n"
                            "  7: {board: other.yaml}\n");
    }
    void TearDown() override { fs::remove_all(folder); }
    void write(const char* name, const std::string& text) const {
        std::ofstream(folder / name) << text;
    }
    [[nodiscard]] crate open() const {
        return crate::open("sim:" + (folder / "crate.yaml").string());
    }
};

TEST_F(crate_test, lists_boards_by_slot) {
    const auto lab = open();
    EXPECT_EQ(lab.title(), "Laboratory");
    EXPECT_THAT(lab.uri(), testing::StartsWith("sim:"));
    const auto boards = lab.list();
    ASSERT_EQ(boards.size(), 3U);
    EXPECT_EQ(boards[0].slot, 3U);
    EXPECT_EQ(boards[0].alias, "first");
    EXPECT_EQ(boards[0].name, "vme");
    EXPECT_EQ(boards[0].title, "A board");
    EXPECT_EQ(boards[0].transport, "sim");
    EXPECT_EQ(boards[0].ids.device, 0x00a8);
    EXPECT_EQ(boards[2].slot, 8U);
}

TEST_F(crate_test, finds_boards_by_slot_alias_and_name) {
    const auto lab = open();
    EXPECT_EQ(lab.board(3).reg("CTRL").raw(), 3U);
    EXPECT_EQ(lab.board("slot:8").reg("CTRL").raw(), 8U);
    EXPECT_EQ(lab.board("last").label(), "slot 8 vme");
    EXPECT_EQ(lab.board("last").alias(), "last");
    EXPECT_EQ(lab.board("other").label(), "slot 7 other");
}

TEST_F(crate_test, a_board_opened_twice_is_the_same_board) {
    const auto lab = open();
    const auto copy = lab; // NOLINT(performance-unnecessary-copy-initialization): it is the point
    lab.board(3).reg("CTRL").write_raw(0x77);
    EXPECT_EQ(copy.board("first").reg("CTRL").raw(), 0x77U);
    EXPECT_EQ(open().board(3).reg("CTRL").raw(), 3U); // another crate, other boards
}

TEST_F(crate_test, parses_each_board_file_once) {
    const auto lab = open();
    EXPECT_EQ(lab.board(3).description(), lab.board(8).description());
}

TEST_F(crate_test, says_which_slots_are_occupied) {
    EXPECT_EQ(error_of([&] { (void)open().board(5); }),
              std::pair(errc::no_such_board,
                        std::string("slot 5 is empty; boards are in slots 3, 7 and 8")));
    EXPECT_EQ(error_of([&] { (void)open().board("slot:5"); }).first, errc::no_such_board);
    write("crate.yaml", "format: 1\ncrate: lab\ntitle: One\nslots:\n  3: {board: vme.yaml}\n");
    EXPECT_THAT(error_of([&] { (void)open().board(5); }).second,
                HasSubstr("the only board is in slot 3"));
}

TEST_F(crate_test, lists_the_candidates_of_an_ambiguous_name) {
    const auto [code, text] = error_of([&] { (void)open().board("vme"); });
    EXPECT_EQ(code, errc::no_such_board);
    EXPECT_EQ(text, "'vme' is ambiguous; it may be slot 3 (first, vme) and slot 8 (last, vme)");
}

TEST_F(crate_test, helps_with_unknown_names) {
    for (const char* name : {"fist", "slot:x", "pci:", "pci:0000:00:00.0", "", "slot:"}) {
        const auto [code, text] = error_of([&] { (void)open().board(std::string_view(name)); });
        EXPECT_EQ(code, errc::no_such_board) << name;
        EXPECT_THAT(text, HasSubstr("slot 3 (first, vme)")) << name;
    }
    EXPECT_THAT(error_of([&] { (void)open().board("fist"); }).second, HasSubstr("'first'"));
}

TEST_F(crate_test, a_slot_without_a_board_file_is_listed_but_not_opened) {
    write("crate.yaml", "format: 1\ncrate: lab\ntitle: QEMU\nslots:\n"
                        "  3: {qemu: {device: nvme}}\n");
    const auto lab = open();
    EXPECT_EQ(lab.list().at(0).transport, "");
    const auto [code, text] = error_of([&] { (void)lab.board(3); });
    EXPECT_EQ(code, errc::no_such_board);
    EXPECT_THAT(text, HasSubstr("crate.yaml:5:"));
}

TEST_F(crate_test, names_the_place_of_a_wrong_value_at_power_on) {
    write("crate.yaml", "format: 1\ncrate: lab\ntitle: Wrong\nslots:\n"
                        "  3: {board: vme.yaml, simulate: {CTLR: 1}}\n");
    const auto [code, text] = error_of([&] { (void)open(); });
    EXPECT_EQ(code, errc::no_such_register);
    EXPECT_THAT(text, HasSubstr("crate.yaml:5:"));
}

TEST_F(crate_test, explains_crates_that_do_not_exist) {
    const auto [code, text] = error_of([] { (void)crate::open("locale"); });
    EXPECT_EQ(code, errc::bad_value);
    EXPECT_THAT(
        text, testing::AllOf(HasSubstr("'local'"), HasSubstr("'sysfs'"), HasSubstr("'sim:FILE'")));
    EXPECT_EQ(error_of([] { (void)crate::open("sim:/nowhere.yaml"); }).first, errc::bad_board_file);
}

TEST_F(crate_test, takes_the_uri_of_the_environment) {
    setenv("UPCIEDEV_CRATE", ("sim:" + (folder / "crate.yaml").string()).c_str(), 1);
    EXPECT_EQ(crate::open().title(), "Laboratory");
    setenv("UPCIEDEV_CRATE", "", 1);
    EXPECT_EQ(crate::open().uri(), "local");
    unsetenv("UPCIEDEV_CRATE");
    EXPECT_EQ(crate::open().uri(), "local");
}

TEST_F(crate_test, gives_this_machine_the_title_of_its_crate_file) {
    crate_options options;
    options.names = folder / "crate.yaml";
    EXPECT_EQ(crate::open("local", options).title(), "Laboratory");
    for (const auto& one : crate::open("sysfs", options).list())
        EXPECT_TRUE(one.slot.has_value()) << one.pci_address;
}

TEST_F(crate_test, tells_which_boards_are_not_as_expected) {
    write("crate.yaml", "format: 1\ncrate: lab\nslots:\n"
                        "  3: {board: vme.yaml, expected: vme}\n"
                        "  4: {board: vme.yaml, expected: other}\n"
                        "  5: {expected: other, alias: spare}\n"
                        "  6: {board: vme.yaml, expected: {vendor: 0x1b36, device: 0xa8}}\n"
                        "  7: {board: vme.yaml, expected: {vendor: 0x1b36, device: 0xa9}}\n"
                        "  8: {board: vme.yaml}\n");
    const auto lab = open();
    const auto boards = lab.list();
    ASSERT_EQ(boards.size(), 6U);
    std::vector<expectation> verdicts;
    for (const auto& one : boards)
        verdicts.push_back(one.expected);
    EXPECT_THAT(verdicts, ElementsAre(expectation::met, expectation::wrong, expectation::missing,
                                      expectation::met, expectation::wrong, expectation::none));
    EXPECT_THAT(boards[1].remark, HasSubstr("wrong board: other is expected here ("));
    EXPECT_THAT(boards[1].remark, HasSubstr("crate.yaml:5:3)"));
    EXPECT_THAT(boards[2].remark, HasSubstr("missing: other is expected here ("));
    EXPECT_EQ(boards[2].alias, "spare");
    EXPECT_EQ(boards[2].transport, "");
    EXPECT_THAT(boards[4].remark, HasSubstr("1b36:00a9 is expected"));
    for (const char* name : {"slot:5", "spare"}) {
        const auto [code, text] = error_of([&] { (void)lab.board(std::string_view(name)); });
        EXPECT_EQ(code, errc::no_such_board);
        EXPECT_THAT(text, HasSubstr("slot 5 is empty; missing: other is expected here")) << name;
    }
}

TEST(expected_boards, a_board_of_which_the_file_says_nothing_is_unexpected) {
    const auto compare = [](const std::string& slots) {
        const auto file = crate_file::parse("format: 1\ncrate: lab\nslots: " + slots, "c.yaml");
        std::vector<crate_entry> entries(3);
        for (auto& entry : entries)
            entry.crate = "lab";
        entries[0].slot = entries[1].slot = 4; // two functions of one board
        entries[1].name = "vme";
        entries[2].slot = 9;
        detail::compare_with_expected(file, entries);
        return entries;
    };
    auto entries = compare("{4: {expected: vme}}");
    EXPECT_EQ(entries[0].expected, expectation::none) << "the other function is the board";
    EXPECT_EQ(entries[1].expected, expectation::met);
    EXPECT_EQ(entries[2].expected, expectation::unexpected);
    EXPECT_EQ(entries[2].remark, "unexpected: c.yaml says nothing of this slot");
    entries = compare("{4: {board: vme.yaml}}");
    EXPECT_EQ(entries[2].expected, expectation::none) << "nothing is expected in this crate";
}

TEST_F(crate_test, addresses_boards_of_several_crates) {
    write("crate.yaml", "format: 1\ntitle: Rack\ncrates:\n"
                        "  upper:\n"
                        "    port: 0000:02:00.0\n"
                        "    slots:\n"
                        "      4: {board: vme.yaml, alias: adc, simulate: {CTRL: 1}}\n"
                        "      5: {board: other.yaml}\n"
                        "  lower:\n"
                        "    port: 0000:0a:00.0\n"
                        "    slots:\n"
                        "      4: {board: vme.yaml, alias: adc, simulate: {CTRL: 2}}\n");
    const auto rack = open();
    EXPECT_EQ(rack.title(), "Rack");
    ASSERT_EQ(rack.list().size(), 3U);
    EXPECT_EQ(rack.list()[0].crate, "lower");
    EXPECT_EQ(rack.board("upper/slot:4").reg("CTRL").raw(), 1U);
    EXPECT_EQ(rack.board("lower/slot:4").reg("CTRL").raw(), 2U);
    EXPECT_EQ(rack.board("lower/adc").reg("CTRL").raw(), 2U);
    EXPECT_EQ(rack.board("upper/vme").reg("CTRL").raw(), 1U);
    EXPECT_EQ(rack.board(5).name(), "other");
    EXPECT_EQ(error_of([&] { (void)rack.board(4); }),
              std::pair(errc::no_such_board,
                        std::string("'slot:4' is ambiguous; it may be lower/slot:4 (adc, vme) and "
                                    "upper/slot:4 (adc, vme)")));
    EXPECT_EQ(error_of([&] { (void)rack.board("middle/slot:4"); }),
              std::pair(errc::no_such_board, std::string("no board is in a crate 'middle'; there "
                                                         "are boards in lower and upper")));
    EXPECT_THAT(error_of([&] { (void)rack.board("lower/slot:5"); }).second,
                HasSubstr("slot 5 is empty; the only board is in slot 4"));
}

TEST(demo_crate, opens_every_board_and_keeps_its_power_on_values) {
    const auto demo = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml");
    EXPECT_GE(demo.list().size(), 4U);
    for (const auto& one : demo.list())
        EXPECT_NO_THROW((void)demo.board(one.slot.value())) << one.name;
    EXPECT_EQ(demo.board("adc").reg<double>("adc.ch[3].GAIN").read(), -1.25);
    const auto edu = demo.board(1);
    EXPECT_EQ(edu.reg("ID").raw(), 0x010000edU);
    edu.reg("FACTORIAL").write(5);
    EXPECT_EQ(edu.reg<int>("FACTORIAL").read(), 120);
}

} // namespace crate_test
