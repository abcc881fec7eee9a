// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace board_file_test {

using namespace upciedev;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Four lines that most tests begin with; their own text begins in line 5.
constexpr const char* head = "format: 1\n"
                             "board: test\n"
                             "bars: {regs: {index: 0, size: 4 KiB}, ddr: {index: 2, size: 1 MiB}}\n"
                             "registers:\n";

board_description_ptr parse(const std::string& text) {
    return parse_board_file(text, "x.yaml");
}
board_description_ptr parse_registers(const std::string& text) {
    return parse(head + text);
}

const register_description& first(const board_description_ptr& board) {
    return board->registers.at(0);
}

TEST(board_file, all_of_ours_load) {
    int count = 0;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(UPCIEDEV_SOURCE_DIR "/devices")) {
        if (file.path().extension() != ".yaml" || file.path().parent_path().filename() == "crates")
            continue;
        const auto board = load_board_file(file.path());
        EXPECT_EQ(board->name, file.path().stem());
        EXPECT_EQ(board->file, file.path());
        EXPECT_FALSE(board->title.empty());
        EXPECT_FALSE(board->matches.empty());
        ++count;
    }
    EXPECT_GE(count, 9);
}

TEST(board_file, head_and_match) {
    const auto board =
        parse("format: 1\nboard: my-board_2\ntitle: Title\nvendor: ACME\n"
              "description: |\n  Two\n  lines\n"
              "match:\n"
              "  - {vendor: 0x10ee, device: 32, subvendor: 0x1, subdevice: 0}\n"
              "  - {vendor: 1, device: 2}\n"
              "bars:\n"
              "  ddr: {index: 2, size: 2 GiB, mapping: write-combined, peer: {scratch: 0x40, size: "
              "4 KiB}}\n"
              "  regs: {index: 0, size: 0x100, description: Control, endian: big}\n");
    EXPECT_EQ(board->name, "my-board_2");
    EXPECT_EQ(board->vendor, "ACME");
    EXPECT_EQ(board->text, "Two\nlines\n");
    ASSERT_EQ(board->matches.size(), 2U);
    EXPECT_EQ(board->matches[0].device, 32);
    EXPECT_EQ(board->matches[0].subdevice, 0);
    EXPECT_EQ(board->matches[1].subvendor, std::nullopt);
    ASSERT_EQ(board->bars.size(), 2U);
    EXPECT_EQ(board->bars[0].name, "regs") << "ascending index";
    EXPECT_EQ(board->bars[0].size, 256U);
    EXPECT_EQ(board->bars[0].order, byte_order::big);
    EXPECT_EQ(board->bars[0].text, "Control");
    EXPECT_EQ(board->find_bar("ddr").size, std::uint64_t{2} << 30U);
    EXPECT_TRUE(board->find_bar("ddr").write_combined);
    EXPECT_TRUE(board->find_bar("ddr").peer);
    ASSERT_TRUE(board->find_bar("ddr").scratch);
    EXPECT_EQ(board->find_bar("ddr").scratch->offset, 0x40U);
    EXPECT_EQ(board->find_bar("ddr").scratch->size, 4096U);
    EXPECT_FALSE(board->find_bar("regs").peer);
}

TEST(board_file, a_register_has_sensible_defaults) {
    const auto board = parse_registers("  R: {at: ddr+0x10}\n");
    const auto& what = first(board);
    EXPECT_EQ(what.path, "R");
    EXPECT_EQ(what.bar, 2U);
    EXPECT_EQ(what.offset, 0x10U);
    EXPECT_EQ(what.width, 32U);
    EXPECT_EQ(what.order, byte_order::little);
    EXPECT_EQ(what.convert.type.name(), "uint32");
    EXPECT_EQ(what.access, access::rw);
    EXPECT_FALSE(what.reading_has_effects());
    EXPECT_EQ(what.reset, std::nullopt);
    EXPECT_FALSE(what.guard);
}

TEST(board_file, all_keys_of_a_register) {
    const auto board = parse_registers(
        "  R: {at: regs+8, width: 64, type: int16, scale: 0.5, offset: -20, unit: degC, range: "
        "[-20, 80],\n"
        "      values: {low: -1, high: 0x7fff}, access: rw, on_read: clear, on_write: "
        "one_to_clear,\n"
        "      reset: 0xffff0000ffff0000, guard: true, endian: big, description: All}\n");
    const auto& what = first(board);
    EXPECT_EQ(what.width, 64U);
    EXPECT_EQ(what.convert.type.name(), "int16");
    EXPECT_EQ(what.convert.scale, 0.5);
    EXPECT_EQ(what.convert.offset, -20);
    EXPECT_EQ(what.unit, "degC");
    EXPECT_EQ(what.range, std::pair(-20.0, 80.0));
    EXPECT_THAT(what.values, ElementsAre(Pair("low", 0xffffU), Pair("high", 0x7fffU)));
    EXPECT_EQ(what.on_read, read_effect::clear);
    EXPECT_EQ(what.on_write, write_effect::one_to_clear);
    EXPECT_EQ(what.reset, 0xffff0000ffff0000U);
    EXPECT_TRUE(what.guard);
    EXPECT_EQ(what.order, byte_order::big);
    EXPECT_EQ(what.text, "All");
}

