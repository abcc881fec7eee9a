// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace upciedev;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

struct log_test : testing::Test {
    std::vector<std::string> infos, warnings;

    log_test() {
        (void)set_log([this](log_level level, const std::string& line) {
            (level == log_level::info ? infos : warnings).push_back(line);
        });
    }
    ~log_test() override { (void)set_log({}); }
};

} // namespace

TEST_F(log_test, tells_which_board_was_opened_and_how) {
    const auto crate =
        crate::open(std::string("sim:") + UPCIEDEV_SOURCE_DIR + "/devices/crates/demo.yaml");
    (void)crate.board(4);
    ASSERT_EQ(infos.size(), 1U);
    EXPECT_THAT(infos[0], StartsWith("slot 4 vadc8: opened by sim, described by "));
    EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(log_test, warns_of_board_files_that_are_left_out) {
    std::string folder = testing::TempDir() + "upciedev-log-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    std::ofstream(folder + "/wrong.yaml") << "format: 1\nboard: x\nmatch: {vendor: [\n";
    (void)board_library({folder}).find({0x1b36, 0x00a8, 0, 0});
    std::filesystem::remove_all(folder);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings[0], StartsWith("board file left out: " + folder + "/wrong.yaml:"));
}

TEST_F(log_test, hands_back_the_callback_before) {
    const auto mine = set_log({});
    ASSERT_TRUE(mine);
    mine(log_level::info, "hello");
    EXPECT_THAT(infos, ElementsAre("hello"));
    EXPECT_FALSE(set_log(mine));
}
