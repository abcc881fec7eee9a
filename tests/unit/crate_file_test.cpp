// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace crate_file_test {

using namespace upciedev;
using testing::ElementsAre;

crate_file parse(const std::string& text) {
    return crate_file::parse(text, "crates/x.yaml");
}

/// Every value to simulate must be one that its register or field can hold.
void check_simulate(const crate_slot& slot) {
    const auto board = load_board_file(slot.board);
    for (const auto& [path, number] : slot.simulate) {
        const auto place = board->find_register(path);
        EXPECT_NO_THROW(encode(place.description->convert, number)) << slot.where << " " << path;
    }
}

TEST(crate_file, all_of_ours_load_with_their_boards) {
    std::set<std::filesystem::path> boards;
    for (const auto& entry :
         std::filesystem::directory_iterator(UPCIEDEV_SOURCE_DIR "/devices/crates")) {
        if (entry.path().extension() != ".yaml") continue;
        for (const auto& slot : crate_file::load(entry.path()).slots) {
            boards.insert(slot.board);
            check_simulate(slot);
        }
    }
    EXPECT_GE(boards.size(), 8U);
}

TEST(crate_file, all_keys) {
    const auto crate =
        parse("format: 1\ncrate: lab-3\ntitle: Upstairs\nslots:\n"
              "  4: {board: ../a/b.yaml, alias: adc-1, simulate: {T: 41.5, \"c[0].G\": 0x10}}\n"
              "  1:\n"
              "    qemu: {device: \"ivshmem-plain,memdev=shm\", objects: [a, \"b,c=1\"]}\n"
              "  8191: {board: /abs/c.yaml}\n");
    EXPECT_EQ(crate.name, "lab-3");
    EXPECT_EQ(crate.title, "Upstairs");
    EXPECT_EQ(crate.file, "crates/x.yaml");
    ASSERT_EQ(crate.slots.size(), 3U);
    EXPECT_EQ(crate.slots[0].slot, 1U) << "ascending";
    EXPECT_TRUE(crate.slots[0].board.empty());
    EXPECT_EQ(crate.slots[0].qemu->device, "ivshmem-plain,memdev=shm");
    EXPECT_THAT(crate.slots[0].qemu->objects, ElementsAre("a", "b,c=1"));
    EXPECT_EQ(crate.slots[1].slot, 4U);
    EXPECT_EQ(crate.slots[1].board, "a/b.yaml");
    EXPECT_EQ(crate.slots[1].alias, "adc-1");
    EXPECT_EQ(crate.slots[1].simulate.at("T"), 41.5);
    EXPECT_EQ(crate.slots[1].simulate.at("c[0].G"), 16);
    EXPECT_EQ(crate.slots[1].where, "crates/x.yaml:5:3");
    EXPECT_EQ(crate.slots[1].qemu, std::nullopt);
    EXPECT_EQ(crate.slots[2].board, "/abs/c.yaml");
}

void expect_refusals(const std::vector<std::pair<std::string, const char*>>& rows) {
    for (const auto& [text, message] : rows) {
        const auto problem = thrown_by([&text = text] { parse(text); });
        EXPECT_EQ(problem.kind(), errc::bad_board_file);
        EXPECT_STREQ(problem.what(), message);
    }
}

TEST(crate_file, bad_ones_are_refused_with_place_and_remedy) {
    const std::string head = "format: 1\ncrate: c\nslots:\n";
    expect_refusals({
        std::pair(std::string("crate: c\nslots: {1: {board: b}}\n"),
                  "crates/x.yaml:1:1: the key 'format' is missing"),
        std::pair(std::string("format: 1\ncrate: a b\nslots: {1: {board: b}}\n"),
                  "crates/x.yaml:2:8: 'a b' is not a crate name; write letters, digits, '_' and "
                  "'-', beginning with a letter"),
        std::pair(std::string("format: 1\ncrate: c\nslots: {}\n"),
                  "crates/x.yaml:3:8: 'slots' is empty; name at least one"),
        std::pair(head + "  0: {board: b}\n",
                  "crates/x.yaml:4:3: '0' is not a slot number; slots are 1 to 8191"),
        std::pair(head + "  8192: {board: b}\n",
                  "crates/x.yaml:4:3: '8192' is not a slot number; slots are 1 to 8191"),
        std::pair(head + "  04: {board: b}\n",
                  "crates/x.yaml:4:3: '04' is not a slot number; slots are 1 to 8191"),
        std::pair(head + "  x: {board: b}\n",
                  "crates/x.yaml:4:3: 'x' is not a slot number; slots are 1 to 8191"),
        std::pair(head + "  1: {board: b}\n  1: {board: b}\n",
                  "crates/x.yaml:5:3: duplicate key '1'; it stands already in line 4"),
        std::pair(head + "  1: {board: b, alias: a}\n  2: {board: b, alias: a}\n",
                  "crates/x.yaml:5:24: slot 1 has the alias 'a' already"),
        std::pair(head + "  1: {board: b, alias: 4}\n",
                  "crates/x.yaml:4:24: '4' is not an alias; write letters, digits, '_' and '-', "
                  "beginning with a letter"),
        std::pair(head + "  1: {alias: a}\n",
                  "crates/x.yaml:4:3: nothing is said about slot 1; give its 'board', its 'qemu' "
                  "device, the board 'expected' there"),
        std::pair(head + "  1: {bord: b}\n",
                  "crates/x.yaml:4:7: unknown key 'bord'; did you mean 'board'?"),
        std::pair(head + "  1: b.yaml\n",
                  "crates/x.yaml:4:6: a single value where a map should stand for '1'"),
        std::pair(head + "  1: {board: b, simulate: {T: hot}}\n",
                  "crates/x.yaml:4:31: 'hot' is not a number; write it decimal (12, -1.5) or "
                  "hexadecimal (0x1f)"),
        std::pair(head + "  1: {qemu: {objects: [a]}}\n",
                  "crates/x.yaml:4:13: the key 'device' is missing; 'qemu' needs it"),
        std::pair(head + "  1: {qemu: {device: a, objects: b}}\n",
                  "crates/x.yaml:4:34: 'objects' is not a list; write [a, b]"),
    });
}

