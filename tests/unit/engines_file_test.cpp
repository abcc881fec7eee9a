// SPDX-License-Identifier: BSD-3-Clause
// The sections of a board file about interrupts, DMA engines, multiplexed areas and scratch.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace engines_file_test {

using namespace upciedev;

constexpr const char* head = R"(format: 1
board: test
bars: {regs: {index: 0, size: 4 KiB}, ddr: {index: 2, size: 1 MiB, peer: true}}
registers:
  SCRATCH: {at: regs+0}
  STATUS: {at: regs+4, on_write: one_to_clear, fields: {DONE: 0, TRIGGER: 1}}
  ENABLE: {at: regs+8, fields: {DONE: 0, TRIGGER: 1}}
  ACK: {at: regs+0xc, access: wo}
  FIFO: {at: regs+0x10, access: ro, on_read: pop}
  PART: {at: regs+0x14, fields: {STROBE: {bits: 0, on_write: strobe}}}
  dma:
    at: regs+0x80
    registers:
      ch:
        repeat: {count: 2, stride: 0x20}
        registers:
          LOW: {at: 0, guard: true}
          HIGH: {at: 4, guard: true}
          BOARD: {at: 8}
          LENGTH: {at: 0xc}
          CTRL: {at: 0x10, guard: true, fields: {START: 0, ABORT: 1}}
          BUSY: {at: 0x14, access: ro, fields: {BUSY: 0, ERROR: 1}}
areas:
  DDR: {at: ddr+0, size: 1 MiB}
)";

constexpr const char* all_keys = R"(  RAW:
    at: ddr+0
    size: 24 KiB
    type: int16
    layout:
      frame: 12
      channels:
        T: {at: 8, type: uint32, endian: big, unit: ticks, description: Time}
        IQ: {at: 0, repeat: {count: 2, stride: 4}, scale: 0.5, offset: 1, unit: V}
irqs:
  trigger: {status: STATUS.TRIGGER, enable: ENABLE.TRIGGER, acknowledge: STATUS.TRIGGER}
  done: {vector: 3, acknowledge: ACK, description: The end}
dma:
  read:
    direction: from_board
    host: ["dma.ch[1].LOW", dma.ch.1.HIGH]
    board: "dma.ch[1].BOARD"
    length: "dma.ch[1].LENGTH"
    start: [{"dma.ch[1].CTRL.START": 1}, {"dma.ch[1].CTRL.START": 0}]
    stop:
      - "dma.ch[1].CTRL.ABORT": 1
      - "dma.ch[1].CTRL": 2
    busy: "dma.ch[1].BUSY.BUSY"
    error: "dma.ch[1].BUSY.ERROR"
    irq: done
    area: DDR
    alignment: 64
    max_length: 4 MiB
    address_bits: 40
    memory: {at: 0x40000, size: 64 KiB}
    description: Samples
  write: {direction: to_board, host: "dma.ch[0].LOW", length: "dma.ch[0].CTRL", irq: done, max_length: 4096}
scratch: SCRATCH
)";

board_description_ptr load_all_keys() {
    return parse_board_file(std::string(head) + all_keys, "x.yaml");
}

TEST(engines_file, all_keys_of_channels_and_scratch) {
    const auto board = load_all_keys();
    EXPECT_EQ(board->scratch, "SCRATCH");

    const auto& raw = board->find_area("RAW");
    EXPECT_EQ(raw.frame, 12U);
    ASSERT_EQ(raw.channels.size(), 2U);
    const auto& iq = raw.channels[0]; // ascending offset
    EXPECT_EQ(iq.name, "IQ");
    EXPECT_EQ(iq.copies.count, 2U);
    EXPECT_EQ(iq.copies.stride, 4U);
    EXPECT_EQ(iq.convert.type.name(), "int16") << "that of the area";
    EXPECT_EQ(iq.sample_size(), 2U);
    EXPECT_EQ(iq.convert.scale, 0.5);
    EXPECT_EQ(iq.convert.offset, 1.0);
    EXPECT_EQ(raw.channels[1].offset, 8U);
    EXPECT_EQ(raw.channels[1].order, byte_order::big);
    EXPECT_EQ(raw.channels[1].copies.count, 1U);
    EXPECT_EQ(board->find_area("DDR").frame, 0U);
}

