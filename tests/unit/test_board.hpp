// SPDX-License-Identifier: BSD-3-Clause
// A board with a register of every kind, described without a file.
#pragma once

#include <upciedev/board.hpp>
#include <upciedev/extend/sim.hpp>

namespace test {

using namespace upciedev; // NOLINT: the tests are all about it

inline value_type unsigned_type(unsigned bits) {
    return {value_type::kind::unsigned_integer, static_cast<std::uint8_t>(bits), 0};
}

inline register_description make_register(std::string path, unsigned bar, std::uint64_t offset,
                                          unsigned width = 32) {
    register_description reg;
    reg.path = std::move(path);
    reg.bar = bar;
    reg.offset = offset;
    reg.width = width;
    reg.convert.type = unsigned_type(width);
    return reg;
}

inline field_description make_field(std::string name, unsigned lsb, unsigned width = 1) {
    field_description part;
    part.name = std::move(name);
    part.lsb = lsb;
    part.width = width;
    part.convert.type = unsigned_type(width);
    return part;
}

inline area_description make_area(std::string path, unsigned bar, std::uint64_t offset,
                                  std::uint64_t count, value_type type) {
    area_description area;
    area.path = std::move(path);
    area.bar = bar;
    area.offset = offset;
    area.count = count;
    area.convert.type = type;
    return area;
}

inline void add_registers_with_effects(std::vector<register_description>& regs) {
    using enum write_effect;
    regs.push_back(make_register("ID", 0, 0x0));
    regs.back().access = access::ro;
    regs.back().reset = 0xc0ffee01;

    regs.push_back(make_register("SECRET", 0, 0x4));
    regs.back().access = access::wo;

    regs.push_back(make_register("EVENTS", 0, 0x8)); // counts since the last read
    regs.back().on_read = read_effect::clear;

    regs.push_back(make_register("FIFO", 0, 0xc));
    regs.back().on_read = read_effect::pop;

    regs.push_back(make_register("IRQ_STATUS", 0, 0x10));
    regs.back().on_write = one_to_clear;
    regs.back().reset = 0x7;
    regs.back().fields = {make_field("DMA_DONE", 0), make_field("TRIGGER", 1)};

    // Every kind of neighbour: a field write must leave them all alone.
    regs.push_back(make_register("CTRL", 0, 0x14));
    regs.back().reset = 0x0000'ff00;
    regs.back().fields = {make_field("ENABLE", 0),  make_field("MODE", 4, 2),
                          make_field("RATE", 8, 8), make_field("LATCHED", 16, 4),
                          make_field("START", 20),  make_field("SET", 24),
                          make_field("FLIP", 25),   make_field("LOCKED", 31)};
    regs.back().fields[1].values = {{"off", 0}, {"internal", 1}, {"external", 2}};
    regs.back().fields[2].convert.scale = 0.5;
    regs.back().fields[2].unit = "MHz";
    regs.back().fields[2].range = {0.0, 100.0};
    regs.back().fields[3].on_write = one_to_clear;
    regs.back().fields[4].on_write = strobe;
    regs.back().fields[5].on_write = one_to_set;
    regs.back().fields[6].on_write = one_to_toggle;
    regs.back().fields[7].access = access::ro;
}

inline void add_registers_of_all_widths(std::vector<register_description>& regs) {
    regs.push_back(make_register("MIXED", 0, 0x18)); // a write-only field beside another
    regs.back().fields = {make_field("PLAIN", 0, 8), make_field("HIDDEN", 8, 8)};
    regs.back().fields[1].access = access::wo;

    regs.push_back(make_register("DMA_ADDRESS", 0, 0x20, 64));
    regs.back().guard = true;

    regs.push_back(make_register("BYTE", 0, 0x28, 8));
    regs.push_back(make_register("WORD", 0, 0x2a, 16));
    regs.push_back(make_register("LONG", 0, 0x30, 64));
    regs.push_back(make_register("BIG16", 0, 0x38, 16));
    regs.back().order = byte_order::big;
    regs.push_back(make_register("BIG", 0, 0x3c));
    regs.back().order = byte_order::big;
    regs.back().fields = {make_field("LOW", 0, 8), make_field("ACK", 31)};
    regs.back().fields[1].on_write = write_effect::one_to_clear;
}

inline void add_mapped_registers(std::vector<register_description>& regs) {
    regs.push_back(make_register("PLAIN", 0, 0x1000));
    regs.back().range = {0.0, 1e6};
    regs.back().fields = {make_field("LOW", 0, 16), make_field("HIGH", 16, 16)};
    regs.push_back(make_register("SOURCE", 0, 0x1004));
    regs.back().values = {{"off", 0}, {"external", 2}};
    regs.push_back(make_register("adc.ch[].GAIN", 0, 0x1100));
    regs.back().repeats = {{8, 0x10}};
    regs.back().convert.type = {value_type::kind::signed_integer, 16, 12};
    regs.back().unit = "dB";
    regs.back().range = {-6.0, 6.0};
    regs.push_back(make_register("grid[].row[].CELL", 0, 0x1400));
    regs.back().repeats = {{2, 0x40}, {4, 0x4}};

    regs.push_back(make_register("TEMPERATURE", 0, 0x2000));
    regs.back().access = access::ro;
    regs.back().convert = {{value_type::kind::signed_integer, 16, 0}, 0.25, -20.0};
}

inline void add_areas(board_description& board) {
    board.areas = {
        make_area("RAM", 2, 0, 1024 * 1024, {value_type::kind::signed_integer, 16, 0}),
        make_area("TABLE", 0, 0x8000, 256, {value_type::kind::signed_integer, 16, 12}),
        make_area("BIG_TABLE", 0, 0x9000, 256, unsigned_type(32)),
        make_area("FLOATS", 0, 0xa000, 64, {value_type::kind::floating, 32, 0}),
        make_area("TWELVE", 0, 0xb000, 64, {value_type::kind::signed_integer, 12, 0}),
        make_area("WIDE", 0, 0xc000, 64, {value_type::kind::unsigned_integer, 64, 0}),
        make_area("ROM", 0, 0xd000, 64, unsigned_type(8)),
    };
    board.areas[2].order = byte_order::big;
    board.areas[6].access = access::ro;
}

/// BAR 0, page 0: all kinds of effects, so not mapped. Page 1: plain registers, mapped. Page 2:
/// plain but for what is read-only, so mapped for reading. BAR 2: 512 MiB of memory.
inline board_description_ptr make_tester() {
    auto board = std::make_shared<board_description>();
    board->name = "tester";
    board->bars.resize(2);
    board->bars[0].name = "regs";
    board->bars[0].size = 0x10000;
    board->bars[1].name = "ddr";
    board->bars[1].index = 2;
    board->bars[1].size = std::uint64_t{512} << 20;
    board->matches.push_back({0x1b36, 0x00a8, {}, {}});
    add_registers_with_effects(board->registers);
    add_registers_of_all_widths(board->registers);
    add_mapped_registers(board->registers);
    add_areas(*board);
    board->build_index();
    return board;
}

/// The tester in slot 4, with both ends at hand.
struct fixture {
    std::shared_ptr<sim_board> sim = std::make_shared<sim_board>(make_tester(), 4);
    upciedev::board board{sim, make_tester()};
};

/// The kind and text of the error that \p action throws.
template <class Action>
std::pair<errc, std::string> error_of(const Action& action) {
    try {
        action();
    } catch (const error& e) {
        return {e.kind(), e.what()};
    }
    return {errc{}, "no error"};
}

} // namespace test
