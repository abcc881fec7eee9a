// SPDX-License-Identifier: BSD-3-Clause
// Guards in board files.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace guards_file_test {

using namespace upciedev;

constexpr const char* head = "format: 1\nboard: test\nbars: {regs: {index: 0, size: 4 KiB}}\n"
                             "registers:\n";

board_description_ptr parse(const std::string& text) {
    return parse_board_file(text, "x.yaml");
}

TEST(guards_file, may_be_for_administrators) {
    const auto board = parse(std::string(head) + "  flash:\n"
                                                 "    guard: admin\n"
                                                 "    at: regs+0\n"
                                                 "    registers:\n"
                                                 "      A: {at: 0}\n"
                                                 "      B: {at: 4, access: ro}\n"
                                                 "      C: {at: 8, guard: true}\n"
                                                 "      D: {at: 12, guard: false}\n"
                                                 "  E: {at: regs+0x10, guard: admin}\n");
    const auto guard = [&](const char* path) {
        const auto& what = *board->find_register(path).description;
        return std::pair(what.guard, what.guard_admin);
    };
    EXPECT_EQ(guard("flash.A"), std::pair(true, true));
    EXPECT_EQ(guard("flash.B"), std::pair(false, false));
    EXPECT_EQ(guard("flash.C"), std::pair(true, false));
    EXPECT_EQ(guard("flash.D"), std::pair(false, false));
    EXPECT_EQ(guard("E"), std::pair(true, true));
}

TEST(guards_file, says_so_of_a_bar) {
    const auto board = parse("format: 1\n"
                             "board: test\n"
                             "bars:\n"
                             "  regs: {index: 0, size: 64 KiB, guards: {every: 4 KiB}}\n"
                             "  more: {index: 1, size: 64 KiB, guards: {rest: true}}\n"
                             "  ddr: {index: 2, size: 64 KiB, guards: {rest: false}}\n"
                             "registers:\n"
                             "  A: {at: regs+0, guard: true}\n"
                             "  B: {at: regs+0x3000, access: ro}\n"
                             "  C: {at: more+0}\n");
    const auto guards = [&](const char* bar) {
        return std::pair(board->find_bar(bar).guards_every, board->find_bar(bar).guards_rest);
    };
    EXPECT_EQ(guards("regs"), std::pair(std::uint64_t{0x1000}, false));
    EXPECT_EQ(guards("more"), std::pair(std::uint64_t{0}, true));
    EXPECT_EQ(guards("ddr"), std::pair(std::uint64_t{0}, false));
}

struct bad_row {
    const char* name;
    const char* text;
    const char* message;
};

void PrintTo(const bad_row& row, std::ostream* out) {
    *out << row.name;
}

class bad_guards : public testing::TestWithParam<bad_row> {};

TEST_P(bad_guards, are_refused_with_place_and_remedy) {
    const auto problem = thrown_by([&] { parse(GetParam().text); });
    EXPECT_EQ(problem.kind(), errc::bad_board_file);
    EXPECT_STREQ(problem.what(), GetParam().message);
}

std::string row_name(const testing::TestParamInfo<bad_row>& row) {
    return row.param.name;
}

/// A BAR with such guards, and two registers of which the first has a guard.
#define GUARDS(guards, guard)                                                                      \
    "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 KiB, guards: " guards                       \
    "}}\nregisters:\n  A: {at: r+0x10, width: 64, guard: " guard "}\n  B: {at: r+0x210}\n"

INSTANTIATE_TEST_SUITE_P(
    file, bad_guards,
    testing::Values(
        bad_row{"not_a_map", GUARDS("rest", "true"),
                "x.yaml:3:43: a single value where a map should stand for 'guards'"},
        bad_row{"unknown", GUARDS("{evry: 64}", "true"),
                "x.yaml:3:44: unknown key 'evry'; did you mean 'every'?"},
        bad_row{"both", GUARDS("{every: 64, rest: true}", "true"),
                "x.yaml:3:55: 'rest' beside 'every'; give one of them: 'rest' guards the "
                "repetitions, too"},
        bad_row{"every_0", GUARDS("{every: 0}", "true"),
                "x.yaml:3:51: a size of 0 is not possible"},
        bad_row{"every_negative", GUARDS("{every: -8}", "true"),
                "x.yaml:3:51: '-8' is not a size; write bytes (4096, 0x1000) or 64 KiB, 1 MiB, 2 "
                "GiB"},
        bad_row{"every_short", GUARDS("{every: 4}", "true"),
                "x.yaml:3:51: guarded registers at r+0x10 have 0x8 bytes, but are to repeat every "
                "0x4; a guard ends before it repeats"},
        bad_row{"every_long", GUARDS("{every: 4 KiB}", "admin"),
                "x.yaml:3:51: nothing repeats behind the end of the BAR; the BAR has 0x1000 bytes"},
        bad_row{"every_without_guard", GUARDS("{every: 64}", "false"),
                "x.yaml:3:51: no guarded register in r; 'every' repeats them: guard one, or leave "
                "it out"},
        bad_row{"every_meets_a_register", GUARDS("{every: 0x100}", "true"),
                "x.yaml:6:3: B stands where a guard repeats; those of r do every 0x100 bytes: "
                "guard it, too, or correct 'every'"},
        bad_row{"every_meets_an_area",
                GUARDS("{every: 0x400}", "true") "areas: {RAM: {at: r+0x800, size: 64}}\n",
                "x.yaml:7:9: RAM stands where a guard repeats; those of r do every 0x400 bytes: "
                "guard it, too, or correct 'every'"},
        bad_row{"rest_number", GUARDS("{rest: 1}", "true"),
                "x.yaml:3:50: unknown value '1' for 'rest'; use true or false"},
        bad_row{"rest_of_nothing",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 KiB, guards: {rest: true}}}\n",
                "x.yaml:3:50: nothing of r is described; 'rest' leaves users what is: describe "
                "some, or leave it out"}),
    row_name);
#undef GUARDS

} // namespace guards_file_test