TEST(engines_file, all_keys_of_interrupts) {
    const auto board = load_all_keys();
    ASSERT_EQ(board->irqs.size(), 2U);
    EXPECT_EQ(board->irqs[0].name, "trigger");
    EXPECT_EQ(board->irqs[0].vector, 0U);
    EXPECT_EQ(board->irqs[0].status.path, "STATUS");
    EXPECT_EQ(board->irqs[0].status.field, "TRIGGER");
    EXPECT_EQ(board->irqs[0].enable.path, "ENABLE");
    EXPECT_EQ(board->irqs[1].vector, 3U);
    EXPECT_EQ(board->irqs[1].status.path, "");
    EXPECT_EQ(board->irqs[1].acknowledge.path, "ACK");
    EXPECT_EQ(board->irqs[1].acknowledge.field, "");
}

TEST(engines_file, all_keys_of_engines) {
    const auto board = load_all_keys();
    ASSERT_EQ(board->dma.size(), 2U);
    const auto& read = board->dma[0];
    EXPECT_FALSE(read.to_board);
    ASSERT_EQ(read.host.size(), 2U);
    EXPECT_EQ(read.host[1].path, "dma.ch.1.HIGH");
    EXPECT_EQ(read.board.path, "dma.ch[1].BOARD");
    ASSERT_EQ(read.start.size(), 2U);
    for (const auto& write : read.start)
        EXPECT_EQ(write.where.field, "START");
    EXPECT_EQ(read.start[0].bits, 1U);
    EXPECT_EQ(read.start[1].bits, 0U) << "the same again";
    ASSERT_EQ(read.stop.size(), 2U);
    EXPECT_EQ(read.stop[1].bits, 2U);
    EXPECT_EQ(read.busy.field, "BUSY");
    EXPECT_EQ(read.error.field, "ERROR");
    EXPECT_EQ(read.irq, "done");
    EXPECT_EQ(read.area, "DDR");
    EXPECT_EQ(read.alignment, 64U);
    EXPECT_EQ(read.max_length, 4U << 20U);
    EXPECT_EQ(read.address_bits, 40U);
    EXPECT_EQ(read.memory_at, 0x40000U);
    EXPECT_EQ(read.memory_size, 64U << 10U);
    EXPECT_TRUE(board->dma[1].to_board);
    EXPECT_TRUE(board->dma[1].start.empty());
    EXPECT_EQ(board->dma[1].alignment, 1U);
    EXPECT_EQ(board->dma[1].address_bits, 32U) << "as its register has";
    EXPECT_EQ(board->dma[1].memory_size, 0U) << "nobody knows";
}

/// The first engine of a file with these further keys.
dma_description engine_with(const std::string& keys) {
    return parse_board_file(std::string(head) +
                                "dma: {r: {direction: from_board, host: [\"dma.ch[0].LOW\", "
                                "\"dma.ch[0].HIGH\"], board: \"dma.ch[0].BOARD\", length: "
                                "\"dma.ch[0].CTRL\", busy: STATUS, max_length: 1 MiB" +
                                keys + "}}\n",
                            "x.yaml")
        ->dma.front();
}

TEST(engines_file, memory_of_an_engine) {
    EXPECT_EQ(engine_with("").address_bits, 64U) << "of both halves";
    EXPECT_EQ(engine_with(", area: DDR").memory_size, 1U << 20U) << "that of the area";
    const auto moved = engine_with(", area: DDR, memory: {at: 4096, size: 64 KiB}");
    EXPECT_EQ(moved.memory_at, 4096U);
    EXPECT_EQ(moved.memory_size, 64U << 10U);
    EXPECT_EQ(engine_with(", memory: {at: 0, size: 4 GiB}").memory_size, std::uint64_t{4} << 30U);
}

