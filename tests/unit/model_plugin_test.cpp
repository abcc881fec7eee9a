// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/check.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/extend/model_plugin.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace model_plugin_test {

using namespace upciedev;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string built = UPCIEDEV_TEST_MODELS;

struct model_plugin_test : testing::Test {
    fs::path folder =
        fs::temp_directory_path() / ("upciedev_model_plugin_test." + std::to_string(getpid()));
    fs::path file = folder / "crate.yaml";

    void SetUp() override {
        fs::create_directories(folder);
        for (const std::string name : {"mine", "other"})
            std::ofstream(folder / (name + ".yaml"))
                << "format: 1\nboard: " + name +
                       "\nbars: {regs: {index: 0, size: 4 KiB}}\n"
                       "registers:\n  CTRL: {at: regs+0x0}\n";
        setenv("UPCIEDEV_MODELS", ("/nowhere:" + built).c_str(), 1);
    }
    void TearDown() override {
        fs::remove_all(folder);
        unsetenv("UPCIEDEV_MODELS");
    }
    /// The model stands in line 4, column 14.
    void write(const std::string& model, const std::string& board = "mine") const {
        std::ofstream(file) << "format: 1\ncrate: c\nslots:\n  3: {model: " + model +
                                   ", board: " + board + ".yaml}\n";
    }
    [[nodiscard]] crate open() const { return crate::open("sim:" + file.string()); }
    /// Refused alike by who opens the crate and who checks the file.
    void expect_refused(errc kind, const std::string& reason) const {
        const auto refused = thrown_by([this] { (void)open(); });
        EXPECT_EQ(refused.kind(), kind) << refused.what();
        EXPECT_EQ(refused.where(), file.string() + ":4:14") << refused.what();
        EXPECT_THAT(refused.reason(), HasSubstr(reason));
        const auto problems = check_file(file).problems;
        ASSERT_EQ(problems.size(), 1U);
        EXPECT_EQ(std::pair(problems[0].line, problems[0].column), std::pair(4, 14));
        EXPECT_EQ(problems[0].what, refused.reason());
        EXPECT_EQ(problems[0].remedy, refused.remedy());
    }
    static void expect_doubled(const crate& opened) {
        const auto ctrl = opened.board(3).reg<unsigned>("CTRL");
        ctrl.write(21);
        EXPECT_EQ(ctrl.read(), 42U);
    }
};

TEST_F(model_plugin_test, is_found_by_name) {
    write("right");
    expect_doubled(open());
    EXPECT_TRUE(check_file(file).problems.empty());
}

TEST_F(model_plugin_test, is_found_by_a_path_relative_to_the_crate_file) {
    fs::copy_file(built + "/libupciedev-model-right.so", folder / "anything.so");
    write("./anything.so");
    expect_doubled(open());
}

TEST_F(model_plugin_test, a_crate_file_without_folder_has_its_models_here) {
    fs::copy_file(built + "/libupciedev-model-right.so", folder / "anything.so");
    write("./anything.so");
    const auto before = fs::current_path();
    fs::current_path(folder);
    expect_doubled(crate::open("sim:crate.yaml"));
    fs::current_path(before);
}

TEST_F(model_plugin_test, comes_back_with_its_board) {
    write("right");
    auto opened = open();
    auto board = opened.board(3);
    board.remove();
    opened.rescan(3);
    expect_doubled(opened);
}

TEST_F(model_plugin_test, a_board_without_one_has_none) {
    EXPECT_FALSE(model_of({}));
}

TEST_F(model_plugin_test, one_that_is_missing_is_refused_with_where_it_was_looked_for) {
    write("nothing");
    expect_refused(errc::no_such_board, "libupciedev-model-nothing.so is not there");
    EXPECT_THAT(thrown_by([this] { (void)open(); }).remedy(),
                AllOf(HasSubstr("/nowhere, " + built), HasSubstr("UPCIEDEV_MODELS")));
    write("./nothing.so");
    expect_refused(errc::no_such_board, folder.string() + "/nothing.so: is not there");
}

TEST_F(model_plugin_test, what_is_no_model_is_refused) {
    std::ofstream(folder / "text.so") << "not a library\n";
    write("./text.so");
    expect_refused(errc::io_error, "cannot be loaded");
    write("tagless");
    expect_refused(errc::abi_mismatch, "no symbol 'upciedev_model'");
    write("nameless");
    expect_refused(errc::abi_mismatch, "names no board");
}

TEST_F(model_plugin_test, another_abi_or_layout_is_refused) {
    write("magic");
    expect_refused(errc::abi_mismatch, "no tag of a model");
    write("abi");
    expect_refused(errc::abi_mismatch, "version 99 of the model interface");
    write("size");
    expect_refused(errc::abi_mismatch, "24 bytes");
    write("layout");
    expect_refused(errc::abi_mismatch, "model_part is 8 there");
}

TEST_F(model_plugin_test, one_for_another_board_is_refused) {
    write("right", "other");
    expect_refused(errc::bad_board_file,
                   "it is written for board 'mine', the slot's board file is 'other'");
}

TEST_F(model_plugin_test, one_whose_constructor_throws_is_refused) {
    write("throws");
    expect_refused(errc::io_error, "its constructor threw: no coffee");
    write("throws-error");
    expect_refused(errc::out_of_range, "KNOB turned too far");
    write("throws-number");
    expect_refused(errc::io_error, "what is no std::exception");
}

} // namespace model_plugin_test
