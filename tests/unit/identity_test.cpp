// SPDX-License-Identifier: BSD-3-Clause
// Boards with equal PCI ids, told apart by their registers.
#include "crate/crate_identity.hpp"
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/extend/sim.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace identity_test {

using namespace upciedev;
using detail::check_named_file;
using detail::find_file;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* rest = "bars: {regs: {index: 0, size: 4 KiB}}\n"
                             "registers:\n"
                             "  ID: {at: regs+0, access: ro, fields: {MODULE: 31:16, TYPE: 3:0}}\n"
                             "  VERSION: {at: regs+4, access: ro}\n"
                             "  BIG: {at: regs+8, width: 16, endian: big, access: ro}\n"
                             "  FIFO: {at: regs+0xc, on_read: pop, fields: {COUNT: 7:0}}\n"
                             "  SECRET: {at: regs+0x10, access: wo}\n";

/// Counts how often the way to a board is asked for.
struct identity : testing::Test {
    void SetUp() override {
        folder = fs::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
        fs::remove_all(folder);
        fs::create_directories(folder);
        plugged = std::make_shared<sim_board>(parse_board_file(
            std::string("format: 1\nboard: real\nmatch: {vendor: 1, device: 2}\n") + rest, "real"));
        plugged->set("ID", 0x83020005);
        plugged->set("VERSION", 0x120);
        plugged->set("BIG", 0x1234);
    }
    void TearDown() override { fs::remove_all(folder); }

    fs::path write(const std::string& name, const std::string& match) const {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << "format: 1\nboard: " << fs::path(name).stem().string()
                                     << "\nmatch: " << match << "\n"
                                     << rest;
        return folder / name;
    }
    /// A file for the ids of the board, with more in its match.
    fs::path write_more(const std::string& name, const std::string& more) const {
        return write(name, "{vendor: 1, device: 2, " + more + "}");
    }
    detail::chosen_file find() {
        board_library library({folder});
        return find_file(library, ids, open);
    }
    detail::chosen_file check(const fs::path& file) {
        return check_named_file(load_board_file(file), ids, open);
    }

    fs::path folder;
    const board_ids ids{1, 2, 0, 0};
    std::shared_ptr<sim_board> plugged;
    int opened = 0;
    detail::way_opener open = [this] {
        ++opened;
        return plugged;
    };
};

TEST_F(identity, registers_tell_boards_with_equal_ids_apart) {
    write_more("sis8300.yaml", "registers: {ID.MODULE: 0x8300}");
    write_more("sis8302.yaml", "registers: {ID.MODULE: 0x8302}");
    write_more("masked.yaml", "registers: {ID: {value: 0x83000000, mask: 0xffff0000}}");
    const auto found = find();
    ASSERT_NE(found.file, nullptr);
    EXPECT_EQ(found.file->name, "sis8302");
    EXPECT_EQ(found.reason, "its match fits 0001:0002; ID.MODULE is 0x8302");
    EXPECT_EQ(opened, 1);
}

TEST_F(identity, a_mask_leaves_bits_out) {
    write_more("masked.yaml", "registers: {ID: {value: 0x83000000, mask: 0xfff00000}}");
    write_more("hidden.yaml", "registers: {ID: 0x83000000}");
    EXPECT_EQ(find().file->name, "masked");
}

TEST_F(identity, bytes_come_in_the_order_of_the_register) {
    write_more("swapped.yaml", "registers: {BIG: 0x1234}");
    EXPECT_EQ(find().file->name, "swapped");
}

TEST_F(identity, firmware_is_a_range_with_both_its_ends) {
    const auto firmware = [this](const char* range) {
        const auto file =
            write_more("f.yaml", std::string("firmware: {register: VERSION, ") + range + "}");
        return check(file).file != nullptr;
    };
    EXPECT_TRUE(firmware("min: 0x120, max: 0x120"));
    EXPECT_TRUE(firmware("min: 0x120"));
    EXPECT_TRUE(firmware("max: 0x120"));
    EXPECT_FALSE(firmware("min: 0x121"));
    EXPECT_FALSE(firmware("max: 0x11f"));
}

TEST_F(identity, the_most_conditions_win) {
    write_more("a_two.yaml",
               "registers: {ID.MODULE: 0x8302}, firmware: {register: VERSION, min: 1}");
    write_more("b_one.yaml", "registers: {ID.MODULE: 0x8302}");
    write("c_none.yaml", "{vendor: 1, device: 2}");
    EXPECT_EQ(find().file->name, "a_two");
    EXPECT_THAT(find().reason, HasSubstr("; ID.MODULE is 0x8302; VERSION is 0x120"));
    plugged->set("VERSION", 0);
    EXPECT_EQ(find().file->name, "b_one");
    plugged->set("ID", 0x83000000);
    EXPECT_EQ(find().file->name, "c_none");
    EXPECT_EQ(find().reason, "its match fits 0001:0002");
}

TEST_F(identity, equal_files_of_one_folder_are_ambiguous) {
    const auto one = write_more("one.yaml", "registers: {ID.MODULE: 0x8302}");
    const auto two = write_more("sub/two.yaml", "registers: {ID.TYPE: 5}");
    const auto problem = thrown_by([&] { (void)find(); });
    EXPECT_EQ(problem.kind(), errc::bad_board_file);
    EXPECT_EQ(problem.reason(),
              one.string() + " and " + two.string() + " fit the board 0001:0002 equally well");
    board_library by_folder({folder / "sub", folder});
    EXPECT_EQ(find_file(by_folder, ids, open).file->name, "two") << "the earlier folder wins";
}

TEST_F(identity, two_entries_of_one_file_are_not_ambiguous) {
    write("one.yaml", "[{vendor: 1, device: 2, registers: {ID.TYPE: 5}}, "
                      "{vendor: 1, device: 2, registers: {ID.MODULE: 0x8302}}]");
    EXPECT_EQ(find().file->name, "one");
}

TEST_F(identity, says_which_file_failed_at_which_register) {
    const auto one = write_more("one.yaml", "registers: {ID.MODULE: 0x8300}");
    const auto two = write_more("two.yaml", "firmware: {register: VERSION, min: 0x200}");
    const auto three = write_more("three.yaml", "firmware: {register: VERSION, min: 1, max: 2}");
    const auto found = find();
    EXPECT_EQ(found.file, nullptr);
    EXPECT_THAT(found.reason, HasSubstr(one.string() + ": ID.MODULE is 0x8302, expected 0x8300"));
    EXPECT_THAT(found.reason,
                HasSubstr(two.string() + ": VERSION is 0x120, expected 0x200 or more"));
    EXPECT_THAT(found.reason,
                HasSubstr(three.string() + ": VERSION is 0x120, expected 0x1 to 0x2"));
}

TEST_F(identity, registers_are_read_only_where_the_ids_agree) {
    write("other.yaml", "{vendor: 1, device: 3, registers: {ID.MODULE: 0x8302}}");
    write("plain.yaml", "{vendor: 1, device: 2}");
    EXPECT_EQ(find().file->name, "plain");
    EXPECT_EQ(opened, 0);
}

TEST_F(identity, a_board_that_cannot_be_opened_is_not_guessed) {
    write_more("one.yaml", "registers: {ID.MODULE: 0x8300}");
    write("plain.yaml", "{vendor: 1, device: 2}");
    open = nullptr;
    EXPECT_EQ(thrown_by([&] { (void)find(); }).kind(), errc::not_permitted);
}

TEST_F(identity, all_ones_are_a_board_that_left_or_does_not_answer) {
    write_more("one.yaml", "registers: {ID.MODULE: 0x8300}");
    plugged->set("ID", 0xffffffff);
    EXPECT_THAT(find().reason, HasSubstr("expected 0x8300 (all ones: it may not answer)"));
    plugged->unplug();
    EXPECT_EQ(thrown_by([&] { (void)find(); }).kind(), errc::board_gone);
}

TEST_F(identity, a_register_outside_the_bar_is_no_fit) {
    const auto file = folder / "large.yaml";
    std::ofstream(file) << "format: 1\nboard: large\n"
                           "match: {vendor: 1, device: 2, registers: {FAR: 1}}\n"
                           "bars: {regs: {index: 0, size: 1 MiB}}\n"
                           "registers: {FAR: {at: regs+0x80000}}\n";
    EXPECT_THAT(find().reason, HasSubstr("large.yaml: FAR cannot be read: "));
}

TEST_F(identity, a_named_file_must_fit_or_have_no_match) {
    EXPECT_EQ(check(write("ids.yaml", "{vendor: 1, device: 2}")).reason, "named by the crate file");
    EXPECT_EQ(check(write_more("right.yaml", "registers: {ID.TYPE: 5}")).reason,
              "named by the crate file; ID.TYPE is 0x5");
    const auto wrong = write_more("wrong.yaml", "registers: {ID.TYPE: 6}");
    EXPECT_EQ(check(wrong).file, nullptr);
    EXPECT_EQ(check(wrong).reason, "the crate file names " + wrong.string() +
                                       ", which is for other boards: ID.TYPE is 0x5, expected 0x6");
    EXPECT_THAT(check(write("other.yaml", "{vendor: 1, device: 3}")).reason,
                HasSubstr("it is 0001:0002"));
    const auto any = folder / "any.yaml";
    std::ofstream(any) << "format: 1\nboard: any\n" << rest;
    EXPECT_NE(check(any).file, nullptr);
}

TEST_F(identity, a_simulated_board_must_start_as_its_match_says) {
    write_more("timer.yaml", "registers: {ID.TYPE: 5}");
    const auto open_crate = [this](const std::string& simulate) {
        std::ofstream(folder / "crate.yaml") << "format: 1\ncrate: c\nslots:\n  3: {board: "
                                                "timer.yaml, simulate: {ID: "
                                             << simulate << "}}\n";
        return crate::open("sim:" + (folder / "crate.yaml").string());
    };
    EXPECT_EQ(open_crate("5").board(3).file_reason(), "named by the crate file; ID.TYPE is 0x5");
    const auto wrong = open_crate("6");
    EXPECT_EQ(wrong.list().at(0).transport, "");
    EXPECT_EQ(wrong.list().at(0).name, "timer");
    const auto problem = thrown_by([&] { (void)wrong.board(3); });
    EXPECT_EQ(problem.kind(), errc::no_such_board);
    EXPECT_THAT(problem.what(), HasSubstr("crate.yaml:4:3: the crate file names"));
    EXPECT_THAT(problem.what(), HasSubstr("ID.TYPE is 0x6, expected 0x5"));
}

struct bad_row {
    const char* name;
    const char* more; ///< of a match that begins in column 8 of line 3
    const char* message;
};

void PrintTo(const bad_row& row, std::ostream* out) {
    *out << row.name;
}

class bad_match : public testing::TestWithParam<bad_row> {};

TEST_P(bad_match, is_refused_with_place_and_remedy) {
    const auto text = std::string("format: 1\nboard: x\nmatch: {vendor: 1, device: 2, ") +
                      GetParam().more + "}\n" + rest;
    EXPECT_STREQ(thrown_by([&] { parse_board_file(text, "x.yaml"); }).what(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    all, bad_match,
    testing::Values(
        bad_row{"unknown", "registers: {DI: 1}",
                "x.yaml:3:43: no register 'DI'; did you mean 'ID'?"},
        bad_row{"read_effects", "registers: {FIFO.COUNT: 1}",
                "x.yaml:3:43: reading FIFO.COUNT has effects; who a board is must be told by a "
                "register that may be read at any time"},
        bad_row{"write_only", "registers: {SECRET: 1}",
                "x.yaml:3:43: SECRET can only be written; here it is to be read"},
        bad_row{"too_large", "registers: {ID.TYPE: 16}",
                "x.yaml:3:52: 16 is too large; the limit is 15 (0xf)"},
        bad_row{"hidden", "registers: {ID: {value: 3, mask: 1}}",
                "x.yaml:3:55: the mask hides bits of '3'; a value has ones only where its mask has "
                "some"},
        bad_row{"no_mask", "registers: {ID: {value: 3}}",
                "x.yaml:3:47: the key 'mask' is missing; 'ID' needs it"},
        bad_row{"no_end", "firmware: {register: VERSION}",
                "x.yaml:3:31: a range of firmware without an end; give its 'min', its 'max', or "
                "both"},
        bad_row{"backwards", "firmware: {register: VERSION, min: 2, max: 1}",
                "x.yaml:3:31: the range of firmware begins above its end"},
        bad_row{"no_register", "firmware: {min: 2}",
                "x.yaml:3:41: the key 'register' is missing; 'firmware' needs it"}),
    [](const auto& row) { return std::string(row.param.name); });

} // namespace identity_test
