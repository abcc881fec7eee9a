// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace library_test {

using namespace upciedev;
using testing::HasSubstr;

namespace fs = std::filesystem;

/// A folder of board files that goes with the test.
class board_library_test : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "upciedev-library-XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root = pattern;
        unsetenv("UPCIEDEV_DEVICES");
    }
    void TearDown() override {
        unsetenv("UPCIEDEV_DEVICES");
        fs::remove_all(root);
    }

    fs::path write(const std::string& name, const std::string& text) const {
        const auto file = root / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file;
    }
    fs::path write_board(const std::string& name, const std::string& match,
                         const std::string& rest = "") const {
        return write(name, "format: 1\nboard: " + fs::path(name).stem().string() +
                               "\nmatch: " + match + "\nbars: {r: {index: 0, size: 256}}\n" + rest);
    }

    fs::path root;
    const board_ids board{0x10ee, 0x7024, 0x1796, 0x0018};
};

TEST_F(board_library_test, takes_the_most_specific_file) {
    write_board("a.yaml", "{vendor: 0x10ee, device: 0x7024}");
    write_board("sub/folder/b.yaml", "[{vendor: 1, device: 2}, "
                                     "{vendor: 0x10ee, device: 0x7024, subvendor: 0x1796}]");
    write_board("c.yaml", "{vendor: 0x10ee, device: 0x7024, subvendor: 0x1796, subdevice: 0x19}");
    write_board("d.yaml", "{vendor: 0x10ee, device: 0x7025}");
    board_library library({root});
    EXPECT_EQ(library.find(board)->name, "b");
    EXPECT_EQ(library.find({0x10ee, 0x7024, 0x1796, 0x19})->name, "c");
    EXPECT_EQ(library.find({0x10ee, 0x7024, 1, 1})->name, "a");
    EXPECT_EQ(library.find({1, 2, 0, 0})->name, "b");
    EXPECT_EQ(library.find({0x10ee, 0x7026, 0, 0}), nullptr);
}

TEST_F(board_library_test, earlier_folders_win) {
    write_board("1/first.yaml", "{vendor: 0x10ee, device: 0x7024}");
    write_board("2/second.yaml", "{vendor: 0x10ee, device: 0x7024}");
    EXPECT_EQ(board_library({root / "1", root / "2"}).find(board)->name, "first");
    EXPECT_EQ(board_library({root / "2", root / "1"}).find(board)->name, "second");
    const auto list = (root / "nowhere").string() + "::" + (root / "2").string();
    setenv("UPCIEDEV_DEVICES", list.c_str(), 1);
    EXPECT_EQ(board_library().find(board)->name, "second");
    EXPECT_EQ(board_library({root / "1"}).find(board)->name, "first");
}

TEST_F(board_library_test, parses_only_what_it_needs_and_once) {
    write_board("a.yaml", "{vendor: 0x10ee, device: 0x7024}");
    write_board("b.yaml", "{vendor: 1, device: 2}", "registers: {this is: not even YAML\n");
    write("crate.yaml", "format: 1\ncrate: c\nslots: [never read\n");
    write("notes.txt", "{[");
    board_library library({root});
    EXPECT_EQ(library.parsed(), 0U);
    const auto found = library.find(board);
    EXPECT_EQ(library.parsed(), 1U);
    EXPECT_EQ(library.find(board), found);
    EXPECT_EQ(library.load(root / "a.yaml"), found);
    EXPECT_EQ(library.load(root / "sub" / ".." / "a.yaml"), found);
    EXPECT_EQ(library.parsed(), 1U);
    EXPECT_TRUE(library.problems().empty());
    EXPECT_EQ(thrown_by([&] { library.find({1, 2, 0, 0}); }).kind(), errc::bad_board_file);
}

TEST_F(board_library_test, each_board_file_of_a_crate_is_parsed_once) {
    board_library library;
    std::vector<board_description_ptr> boards;
    const auto crate = crate_file::load(UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml");
    for (const auto& slot : crate.slots)
        boards.push_back(library.load(slot.board));
    EXPECT_EQ(crate.slots.size(), 6U);
    EXPECT_EQ(library.parsed(), 5U) << "two digitizers are of a kind";
}

TEST_F(board_library_test, tells_which_files_it_left_out) {
    write_board("good.yaml", "{vendor: 0x10ee, device: 0x7024}");
    const auto bad = write_board("bad.yaml", "{vender: 1, device: 2}");
    board_library library({root});
    EXPECT_EQ(library.find(board)->name, "good");
    ASSERT_EQ(library.problems().size(), 1U);
    EXPECT_EQ(library.problems()[0].what(),
              bad.string() + ":3:9: unknown key 'vender'; did you mean 'vendor'?");
}

TEST_F(board_library_test, files_without_match_serve_by_path_only) {
    const auto file = write("x.yaml", "format: 1\nboard: x\nbars: {r: {index: 0, size: 256}}\n");
    board_library library({root});
    EXPECT_EQ(library.find(board), nullptr);
    EXPECT_EQ(library.load(file)->name, "x");
}

TEST_F(board_library_test, refuses_folders_that_are_not_there) {
    const auto problem = thrown_by([&] { board_library({root / "none"}); });
    EXPECT_EQ(problem.kind(), errc::bad_board_file);
    EXPECT_THAT(problem.what(), HasSubstr("none: no such folder"));
    EXPECT_THROW(board_library().load(root / "none.yaml"), error);
}

TEST_F(board_library_test, serves_several_threads) {
    write_board("a.yaml", "{vendor: 0x10ee, device: 0x7024}");
    board_library library({root});
    std::vector<std::jthread> threads;
    std::vector<board_description_ptr> found(8);
    for (auto& answer : found)
        threads.emplace_back([&] { answer = library.find(board); });
    threads.clear();
    for (const auto& answer : found)
        EXPECT_EQ(answer, found.front());
    EXPECT_EQ(library.parsed(), 1U);
}

} // namespace library_test
