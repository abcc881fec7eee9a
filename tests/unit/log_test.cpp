// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

namespace log_test {

using namespace upciedev;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

const std::string demo = "sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml";

struct log_test : testing::Test {
    std::vector<std::string> infos, warnings;

    log_test() {
        (void)set_log([this](log_level level, const std::string& line) {
            (level == log_level::info ? infos : warnings).push_back(line);
        });
    }
    ~log_test() override { (void)set_log({}); }
};

TEST_F(log_test, tells_which_board_was_opened_and_how) {
    const auto crate = crate::open(demo);
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

TEST_F(log_test, a_callback_may_open_boards_and_does_not_hear_of_it) {
    const auto crate = crate::open(demo);
    unsigned told = 0;
    (void)set_log([&](log_level, const std::string&) {
        ++told;
        (void)crate.board(5);
    });
    (void)crate.board(4);
    EXPECT_EQ(told, 1U);
    (void)crate.board(4); // the one of the callback left the log as it was
    EXPECT_EQ(told, 2U);
}

TEST_F(log_test, a_callback_may_replace_itself) {
    const auto crate = crate::open(demo);
    unsigned told = 0;
    (void)set_log([&](log_level, const std::string&) {
        ++told;
        EXPECT_TRUE(set_log({}));
    });
    (void)crate.board(4);
    (void)crate.board(4);
    EXPECT_EQ(told, 1U);
}

TEST_F(log_test, two_callbacks_that_wait_for_each_other_both_run) {
    const auto crate = crate::open(demo);
    std::barrier both(2); // a lock around the callback would keep the second out for ever
    (void)set_log([&](log_level, const std::string&) { both.arrive_and_wait(); });
    std::jthread other{[&] { (void)crate.board(5); }};
    (void)crate.board(4);
}

TEST_F(log_test, two_callbacks_that_replace_the_log_do_not_wait_for_each_other) {
    const auto crate = crate::open(demo);
    std::barrier both(2);
    std::atomic<unsigned> replaced{0};
    (void)set_log([&](log_level, const std::string&) {
        both.arrive_and_wait();
        if (set_log({})) ++replaced;
    });
    {
        std::jthread other{[&] { (void)crate.board(5); }};
        (void)crate.board(4);
    }
    EXPECT_EQ(replaced, 1U);
}

TEST_F(log_test, what_the_callback_before_used_may_go) {
    const auto crate = crate::open(demo);
    std::atomic<bool> end{false};
    std::jthread teller{[&] {
        while (!end)
            (void)crate.board(4);
    }};
    for (unsigned i = 0; i < 200; ++i) {
        auto counter = std::make_unique<std::atomic<unsigned>>(0);
        (void)set_log([told = counter.get()](log_level, const std::string&) { ++*told; });
        while (*counter == 0)
            std::this_thread::yield();
        (void)set_log({});
        counter.reset(); // a sanitizer tells if the callback still runs
    }
    end = true;
}

TEST_F(log_test, a_callback_is_told_of_wrong_board_files_without_a_lock_of_the_library) {
    std::string folder = testing::TempDir() + "upciedev-log-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    std::ofstream(folder + "/wrong.yaml") << "format: 1\nboard: x\nmatch: {vendor: [\n";
    board_library library({folder});
    std::size_t seen = 0;
    (void)set_log([&](log_level, const std::string&) { seen = library.problems().size(); });
    (void)library.find({0x1b36, 0x00a8, 0, 0});
    std::filesystem::remove_all(folder);
    EXPECT_EQ(seen, 1U);
}

TEST_F(log_test, hands_back_the_callback_before) {
    const auto mine = set_log({});
    ASSERT_TRUE(mine);
    mine(log_level::info, "hello");
    EXPECT_THAT(infos, ElementsAre("hello"));
    EXPECT_FALSE(set_log(mine));
}

} // namespace log_test
