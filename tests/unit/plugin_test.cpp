// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/crate.hpp>
#include <upciedev/extend/transport_plugin.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace plugin_test {

using namespace upciedev;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string built = UPCIEDEV_TEST_PLUGINS;

struct plugin_test : testing::Test {
    fs::path folder =
        fs::temp_directory_path() / ("upciedev_plugin_test." + std::to_string(getpid()));

    void SetUp() override {
        fs::create_directories(folder);
        search(folder.string() + "::" + built);
    }
    void TearDown() override {
        fs::remove_all(folder);
        unsetenv("UPCIEDEV_TRANSPORTS");
    }
    static void search(const std::string& folders) {
        setenv("UPCIEDEV_TRANSPORTS", folders.c_str(), 1);
    }
    static error refusal(const std::string& uri) {
        try {
            (void)crate::open(uri);
        } catch (const error& refused) {
            return refused;
        }
        ADD_FAILURE() << uri << " is opened";
        return {errc::timeout, "", ""};
    }
    /// Refused, naming the file and a remedy.
    static void expect_refused(const std::string& scheme, errc kind, const std::string& reason) {
        const auto refused = refusal(scheme + ":");
        EXPECT_EQ(refused.kind(), kind) << refused.what();
        EXPECT_THAT(refused.where(),
                    AllOf(HasSubstr("/"), HasSubstr("transport-" + scheme + ".so")));
        EXPECT_THAT(refused.reason(), HasSubstr(reason));
        EXPECT_NE(refused.remedy(), "") << refused.what();
    }
};

std::optional<transport_info> known(const std::string& scheme) {
    for (const auto& each : transports())
        if (each.scheme == scheme) return each;
    return std::nullopt;
}

TEST_F(plugin_test, its_boards_are_listed_and_opened) {
    const auto crate = crate::open("right:7");
    EXPECT_EQ(crate.uri(), "right:7");
    const auto boards = crate.list();
    ASSERT_EQ(boards.size(), 2U);
    EXPECT_EQ(boards[0].slot, 7U);
    EXPECT_EQ(boards[0].transport, "right");
    EXPECT_EQ(boards[0].pci_address, "first");
    EXPECT_EQ(boards[1].transport, "");
    EXPECT_EQ(boards[1].remark, "it is not there; plug it in");
    const auto bar = crate.board(7).bar(0);
    bar.write(0x1000, 5);
    EXPECT_EQ(bar.read(0x1000), 5U);
    EXPECT_THROW((void)crate.board(8), error);
}

TEST_F(plugin_test, a_uri_without_colon_is_the_scheme_alone) {
    EXPECT_EQ(crate::open("right").list().at(0).slot, 3U);
}

TEST_F(plugin_test, is_loaded_once_by_any_number_of_threads) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] { EXPECT_EQ(crate::open("right:5").list().size(), 2U); });
}

TEST_F(plugin_test, another_abi_or_layout_is_refused) {
    expect_refused("magic", errc::abi_mismatch, "no tag of a transport");
    expect_refused("abi", errc::abi_mismatch, "version 99 of the transport interface");
    expect_refused("size", errc::abi_mismatch, "24 bytes");
    expect_refused("layout", errc::abi_mismatch, "bar_facts is 8 there");
}

TEST_F(plugin_test, what_is_no_plugin_is_refused) {
    expect_refused("tagless", errc::abi_mismatch, "upciedev_transport_plugin");
    expect_refused("undefined", errc::io_error, "nobody_has_this");
    expect_refused("renamed", errc::abi_mismatch, "serves 'original'");
    std::ofstream(folder / "libupciedev-transport-text.so") << "not a library\n";
    expect_refused("text", errc::io_error, "cannot be loaded");
}

TEST_F(plugin_test, a_refused_plugin_is_refused_again) {
    expect_refused("abi", errc::abi_mismatch, "99");
    expect_refused("abi", errc::abi_mismatch, "99");
}

TEST_F(plugin_test, an_unknown_scheme_names_those_there_are_and_where_they_are_looked_for) {
    const auto refused = refusal("nothing:here");
    EXPECT_EQ(refused.kind(), errc::bad_value);
    EXPECT_THAT(refused.what(), AllOf(HasSubstr("'nothing:here'"), HasSubstr("'right'"),
                                      HasSubstr("'sysfs'"), HasSubstr(built)));
    EXPECT_EQ(refusal("../right").kind(), errc::bad_value);
}

TEST_F(plugin_test, the_first_folder_wins) {
    fs::copy_file(built + "/libupciedev-transport-right.so",
                  folder / "libupciedev-transport-right.so");
    ASSERT_TRUE(known("right"));
    EXPECT_EQ(known("right")->file, folder / "libupciedev-transport-right.so");
}

TEST_F(plugin_test, all_transports_are_known_with_what_they_can) {
    EXPECT_TRUE(known("local")->can.has(capability::poll));
    EXPECT_EQ(known("sim")->usage, "sim:FILE");
    EXPECT_EQ(known("right")->can, capability_set{capability::batch});
    EXPECT_EQ(known("right")->title, "a board for tests");
    EXPECT_THAT(known("abi")->problem, HasSubstr("version 99"));
}

TEST_F(plugin_test, sysfs_is_a_plugin_beside_the_library) {
    unsetenv("UPCIEDEV_TRANSPORTS");
    const auto sysfs = known("sysfs");
    ASSERT_TRUE(sysfs);
    EXPECT_EQ(sysfs->problem, "");
    EXPECT_EQ(sysfs->file.filename(), "libupciedev-transport-sysfs.so");
    EXPECT_TRUE(sysfs->can.has(capability::mapping));
    EXPECT_NO_THROW((void)crate::open("sysfs").list());
    EXPECT_FALSE(known("right"));
}

} // namespace plugin_test