TEST(board_file, width_follows_the_type_from_32_up) {
    const auto width = [](const std::string& keys) {
        return first(parse_registers("  R: {at: regs+0, " + keys + "}\n")).width;
    };
    EXPECT_EQ(width("type: int16"), 32U);
    EXPECT_EQ(width("type: bool"), 32U);
    EXPECT_EQ(width("type: uint33"), 64U);
    EXPECT_EQ(width("type: float64"), 64U);
    EXPECT_EQ(width("type: sfix18.17"), 32U);
    EXPECT_EQ(width("type: int16, width: 16"), 16U);
    EXPECT_EQ(width("type: bool, width: 8"), 8U);
    EXPECT_EQ(first(parse_registers("  R: {at: regs+0, width: 16}\n")).convert.type.name(),
              "uint16");
}

TEST(board_file, fields_inherit_and_make_up_the_reset) {
    const auto board = parse_registers(
        "  R:\n"
        "    at: regs+0\n"
        "    on_write: one_to_clear\n"
        "    fields:\n"
        "      A: 0\n"
        "      B: {bits: 3:1, reset: 5, values: {off: 0, on: 1}, on_write: strobe}\n"
        "      C: {bits: 15:8, access: ro, on_read: pop, reset: 0x80, type: int8, unit: V}\n"
        "      D: {bits: 31, reset: 1}\n");
    const auto& what = first(board);
    EXPECT_EQ(what.reset, 0x8000800aU);
    EXPECT_TRUE(what.reading_has_effects());
    EXPECT_EQ(what.on_read, read_effect::none);
    const auto& a = *what.find_field("A");
    EXPECT_EQ(a.mask(), 1U);
    EXPECT_EQ(a.on_write, write_effect::one_to_clear);
    const auto& b = *what.find_field("B");
    EXPECT_EQ(b.mask(), 0xeU);
    EXPECT_EQ(b.convert.type.name(), "uint3");
    EXPECT_EQ(b.on_write, write_effect::strobe);
    const auto& c = *what.find_field("C");
    EXPECT_EQ(c.access, access::ro);
    EXPECT_EQ(c.on_write, write_effect::none);
    EXPECT_EQ(c.convert.type.name(), "int8");
    EXPECT_EQ(what.find_field("E"), nullptr);
}

TEST(board_file, groups_and_repeats_compose) {
    const auto board = parse_registers("  a:\n"
                                       "    at: regs+0x100\n"
                                       "    registers:\n"
                                       "      b:\n"
                                       "        at: 0x20\n"
                                       "        repeat: {count: 2, stride: 0x40}\n"
                                       "        registers:\n"
                                       "          R: {at: 4, repeat: {count: 3, stride: 8}}\n"
                                       "  ch:\n"
                                       "    repeat: {count: 4, stride: 4}\n"
                                       "    registers:\n"
                                       "      X: {at: regs+0x800}\n"
                                       "      Y: {at: ddr+0x10}\n");
    EXPECT_EQ(first(board).path, "a.b[].R[]");
    EXPECT_EQ(board->find_register("a.b[0].R[0]").offset, 0x124U);
    const auto place = board->find_register("a.b[1].R[2]");
    EXPECT_EQ(place.offset, 0x124U + 0x40 + 2 * 8);
    EXPECT_THAT(place.indices, ElementsAre(1, 2, 0, 0));
    EXPECT_EQ(place.path(), "a.b[1].R[2]");
    EXPECT_EQ(board->find_register("a.b.1.R.2").offset, place.offset);
    EXPECT_EQ(board->find_register("a.b.1.R[2]").offset, place.offset);
    EXPECT_EQ(board->find_register("ch[3].X").offset, 0x80cU);
    EXPECT_EQ(board->find_register("ch[3].Y").offset, 0x1cU);
    EXPECT_EQ(board->find_register("ch[3].Y").description->bar, 2U);

    const auto all = board->all_registers();
    ASSERT_EQ(all.size(), 6U + 4 + 4);
    EXPECT_EQ(all[0].first, "a.b[0].R[0]");
    EXPECT_EQ(all[4].first, "a.b[1].R[1]");
    for (const auto& [path, where] : all)
        EXPECT_EQ(board->find_register(path).offset, where.offset);
}