struct bad_row {
    const char* name;
    const char* text; ///< from line 25 on
    const char* message;
};

void PrintTo(const bad_row& row, std::ostream* out) {
    *out << row.name;
}

class bad_engines_file : public testing::TestWithParam<bad_row> {};

TEST_P(bad_engines_file, is_refused_with_place_and_remedy) {
    const auto& row = GetParam();
    EXPECT_STREQ(
        thrown_by([&] { parse_board_file(std::string(head) + row.text, "x.yaml"); }).what(),
        row.message);
}

std::string row_name(const testing::TestParamInfo<bad_row>& row) {
    return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    parts, bad_engines_file,
    testing::Values(bad_row{"no_register", "irqs: {a: {status: STATSU}}\n",
                            "x.yaml:25:20: no register 'STATSU'; did you mean 'STATUS'?"},
                    bad_row{"no_field", "irqs: {a: {status: STATUS.DONNE}}\n",
                            "x.yaml:25:20: no field 'DONNE' in STATUS; did you mean 'DONE'?"},
                    bad_row{"no_fields", "irqs: {a: {status: SCRATCH.DONNE}}\n",
                            "x.yaml:25:20: no field 'DONNE' in SCRATCH; it has no fields"},
                    bad_row{"write_only", "irqs: {a: {status: ACK}}\n",
                            "x.yaml:25:20: ACK can only be written; here it is to be read"},
                    bad_row{"read_only", "irqs: {a: {enable: FIFO}}\n",
                            "x.yaml:25:20: FIFO can only be read; here it is to be written"},
                    bad_row{"not_a_text", "irqs: {a: {enable: [FIFO]}}\n",
                            "x.yaml:25:20: a list where a text should stand for 'enable'"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    irqs, bad_engines_file,
    testing::Values(
        bad_row{"pop", "irqs: {a: {status: FIFO}}\n",
                "x.yaml:25:20: reading FIFO takes an entry away; the status of an interrupt must "
                "tell whether it is pending"},
        bad_row{"shared_vector", "irqs: {a: {status: STATUS.DONE}, b: {}}\n",
                "x.yaml:25:34: b shares vector 0 with a; give both their 'status', which tells "
                "them apart"},
        bad_row{"vector", "irqs: {a: {vector: 2048}}\n",
                "x.yaml:25:20: 2048 is too large; the limit is 2047 (0x7ff)"},
        bad_row{"unknown_key", "irqs: {a: {state: STATUS}}\n",
                "x.yaml:25:12: unknown key 'state'; use vector, status, enable, acknowledge or "
                "description"},
        bad_row{"empty", "irqs: {}\n", "x.yaml:25:7: 'irqs' is empty; name at least one"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    dma, bad_engines_file,
    testing::Values(
        bad_row{"unguarded_host",
                "dma: {r: {direction: from_board, host: SCRATCH, length: ENABLE, start: "
                "[{\"dma.ch[0].CTRL\": 1}], busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:40: SCRATCH is not guarded; whoever writes it sets a bus address or "
                "starts an engine: give that register 'guard: true'"},
        bad_row{"unguarded_start",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, start: "
                "[{SCRATCH: 1}], busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:82: SCRATCH is not guarded; whoever writes it sets a bus address or "
                "starts an engine: give that register 'guard: true'"},
        bad_row{"unguarded_length",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, busy: "
                "STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:65: ENABLE is not guarded; whoever writes it sets a bus address or "
                "starts an engine: give that register 'guard: true'"},
        bad_row{"no_end",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", max_length: 1 MiB}}\n",
                "x.yaml:25:7: nothing tells the end of a transfer of r; give its 'busy' register "
                "or field, its 'irq', or both"},
        bad_row{"halves",
                "dma: {r: {direction: from_board, host: [SCRATCH], length: \"dma.ch[0].CTRL\", "
                "busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:40: an address has one register, or two halves; write REGISTER or "
                "[LOW, HIGH]"},
        bad_row{"start_value",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, start: "
                "[{\"dma.ch[0].CTRL.START\": 2}], busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:106: 2 is too large; the limit is 1 (0x1)"},
        bad_row{"start_map",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, start: "
                "{\"dma.ch[0].CTRL\": 1}, busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:80: 'start' is no list of writes; write [{PATH: number}, ...]"},
        bad_row{"start_empty",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, start: "
                "[], busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:80: 'start' is no list of writes; write [{PATH: number}, ...]"},
        bad_row{"two_at_once",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: ENABLE, start: "
                "[{\"dma.ch[0].CTRL\": 1, \"dma.ch[0].LOW\": 1}], busy: STATUS, max_length: 1 "
                "MiB}}\n",
                "x.yaml:25:81: one write is to stand here; write {PATH: number}, and the next one "
                "after it in the list"},
        bad_row{"index",
                "dma: {r: {direction: from_board, host: \"dma.ch[2].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:40: index of dma.ch out of range in dma.ch[2].LOW; dma.ch is an array "
                "of 2; use 0 to 1"},
        bad_row{"no_irq",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", irq: dun, max_length: 1 MiB}}\n",
                "x.yaml:25:88: no interrupt 'dun'"},
        bad_row{"no_area",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, area: DRD, max_length: 1 MiB}}\n",
                "x.yaml:25:103: no area 'DRD'; did you mean 'DDR'?"},
        bad_row{"alignment",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, alignment: 3, max_length: 1 MiB}}\n",
                "x.yaml:25:108: an alignment of 3 is not possible; it is a power of two, at most "
                "1 MiB"},
        bad_row{"bits_too_many",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, address_bits: 33, max_length: 1 MiB}}\n",
                "x.yaml:25:111: 33 is too large; the limit is 32 (0x20)"},
        bad_row{"bits_too_few",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, address_bits: 0, max_length: 1 MiB}}\n",
                "x.yaml:25:111: 0 bits are no bus address; it has 16 to 32"},
        bad_row{"more_than_the_area",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, area: DDR, memory: {at: 0, size: 2 MiB}, "
                "max_length: 1 "
                "MiB}}\n",
                "x.yaml:25:130: 2 MiB is more than the area has; DDR has 1048576 bytes"},
        bad_row{"out_of_reach",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", board: "
                "\"dma.ch[0].BOARD\", length: \"dma.ch[0].CTRL\", busy: STATUS, memory: {at: "
                "0x80000001, size: 2 GiB}, max_length: 1 MiB}}\n",
                "x.yaml:25:131: r cannot reach all of it; the register of 'board' takes 'at' and "
                "the offsets behind it"},
        bad_row{"nothing_takes_it",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, memory: {at: 1, size: 1}, max_length: 1 MiB}}\n",
                "x.yaml:25:105: r cannot reach all of it; the register of 'board' takes 'at' and "
                "the offsets behind it"},
        bad_row{"memory_without_size",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", length: "
                "\"dma.ch[0].CTRL\", busy: STATUS, memory: {at: 1}, max_length: 1 MiB}}\n",
                "x.yaml:25:105: the key 'size' is missing; 'memory' needs it"},
        bad_row{"list_of_none",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", descriptors: 0, start: "
                "[{\"dma.ch[0].CTRL\": 1}], busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:70: a list of 0 descriptors; it has 1 at least"},
        bad_row{
            "list_and_length",
            "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", descriptors: 8, start: "
            "[{\"dma.ch[0].CTRL\": 1}], busy: STATUS, length: \"dma.ch[0].LENGTH\", max_length: "
            "1 MiB}}\n",
            "x.yaml:25:127: 'length' stands in the descriptors; leave it out, or "
            "'descriptors'"},
        bad_row{"list_without_start",
                "dma: {r: {direction: from_board, host: \"dma.ch[0].LOW\", descriptors: 8, "
                "busy: STATUS, max_length: 1 MiB}}\n",
                "x.yaml:25:10: the key 'start' is missing; 'r' needs it"},
        bad_row{"nothing", "dma: {r: {direction: both, host: SCRATCH}}\n",
                "x.yaml:25:7: nothing tells the end of a transfer of r; give its 'busy' register "
                "or field, its 'irq', or both"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    layout, bad_engines_file,
    testing::Values(
        bad_row{
            "frames",
            "  A: {at: ddr+0, size: 10, type: int16, layout: {frame: 4, channels: {a: {at: 0}}}}\n",
            "x.yaml:25:57: the area has no whole number of frames of 4 bytes; it has 10 "
            "bytes, a frame at most 1048576"},
        bad_row{
            "outside",
            "  A: {at: ddr+0, size: 8, type: int16, layout: {frame: 4, channels: {a: {at: 4}}}}\n",
            "x.yaml:25:70: channel a ends outside the frame; the frame has 4 bytes"},
        bad_row{"copies_outside",
                "  A: {at: ddr+0, size: 8, type: int16, layout: {frame: 4, channels: {a: {at: 0, "
                "repeat: {count: 0xffffffff, stride: 17179869183 GiB}}}}}\n",
                "x.yaml:25:70: channel a ends outside the frame; the frame has 4 bytes"},
        bad_row{
            "misaligned",
            "  A: {at: ddr+0, size: 8, type: int16, layout: {frame: 4, channels: {a: {at: 1}}}}\n",
            "x.yaml:25:70: channel a is misaligned; its samples have 2 bytes"},
        bad_row{"overlap",
                "  A: {at: ddr+0, size: 8, type: int16, layout: {frame: 8, channels: {a: {at: 0, "
                "repeat: {count: 2, stride: 4}}, b: {at: 4}}}}\n",
                "x.yaml:25:113: channel b overlaps another one; each byte of a frame belongs to "
                "one channel at most"},
        bad_row{"no_stride",
                "  A: {at: ddr+0, size: 8, type: int32, layout: {frame: 8, channels: {a: {at: 0, "
                "repeat: {count: 2, stride: 0x0}}}}}\n",
                "x.yaml:25:108: a size of 0x0 is not possible"},
        bad_row{"no_channels", "  A: {at: ddr+0, size: 8, type: int16, layout: {frame: 4}}\n",
                "x.yaml:25:48: the key 'channels' is missing; 'layout' needs it"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    scratch, bad_engines_file,
    testing::Values(
        bad_row{"effects", "scratch: STATUS\n",
                "x.yaml:25:10: STATUS cannot be read and written freely; name a whole register "
                "that is rw, has no effects and no guard"},
        bad_row{"effects_of_a_field", "scratch: PART\n",
                "x.yaml:25:10: PART cannot be read and written freely; name a whole register "
                "that is rw, has no effects and no guard"},
        bad_row{"field", "scratch: ENABLE.DONE\n",
                "x.yaml:25:10: ENABLE.DONE cannot be read and written freely; name a whole "
                "register that is rw, has no effects and no guard"},
        bad_row{"guarded", "scratch: \"dma.ch[0].LOW\"\n",
                "x.yaml:25:10: dma.ch[0].LOW cannot be read and written freely; name a whole "
                "register that is rw, has no effects and no guard"},
        bad_row{"unknown", "scratch: SCARTCH\n",
                "x.yaml:25:10: no register 'SCARTCH'; did you mean 'SCRATCH'?"}),
    row_name);

} // namespace engines_file_test
