// SPDX-License-Identifier: BSD-3-Clause
// Slot numbers out of configuration space, in a folder that looks like sysfs.
#include "crate/crate_machine.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

namespace sysfs_pci_test {

namespace fs = std::filesystem;
using upciedev::detail::read_pci_function;
using upciedev::detail::slot_above;

constexpr unsigned root_port = 4, upstream = 5, downstream = 6;

struct sysfs_pci : testing::Test {
    fs::path folder = fs::path(testing::TempDir()) /
                      testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::path root = folder / "pci0000:00" / "0000:00:01.0";
    fs::path board = root / "0000:01:00.0" / "0000:02:03.0" / "0000:03:00.0";
    fs::path hot_plug = folder / "slots";
    void SetUp() override {
        fs::create_directories(board);
        fs::create_directories(hot_plug);
        write_config(board, 0, 0, false);
    }
    void TearDown() override { fs::remove_all(folder); }

    static void write(const fs::path& file, const std::string& text) {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    /// A port with a PCI Express capability behind one of another kind.
    static void write_config(const fs::path& where, unsigned type, unsigned slot, bool implemented,
                             std::size_t size = 256) {
        std::array<char, 256> config{};
        config[0x06] = 0x10;
        config[0x34] = 0x40;
        config[0x40] = 0x05;
        config[0x41] = 0x50;
        config[0x50] = 0x10;
        config[0x52] = static_cast<char>(type << 4);
        config[0x53] = implemented ? 1 : 0;
        const unsigned capabilities = slot << 19;
        for (unsigned i = 0; i < 4; ++i)
            config.at(0x64 + i) = static_cast<char>(capabilities >> (8 * i));
        std::ofstream(where / "config", std::ios::binary)
            .write(config.data(), static_cast<std::streamsize>(size));
    }
};

TEST_F(sysfs_pci, takes_the_number_of_the_port_above) {
    write_config(root, root_port, 100, true);
    write_config(root / "0000:01:00.0", upstream, 0, false);
    write_config(board.parent_path(), downstream, 4711, true);
    EXPECT_EQ(slot_above(board, hot_plug), 4711U);
}

TEST_F(sysfs_pci, goes_up_past_ports_without_a_numbered_slot) {
    write_config(root, root_port, 100, true);
    write_config(root / "0000:01:00.0", upstream, 7, true); // an upstream port has no slot
    write_config(board.parent_path(), downstream, 4, false);
    EXPECT_EQ(slot_above(board, hot_plug), 100U);
    write_config(board.parent_path(), downstream, 0, true);
    EXPECT_EQ(slot_above(board, hot_plug), 100U);
    write_config(root, root_port, 100, false);
    EXPECT_EQ(slot_above(board, hot_plug), std::nullopt);
}

TEST_F(sysfs_pci, without_root_it_asks_the_hot_plug_slots) {
    write_config(root, root_port, 100, true, 64);
    write_config(root / "0000:01:00.0", upstream, 0, false, 64);
    write_config(board.parent_path(), downstream, 4, true, 64);
    EXPECT_EQ(slot_above(board, hot_plug), std::nullopt);
    write(hot_plug / "100" / "address", "0000:01:00\n");
    EXPECT_EQ(slot_above(board, hot_plug), 100U);
    write(hot_plug / "12-1" / "address", "0000:03:00\n");
    EXPECT_EQ(slot_above(board, hot_plug), 12U);
}

TEST_F(sysfs_pci, survives_a_capability_list_that_is_a_loop) {
    std::array<char, 256> config{};
    config[0x06] = 0x10;
    config[0x34] = 0x40;
    config[0x41] = 0x40;
    std::ofstream(board.parent_path() / "config", std::ios::binary).write(config.data(), 256);
    EXPECT_EQ(slot_above(board, hot_plug), std::nullopt);
}

TEST_F(sysfs_pci, reads_who_a_function_is) {
    write(board / "vendor", "0x1234\n");
    write(board / "device", "0x11e8\n");
    write(board / "subsystem_vendor", "0x1af4\n");
    write(board / "subsystem_device", "0x1100\n");
    write(board / "class", "0x00ff00\n");
    auto function = read_pci_function(board);
    EXPECT_EQ(function.address, "0000:03:00.0");
    EXPECT_EQ(function.ids.vendor, 0x1234);
    EXPECT_EQ(function.ids.subdevice, 0x1100);
    EXPECT_FALSE(function.bridge);
    EXPECT_EQ(function.driver, "");
    write(board / "class", "0x060400\n");
    fs::create_directory_symlink("../../drivers/nvme", board / "driver");
    function = read_pci_function(board);
    EXPECT_TRUE(function.bridge);
    EXPECT_EQ(function.driver, "nvme");
}

TEST_F(sysfs_pci, finds_the_crate_by_the_nearest_port_above) {
    using upciedev::detail::crate_above;
    const std::vector<upciedev::crate_part> crates = {
        {"root", "", "0000:00:01.0"}, {"near", "", "0000:01:00.0"}, {"other", "", "0000:0a:00.0"}};
    const auto other = folder / "pci0000:00" / "0000:00:02.0" / "0000:0a:00.0" / "0000:0c:00.0";
    EXPECT_EQ(crate_above(board, crates)->name, "near");
    EXPECT_EQ(crate_above(other, crates)->name, "other");
    EXPECT_EQ(crate_above(root / "0000:01:00.0", crates)->name, "root");
    EXPECT_EQ(crate_above(root, crates), nullptr) << "a port is in no crate of its own";
    EXPECT_EQ(crate_above(board, {{"all", "", ""}})->name, "all");
    EXPECT_EQ(crate_above(other, {{"one", "", "0000:01:00.0"}}), nullptr);
}

} // namespace sysfs_pci_test