TEST(board_file, byte_order_comes_from_the_nearest) {
    const auto board =
        parse("format: 1\nboard: test\nendian: big\n"
              "bars: {regs: {index: 0, size: 4 KiB}, "
              "bridge: {index: 1, size: 4 KiB, endian: little}}\n"
              "registers:\n"
              "  A: {at: regs+0}\n"
              "  B: {at: regs+4, endian: little}\n"
              "  C: {at: bridge+0}\n"
              "  g:\n"
              "    endian: big\n"
              "    registers: {D: {at: bridge+4}, E: {at: bridge+8, endian: little}}\n"
              "areas:\n"
              "  F: {at: regs+0x100, count: 4}\n"
              "  G: {at: bridge+0x100, count: 4}\n"
              "  H: {at: bridge+0x100, count: 4, endian: big}\n");
    const auto order = [&](const char* path) {
        return board->find_register(path).description->order;
    };
    EXPECT_EQ(order("A"), byte_order::big);
    EXPECT_EQ(order("B"), byte_order::little);
    EXPECT_EQ(order("C"), byte_order::little);
    EXPECT_EQ(order("g.D"), byte_order::big);
    EXPECT_EQ(order("g.E"), byte_order::little);
    EXPECT_EQ(board->find_area("F").order, byte_order::big);
    EXPECT_EQ(board->find_area("G").order, byte_order::little);
    EXPECT_EQ(board->find_area("H").order, byte_order::big);
}

TEST(board_file, guard_reaches_into_groups) {
    const auto board = parse_registers("  dma:\n"
                                       "    guard: true\n"
                                       "    at: regs+0\n"
                                       "    registers:\n"
                                       "      A: {at: 0}\n"
                                       "      B: {at: 4, access: ro}\n"
                                       "      C: {at: 8, guard: false}\n"
                                       "      sub: {registers: {D: {at: 0x10}}}\n");
    const auto guard = [&](const char* path) {
        return board->find_register(path).description->guard;
    };
    EXPECT_TRUE(guard("dma.A"));
    EXPECT_FALSE(guard("dma.B")) << "nobody can write it anyway";
    EXPECT_FALSE(guard("dma.C"));
    EXPECT_TRUE(guard("dma.sub.D"));
}

TEST(board_file, read_and_write_registers_may_share_an_address) {
    const auto board = parse_registers("  STATUS: {at: regs+0, access: ro}\n"
                                       "  COMMAND: {at: regs+0, access: wo}\n");
    EXPECT_EQ(board->registers.size(), 2U);
}

TEST(board_file, arrays_may_be_interleaved) {
    EXPECT_NO_THROW(parse_registers("  A: {at: regs+0, repeat: {count: 4, stride: 8}}\n"
                                    "  B: {at: regs+4, repeat: {count: 4, stride: 8}}\n"));
}

TEST(board_file, areas) {
    const auto board =
        parse("format: 1\nboard: test\nbars: {ddr: {index: 2, size: 1 MiB}}\n"
              "areas:\n"
              "  ADC.RAM: {at: ddr+0x0, size: 64 KiB, type: int12, unit: V, scale: 0.5}\n"
              "  BYTES: {at: ddr+1, count: 3, type: uint8, access: ro, description: x}\n"
              "  ALL: {at: ddr+0, size: 1 MiB, type: float64}\n");
    const auto& ram = board->find_area("ADC.RAM");
    EXPECT_EQ(ram.element_size(), 2U);
    EXPECT_EQ(ram.count, 32768U);
    EXPECT_EQ(ram.size(), 65536U);
    EXPECT_EQ(ram.convert.scale, 0.5);
    EXPECT_EQ(board->find_area("BYTES").element_size(), 1U);
    EXPECT_EQ(board->find_area("BYTES").access, access::ro);
    EXPECT_EQ(board->find_area("ALL").count, 131072U);
}

TEST(board_file, the_last_bytes_of_a_bar_count) {
    EXPECT_NO_THROW(parse_registers("  R: {at: regs+0xffc}\n"));
    EXPECT_NO_THROW(parse_registers("  R: {at: regs+0x0, repeat: {count: 1024, stride: 4}}\n"));
}

/// The n-th YAML example of docs/board-files.md.
std::string example(int n) {
    std::ifstream stream(UPCIEDEV_SOURCE_DIR "/docs/board-files.md");
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const std::string fence = "```yaml\n";
    std::size_t begin = 0;
    for (int i = 0; i < n; ++i)
        begin = text.find(fence, begin) + fence.size();
    return text.substr(begin, text.find("```\n", begin) - begin);
}

TEST(board_file, the_examples_in_the_manual_load) {
    const auto board = parse_board_file(example(1), "board-files.md");
    EXPECT_EQ(board->find_register("adc.ch[3].GAIN").offset, 0x130U);
    EXPECT_EQ(crate_file::parse(example(7), "board-files.md").slots.size(), 2U);
}

TEST(board_file, a_file_that_cannot_be_read) {
    const auto problem = thrown_by([] { load_board_file("/nowhere/x.yaml"); });
    EXPECT_EQ(problem.kind(), errc::bad_board_file);
    EXPECT_STREQ(problem.what(), "/nowhere/x.yaml: cannot be read; No such file or directory");
    EXPECT_THAT(thrown_by([] { load_board_file("/tmp"); }).what(), HasSubstr("it is a folder"));
}

} // namespace board_file_test