TEST(crate_file, a_model_is_a_path_or_a_name) {
    const auto slots = parse("format: 1\ncrate: c\nslots:\n"
                             "  1: {board: b, model: mine}\n  2: {board: b, model: ./mine.so}\n"
                             "  3: {board: b}\n")
                           .slots;
    EXPECT_EQ(slots[0].model, "mine");
    EXPECT_EQ(slots[0].model_where, "crates/x.yaml:4:24");
    EXPECT_EQ(slots[1].model, std::filesystem::current_path() / "crates/mine.so");
    EXPECT_EQ(slots[2].model, "");
    const std::string head = "format: 1\ncrate: c\nslots:\n";
    expect_refusals({
        std::pair(head + "  1: {board: b, model: mine.so}\n",
                  "crates/x.yaml:4:24: 'mine.so' is not a model; give a library with a '/' "
                  "(./libmine.so), or the NAME of one that is called libupciedev-model-NAME.so"),
        std::pair(head + "  1: {expected: b, model: mine}\n",
                  "crates/x.yaml:4:20: a model needs a board file; give the slot's 'board', too"),
    });
}

TEST(crate_file, bad_crates_and_expected_boards_are_refused) {
    const std::string head = "format: 1\ncrate: c\nslots:\n";
    expect_refusals({
        std::pair(std::string("format: 1\ncrate: c\npeer_reads: often\nslots: {1: {board: b}}\n"),
                  "crates/x.yaml:3:13: unknown value 'often' for 'peer_reads'; use true or false"),
        std::pair(head + "  1: {expected: 4x}\n",
                  "crates/x.yaml:4:17: '4x' is not a board name; give the name in its board "
                  "file, or {vendor: 0x..., device: 0x...}"),
        std::pair(head + "  1: {expected: {vendor: 1}}\n",
                  "crates/x.yaml:4:17: the key 'device' is missing; 'expected' needs it"),
        std::pair(std::string("format: 1\ncrate: c\ncrates: {a: {port: 0000:02:00.0, slots: "
                              "{1: {board: b}}}}\n"),
                  "crates/x.yaml:2:1: unknown key 'crate'; did you mean 'crates'?"),
        std::pair(std::string("format: 1\ncrates: {a: {slots: {1: {board: b}}}}\n"),
                  "crates/x.yaml:2:13: the key 'port' is missing; 'a' needs it"),
        std::pair(std::string("format: 1\ncrates: {a: {port: 02:00.0, slots: {1: {board: "
                              "b}}}}\n"),
                  "crates/x.yaml:2:20: '02:00.0' is not a PCI address; write it as in "
                  "/sys/bus/pci/devices: 0000:02:00.0"),
        std::pair(std::string("format: 1\ncrates:\n"
                              "  a: {port: 0000:02:00.0, slots: {1: {board: b}}}\n"
                              "  b: {port: 0000:02:00.0, slots: {1: {board: b}}}\n"),
                  "crates/x.yaml:4:13: 0000:02:00.0 is the port of crate 'a' already"),
    });
}

TEST(crate_file, several_crates_and_expected_boards) {
    const auto rack = parse("format: 1\ntitle: Rack\ncrates:\n"
                            "  upper: {port: 0000:02:00.0, title: Up, slots: {4: {expected: adc, "
                            "alias: a}}}\n"
                            "  lower:\n"
                            "    port: 0000:0a:00.0\n"
                            "    peer_reads: true\n"
                            "    slots:\n"
                            "      4: {alias: a, expected: {vendor: 1, device: 2, subdevice: 3}}\n"
                            "      2: {board: b.yaml}\n");
    EXPECT_EQ(rack.name, "upper, lower");
    ASSERT_EQ(rack.crates.size(), 2U);
    EXPECT_EQ(rack.crates[0].title, "Up");
    EXPECT_EQ(rack.crates[1].port, "0000:0a:00.0");
    EXPECT_TRUE(rack.crates[1].peer_reads && !rack.crates[0].peer_reads);
    EXPECT_FALSE(rack.crates[1].peer_root_complex);
    ASSERT_EQ(rack.slots.size(), 3U);
    EXPECT_EQ(rack.slots[0].crate, "lower");
    EXPECT_EQ(rack.slots[0].slot, 2U);
    EXPECT_EQ(rack.slots[1].expected->ids.subdevice, 3);
    EXPECT_EQ(rack.slots[2].expected->name, "adc");
    const auto one = parse("format: 1\ncrate: c\nport: 0000:02:00.0\nslots: {1: {board: b}}\n");
    ASSERT_EQ(one.crates.size(), 1U);
    EXPECT_EQ(one.crates[0].name, "c");
    EXPECT_EQ(one.crates[0].port, "0000:02:00.0");
}

} // namespace crate_file_test
