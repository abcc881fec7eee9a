// SPDX-License-Identifier: BSD-3-Clause
// Finding registers, areas and BARs by name, and what is said when there is none.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

namespace {
int allocations = 0;
} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace upciedev;

const board_description& digitizer() {
    static const auto board = load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc8.yaml");
    return *board;
}

struct message_row {
    const char* path;
    errc code;
    const char* text;
};

TEST(description, explains_why_a_register_is_not_found) {
    for (const auto& [path, code, text] : {
             message_row{"CTLR", errc::no_such_register,
                         "vadc8: no register 'CTLR'; did you mean 'CTRL'?"},
             message_row{"ctrl", errc::no_such_register,
                         "vadc8: no register 'ctrl'; did you mean 'CTRL'?"},
             message_row{"adc.ch[3].GIAN", errc::no_such_register,
                         "vadc8: no register 'adc.ch[3].GIAN'; did you mean 'adc.ch[3].GAIN'?"},
             message_row{
                 "xyzzy", errc::no_such_register,
                 "vadc8: no register 'xyzzy'; the registers are ID, FIRMWARE, SERIAL, SCRATCH, "
                 "CTRL, IRQ_STATUS, IRQ_ENABLE, COUNT and 16 more"},
             message_row{"", errc::no_such_register,
                         "vadc8: no register ''; the registers are ID, FIRMWARE, SERIAL, SCRATCH, "
                         "CTRL, IRQ_STATUS, IRQ_ENABLE, COUNT and 16 more"},
             message_row{"TABLE", errc::no_such_register,
                         "vadc8: TABLE is an array of 16; use TABLE[0] to TABLE[15]"},
             message_row{"TABLE[]", errc::no_such_register,
                         "vadc8: TABLE is an array of 16; use TABLE[0] to TABLE[15]"},
             message_row{"TABLE[x]", errc::no_such_register,
                         "vadc8: TABLE is an array of 16; use TABLE[0] to TABLE[15]"},
             message_row{"TABLE[-1]", errc::no_such_register,
                         "vadc8: TABLE is an array of 16; use TABLE[0] to TABLE[15]"},
             message_row{"adc.ch.GAIN", errc::no_such_register,
                         "vadc8: adc.ch is an array of 8; use adc.ch[0].GAIN to adc.ch[7].GAIN"},
             message_row{"ID[0]", errc::no_such_register,
                         "vadc8: ID is a single register, not an array; use ID"},
             message_row{
                 "TABLE[16]", errc::out_of_range,
                 "vadc8: index of TABLE out of range in TABLE[16]; TABLE is an array of 16; "
                 "use 0 to 15"},
             message_row{
                 "adc.ch.8.GAIN", errc::out_of_range,
                 "vadc8: index of adc.ch out of range in adc.ch.8.GAIN; adc.ch is an array of "
                 "8; use 0 to 7"},
             message_row{"CTRL.ENABLE", errc::no_such_register,
                         "vadc8: ENABLE is a field of CTRL; open it as a field"},
             message_row{"adc.ch[1].CONFIG.ENABLE", errc::no_such_register,
                         "vadc8: ENABLE is a field of adc.ch[1].CONFIG; open it as a field"},
             message_row{"CTRL.ENABEL", errc::no_such_register,
                         "vadc8: CTRL has no field 'ENABEL'; did you mean 'ENABLE'?"},
             message_row{"adc.ch[1]", errc::no_such_register,
                         "vadc8: adc.ch[1] is a group of registers; it holds adc.ch[0].GAIN, "
                         "adc.ch[0].OFFSET, adc.ch[0].THRESHOLD, adc.ch[0].CONFIG"},
             message_row{
                 "dma", errc::no_such_register,
                 "vadc8: dma is a group of registers; it holds dma.SOURCE, dma.DESTINATION, "
                 "dma.LENGTH, dma.CONTROL, dma.STATUS"},
             message_row{"ADC.RAM", errc::no_such_register,
                         "vadc8: ADC.RAM is an area, not a register; open it as an area"},
         }) {
        const auto problem = thrown_by([&path = path] { (void)digitizer().find_register(path); });
        EXPECT_EQ(problem.kind(), code) << path;
        EXPECT_STREQ(problem.what(), text);
    }
}

TEST(description, explains_why_an_area_or_bar_is_not_found) {
    EXPECT_STREQ(thrown_by([] { (void)digitizer().find_area("ADC.RAN"); }).what(),
                 "vadc8: no area 'ADC.RAN'; did you mean 'ADC.RAM'?");
    EXPECT_STREQ(thrown_by([] { (void)digitizer().find_area("x"); }).what(),
                 "vadc8: no area 'x'; the areas are ADC.RAM, DDR, LUT");
    EXPECT_STREQ(thrown_by([] { (void)digitizer().find_area("adc.ch[0].GAIN"); }).what(),
                 "vadc8: adc.ch[0].GAIN is a register, not an area; open it as a register");
    EXPECT_STREQ(thrown_by([] { (void)digitizer().find_bar("reg"); }).what(),
                 "vadc8: no BAR 'reg'; did you mean 'regs'?");
}

TEST(description, survives_odd_paths) {
    for (const auto& path :
         {std::string("["), std::string("]"), std::string("."), std::string("TABLE["),
          std::string("TABLE[1"), std::string("TABLE[1]]"), std::string("TABLE[99999999999]"),
          std::string("TABLE[1][1][1][1][1]"), std::string("TABLE.1x"), std::string("TABLE.1."),
          std::string("adc..ch[0].GAIN"), std::string(100000, 'a'), std::string(1000, '['),
          std::string("CTRL\0", 5), std::string("CTRL ")})
        EXPECT_THROW((void)digitizer().find_register(path), error) << path.substr(0, 40);
}

TEST(description, finds_without_allocating) {
    const auto& board = digitizer();
    const auto before = allocations;
    const auto a = board.find_register("adc.ch[3].GAIN");
    const auto b = board.find_register("adc.ch.3.GAIN");
    const auto c = board.find_register("IRQ_STATUS");
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(a.offset, 0x130U);
    EXPECT_EQ(b.offset, 0x130U);
    EXPECT_EQ(c.offset, 0x24U);
}

TEST(description, every_register_is_found_by_its_own_path) {
    std::string text =
        "format: 1\nboard: large\nbars: {regs: {index: 0, size: 64 KiB}}\nregisters:\n";
    for (int i = 0; i < 2000; ++i)
        text += "  R" + std::to_string(i * 7919) + ": {at: regs+" + std::to_string(i * 4) + "}\n";
    const auto board = parse_board_file(text, "large.yaml");
    ASSERT_EQ(board->registers.size(), 2000U);
    for (const auto& what : board->registers)
        EXPECT_EQ(board->find_register(what.path).description, &what);
    EXPECT_THROW((void)board->find_register("R1"), error);
}

TEST(description, an_empty_board_has_no_registers) {
    const auto board =
        parse_board_file("format: 1\nboard: t\nbars: {r: {index: 0, size: 256}}\n", "x.yaml");
    EXPECT_STREQ(thrown_by([&] { (void)board->find_register("R"); }).what(),
                 "t: no register 'R'; the board file has no registers");
    EXPECT_THROW((void)board_description().find_register("R"), error) << "before build_index()";
}

} // namespace
