// SPDX-License-Identifier: BSD-3-Clause
// The configuration space of a board against what the kernel remembers, in folders like sysfs's.
#include "p2p/p2p.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <fstream>
#include <unistd.h>

namespace p2p_config_test {

using cli::rung;
using testing::HasSubstr;
namespace fs = std::filesystem;

class configuration : public testing::Test {
  protected:
    configuration() {
        fs::create_directories(folder);
        put<std::uint16_t>(config, 0, 0x1b36);
        put<std::uint16_t>(config, 4, 6); // memory and bus master
        put<std::uint32_t>(config, 0x10, 0xfe000000);
        put<std::uint32_t>(config, 0x18, 0x0000000c); // prefetchable, 64 bit
        put<std::uint32_t>(config, 0x1c, 0x00000080);
        put<std::uint8_t>(bridge, 0x0e, 0x81);
        put<std::uint16_t>(bridge, 0x20, 0xfe00);
        put<std::uint16_t>(bridge, 0x22, 0xfe10);
        put<std::uint16_t>(bridge, 0x24, 0x0001);
        put<std::uint16_t>(bridge, 0x26, 0x1001);
        put<std::uint32_t>(bridge, 0x28, 0x80);
        put<std::uint32_t>(bridge, 0x2c, 0x80);
    }
    ~configuration() override { fs::remove_all(root); }

    using space = std::array<char, 64>;
    template <class T>
    static void put(space& to, std::size_t at, T number) {
        std::memcpy(&to.at(at), &number, sizeof number);
    }
    rung compare() {
        std::ofstream(folder / "config").write(config.data(), 64);
        std::ofstream(folder.parent_path() / "config").write(bridge.data(), 64);
        std::ofstream(folder / "resource")
            << "0x00000000fe000000 0x00000000fe00ffff 0x0000000000040200\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x0000008000000000 0x0000008003ffffff 0x000000000014220c\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
        return cli::compare_config("BARs", folder);
    }

    fs::path root = fs::temp_directory_path() / ("upciedev-config-" + std::to_string(getpid()));
    fs::path folder = root / "0000:02:01.0" / "0000:03:00.0";
    space config{}, bridge{};
};

TEST_F(configuration, as_the_kernel_gave_it) {
    const auto told = compare();
    EXPECT_EQ(told.how, rung::outcome::passed) << told.detail;
    EXPECT_EQ(told.detail, "2 BARs hold their addresses");
}

TEST_F(configuration, with_an_offset_between_processor_and_bus) {
    put<std::uint32_t>(config, 0x10, 0xd2000000); // the kernel counts as the processor does
    put<std::uint16_t>(bridge, 0x20, 0xd200);
    put<std::uint16_t>(bridge, 0x22, 0xd210);
    EXPECT_EQ(compare().how, rung::outcome::passed) << compare().detail;
}

TEST_F(configuration, of_a_board_that_reset_itself) {
    put<std::uint32_t>(config, 0x18, 0xc);
    put<std::uint32_t>(config, 0x1c, 0);
    const auto told = compare();
    EXPECT_EQ(told.how, rung::outcome::failed);
    EXPECT_THAT(told.detail, HasSubstr("BAR 2 is 0, the kernel gave it 0x8000000000"));
    EXPECT_THAT(told.detail, HasSubstr("lspci will not say"));
}

TEST_F(configuration, whose_memory_is_off) {
    put<std::uint16_t>(config, 4, 4);
    EXPECT_THAT(compare().detail, HasSubstr("switched off in the command register"));
}

TEST_F(configuration, at_an_address_that_the_port_does_not_forward) {
    put<std::uint32_t>(config, 0x10, 0xfd000000);
    const auto told = compare();
    EXPECT_EQ(told.how, rung::outcome::failed);
    EXPECT_THAT(told.detail,
                HasSubstr("BAR 0 is 0xfd000000, which the port above does not forward"));
}

TEST_F(configuration, on_a_root_bus_is_compared_with_the_kernels) {
    put<std::uint8_t>(bridge, 0x0e, 0);
    EXPECT_EQ(compare().how, rung::outcome::passed);
    put<std::uint32_t>(config, 0x10, 0xfd000000);
    EXPECT_EQ(compare().how, rung::outcome::failed);
}

TEST_F(configuration, of_a_board_that_does_not_answer) {
    config.fill(static_cast<char>(0xff));
    EXPECT_THAT(compare().detail, HasSubstr("does not answer"));
    fs::remove(folder / "config");
    EXPECT_EQ(cli::compare_config("BARs", root).how, rung::outcome::skipped);
}

// A switch with a board behind each of two ports, and what the Command registers say.
class ports : public testing::Test {
  protected:
    ports() {
        for (const auto& each : {upstream, left, right})
            has(each, 6);
    }
    ~ports() override { fs::remove_all(root); }

    static void has(const fs::path& port, std::uint16_t command) {
        fs::create_directories(port);
        std::array<char, 64> config{};
        config.at(4) = static_cast<char>(command);
        config.at(0x0e) = 1;
        std::ofstream(port / "config").write(config.data(), config.size());
    }
    [[nodiscard]] rung compare() const {
        for (const auto& board : {left / "0000:03:00.0", right / "0000:04:00.0"})
            fs::create_directories(board);
        return cli::compare_ports("ports", left / "0000:03:00.0", right / "0000:04:00.0");
    }
    void refused(const fs::path& port, std::uint16_t command, const std::string& what,
                 const std::string& remedy) const {
        has(port, command);
        const auto told = compare();
        EXPECT_EQ(told.how, rung::outcome::failed);
        EXPECT_THAT(told.detail,
                    HasSubstr(port.filename().string() + " passes nothing on from " + what));
        EXPECT_THAT(told.detail,
                    HasSubstr("setpci -s " + port.filename().string() + " COMMAND=" + remedy));
        has(port, 6);
    }

    fs::path root = fs::temp_directory_path() / ("upciedev-ports-" + std::to_string(getpid()));
    fs::path upstream = root / "pci0000:00" / "0000:00:1c.0", left = upstream / "0000:02:01.0",
             right = upstream / "0000:02:02.0";
};

TEST_F(ports, that_are_open) {
    const auto told = compare();
    EXPECT_EQ(told.how, rung::outcome::passed);
    EXPECT_EQ(told.detail, "2 pass on what goes up, 2 what comes down");
}

TEST_F(ports, that_are_closed) {
    refused(left, 2, "below (Bus Master is off)", "4:4");
    refused(right, 4, "above (Memory Space is off)", "2:2");
    refused(upstream, 2, "below (Bus Master is off)", "4:4");
    refused(upstream, 4, "above (Memory Space is off)", "2:2");
}

TEST_F(ports, need_only_what_their_board_does) {
    has(left, 4);
    has(right, 2);
    EXPECT_EQ(compare().how, rung::outcome::passed) << compare().detail;
}

TEST_F(ports, of_a_root_bus_are_none) {
    EXPECT_EQ(cli::compare_ports("ports", root, root).detail, "none");
}

} // namespace p2p_config_test
