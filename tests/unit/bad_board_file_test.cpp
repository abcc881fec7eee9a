// SPDX-License-Identifier: BSD-3-Clause
// What the author of a board file reads when it is wrong.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace bad_board_file_test {

using namespace upciedev;

/// Four lines that most tests begin with; their own text begins in line 5.
constexpr const char* head = "format: 1\n"
                             "board: test\n"
                             "bars: {regs: {index: 0, size: 4 KiB}, ddr: {index: 2, size: 1 MiB}}\n"
                             "registers:\n";

struct bad_row {
    const char* name;
    const char* text;
    const char* message;
    bool behind_head = true;
};

void PrintTo(const bad_row& row, std::ostream* out) {
    *out << row.name;
}

class bad_board_file : public testing::TestWithParam<bad_row> {};

TEST_P(bad_board_file, is_refused_with_place_and_remedy) {
    const auto& row = GetParam();
    const auto text = row.behind_head ? std::string(head) + row.text : row.text;
    const auto problem = thrown_by([&] { parse_board_file(text, "x.yaml"); });
    EXPECT_EQ(problem.kind(), errc::bad_board_file);
    EXPECT_STREQ(problem.what(), row.message);
}

std::string row_name(const testing::TestParamInfo<bad_row>& row) {
    return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    yaml, bad_board_file,
    testing::Values(
        bad_row{"empty", "", "x.yaml:1:1: nothing where a map should stand", false},
        bad_row{"list", "[1, 2]", "x.yaml:1:1: a list where a map should stand", false},
        bad_row{"syntax", "format: 1\nboard: {x\n",
                "x.yaml:3:1: end of map flow not found; this is not valid YAML", false},
        bad_row{"tabulator", "format: 1\nbars:\n\tregs: 1\n",
                "x.yaml:3:6: illegal map value; this is not valid YAML", false},
        bad_row{"anchor", "  R: &a {at: regs+0}\n",
                "x.yaml:5:6: an anchor '&a' is not allowed; write the value out; '&' must be "
                "quoted in texts"},
        bad_row{"alias", "  R: {at: regs+0}\n  S: *a\n",
                "x.yaml:6:6: the referenced anchor is not defined; this is not valid YAML"},
        bad_row{"real_alias", "  R: &a {at: regs+0}\n  S: *a\n",
                "x.yaml:5:6: an anchor '&a' is not allowed; write the value out; '&' must be "
                "quoted in texts"},
        bad_row{"tag", "  R: !!map {at: regs+0}\n",
                "x.yaml:5:6: the tag 'tag:yaml.org,2002:map' is not allowed; leave it out"},
        bad_row{"merge", "  R: {at: regs+0, <<: {access: ro}}\n",
                "x.yaml:5:19: unknown key '<<'; use registers, repeat, at, width, type, endian, "
                "access, on_read, on_write, scale, offset, unit, range, values, description, "
                "guard, fields or reset"},
        bad_row{"two_documents", "format: 1\n---\nformat: 1\n",
                "x.yaml:2:1: a second document is not allowed; keep to one document a file", false},
        bad_row{"odd_key", "  ? [a]\n  : 1\n",
                "x.yaml:5:5: a key that is not plain text is not allowed; name it"},
        bad_row{"duplicate_key", "  R: {at: regs+0, access: ro,\n      access: ro}\n",
                "x.yaml:6:7: duplicate key 'access'; it stands already in line 5"},
        bad_row{"duplicate_register", "  R: {at: regs+0}\n  R: {at: regs+4}\n",
                "x.yaml:6:3: duplicate key 'R'; it stands already in line 5"},
        bad_row{
            "deep",
            "  R: "
            "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: "
            "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1\n",
            "x.yaml:5:126: deeper nesting is not allowed; flatten it"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    top, bad_board_file,
    testing::Values(
        bad_row{"unknown_key",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 256}}\nregister: {}\n",
                "x.yaml:4:1: unknown key 'register'; did you mean 'registers'?", false},
        bad_row{"no_format", "board: t\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:1:1: the key 'format' is missing", false},
        bad_row{"other_format", "format: 2\nboard: t\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:1:9: format 2 is not known; this library reads format 1", false},
        bad_row{"text_format", "format: one\nboard: t\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:1:9: 'one' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)",
                false},
        bad_row{"no_board", "format: 1\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:1:1: the key 'board' is missing", false},
        bad_row{"empty_board", "format: 1\nboard:\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:2:1: nothing where a text should stand for 'board'", false},
        bad_row{"empty_text", "format: 1\nboard: t\ntitle: ''\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:3:8: nothing where a text should stand", false},
        bad_row{"bad_board_name", "format: 1\nboard: a b\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:2:8: 'a b' is not a board name; use up to 31 letters, digits, '_' and '-'",
                false},
        bad_row{"no_bars", "format: 1\nboard: t\n", "x.yaml:1:1: the key 'bars' is missing", false},
        bad_row{"empty_bars", "format: 1\nboard: t\nbars: {}\n",
                "x.yaml:3:7: 'bars' is empty; name at least one", false},
        bad_row{"no_place_and_no_bar_0",
                "format: 1\nboard: t\nbars: {r: {index: 4, size: 256}}\nregisters:\n  R: {access: "
                "ro}\n",
                "x.yaml:5:6: the key 'at' is missing; 'R' needs it", false},
        bad_row{"null_registers",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 256}}\nregisters:\n",
                "x.yaml:4:1: nothing where a map should stand for 'registers'", false},
        bad_row{"bad_endian",
                "format: 1\nboard: t\nendian: bigg\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:3:9: unknown value 'bigg' for 'endian'; did you mean 'big'?", false},
        bad_row{"match_scalar", "format: 1\nboard: t\nmatch: 5\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:3:8: a single value where a map should stand for 'match'", false},
        bad_row{"match_half",
                "format: 1\nboard: t\nmatch: {vendor: 1}\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:3:8: the key 'device' is missing; 'match' needs it", false},
        bad_row{"match_too_large",
                "format: 1\nboard: t\nmatch: {vendor: 0x10000, device: 1}\nbars: {r: {index: 0, "
                "size: 256}}\n",
                "x.yaml:3:17: 0x10000 is too large; the limit is 65535 (0xffff)", false},
        bad_row{"match_empty", "format: 1\nboard: t\nmatch: []\nbars: {r: {index: 0, size: 256}}\n",
                "x.yaml:3:8: 'match' is empty; name at least one", false}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    bars, bad_board_file,
    testing::Values(
        bad_row{"index", "format: 1\nboard: t\nbars: {r: {index: 6, size: 256}}\n",
                "x.yaml:3:19: 6 is too large; the limit is 5 (0x5)", false},
        bad_row{"index_twice",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 256}, s: {index: 0, size: 256}}\n",
                "x.yaml:3:45: BAR 0 has the name 'r' already", false},
        bad_row{"no_index", "format: 1\nboard: t\nbars: {r: {size: 256}}\n",
                "x.yaml:3:11: the key 'index' is missing; 'r' needs it", false},
        bad_row{"odd_size", "format: 1\nboard: t\nbars: {r: {index: 0, size: 100}}\n",
                "x.yaml:3:28: '100' is not a power of two; give the size of the PCI BAR, which "
                "always is one",
                false},
        bad_row{"zero_size", "format: 1\nboard: t\nbars: {r: {index: 0, size: 0 KiB}}\n",
                "x.yaml:3:28: a size of 0 KiB is not possible", false},
        bad_row{"huge_size", "format: 1\nboard: t\nbars: {r: {index: 0, size: 17179869184 GiB}}\n",
                "x.yaml:3:28: a size of 17179869184 GiB is not possible", false},
        bad_row{
            "kilobytes", "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 kB}}\n",
            "x.yaml:3:28: '4 kB' is not a size; write bytes (4096, 0x1000) or 64 KiB, 1 MiB, 2 GiB",
            false},
        bad_row{
            "negative_size", "format: 1\nboard: t\nbars: {r: {index: 0, size: -4}}\n",
            "x.yaml:3:28: '-4' is not a size; write bytes (4096, 0x1000) or 64 KiB, 1 MiB, 2 GiB",
            false},
        bad_row{"mapping", "format: 1\nboard: t\nbars: {r: {index: 0, size: 256, mapping: wc}}\n",
                "x.yaml:3:42: unknown value 'wc' for 'mapping'; use uncached or write-combined",
                false},
        bad_row{"peer_scratch_outside",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 KiB, peer: {scratch: 0xfc0, "
                "size: 128}}}\n",
                "x.yaml:3:51: 128 bytes at 0xfc0 are outside the BAR; the BAR has 0x1000 bytes",
                false},
        bad_row{"peer_scratch_unaligned",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 KiB, peer: {scratch: 4, size: "
                "64}}}\n",
                "x.yaml:3:51: the scratch stretch is not whole in 64 bytes; engines move aligned "
                "units: give multiples of 64",
                false},
        bad_row{"peer_scratch_incomplete",
                "format: 1\nboard: t\nbars: {r: {index: 0, size: 4 KiB, peer: {scratch: 0}}}\n",
                "x.yaml:3:41: the key 'size' is missing; 'peer' needs it", false},
        bad_row{"peer", "format: 1\nboard: t\nbars: {r: {index: 0, size: 256, peer: yes}}\n",
                "x.yaml:3:39: unknown value 'yes' for 'peer'; use true or false", false},
        bad_row{"name", "format: 1\nboard: t\nbars: {1r: {index: 0, size: 256}}\n",
                "x.yaml:3:8: '1r' is not a name; names are made of letters, digits and '_' and "
                "begin with no digit",
                false},
        bad_row{
            "long_name", "format: 1\nboard: t\nbars: {sixteen_letters_: {index: 0, size: 256}}\n",
            "x.yaml:3:8: the name 'sixteen_letters_' is too long; BAR names have up to 15 letters",
            false},
        bad_row{"not_a_map", "format: 1\nboard: t\nbars: {r: 0}\n",
                "x.yaml:3:11: a single value where a map should stand for 'r'", false}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    registers, bad_board_file,
    testing::Values(
        bad_row{"unknown_key", "  R:\n    at: regs+0\n    widht: 32\n",
                "x.yaml:7:5: unknown key 'widht'; did you mean 'width'?"},
        bad_row{"far_key", "  R: {at: regs+0, foo: 32}\n",
                "x.yaml:5:19: unknown key 'foo'; use registers, repeat, at, width, type, endian, "
                "access, on_read, on_write, scale, offset, unit, range, values, description, "
                "guard, fields or reset"},
        bad_row{"misspelt_group", "  g: {at: regs+0, registres: {R: {at: 0}}}\n",
                "x.yaml:5:19: unknown key 'registres'; did you mean 'registers'?"},
        bad_row{"group_with_width", "  g: {at: regs+0, width: 32, registers: {R: {at: 0}}}\n",
                "x.yaml:5:19: unknown key 'width'; use repeat, at, endian, guard, description or "
                "registers"},
        bad_row{"not_a_map", "  R: regs+0\n",
                "x.yaml:5:6: a single value where a map should stand for 'R'"},
        bad_row{"null", "  R:\n", "x.yaml:5:3: nothing where a map should stand for 'R'"},
        bad_row{"name", "  R-1: {at: regs+0}\n",
                "x.yaml:5:3: 'R-1' is not a name; names are made of letters, digits and '_' and "
                "begin with no digit"},
        bad_row{"dotted", "  a.R: {at: regs+0}\n",
                "x.yaml:5:3: 'a.R' is not a name; names are made of letters, digits and '_' and "
                "begin with no digit"},
        bad_row{"no_place", "  R: {access: ro}\n",
                "x.yaml:5:6: the key 'at' is missing; 'R' needs it"},
        bad_row{"no_bar", "  R: {at: 0x10}\n",
                "x.yaml:5:11: '0x10' is not a place in a BAR; write BAR+offset, as in regs+0x20"},
        bad_row{"unknown_bar", "  R: {at: reg+0x10}\n",
                "x.yaml:5:11: no BAR 'reg'; did you mean 'regs'?"},
        bad_row{"far_bar", "  R: {at: x+0x10}\n",
                "x.yaml:5:11: no BAR 'x'; 'bars' has regs or ddr"},
        bad_row{"bad_offset", "  R: {at: regs+10h}\n",
                "x.yaml:5:16: '10h' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)"},
        bad_row{"no_offset", "  R: {at: regs+}\n",
                "x.yaml:5:16: '' is not an integer from 0 up; write it decimal (12) or hexadecimal "
                "(0x1f)"},
        bad_row{"absolute_in_group", "  g: {at: regs+0x100, registers: {R: {at: regs+0x104}}}\n",
                "x.yaml:5:43: 'regs+0x104' inside a group that has its own place; give the offset "
                "in the group"},
        bad_row{"outside", "  R: {at: regs+0x1000}\n",
                "x.yaml:5:3: R at regs+0x1000 ends outside the BAR; the BAR has 0x1000 bytes"},
        bad_row{"partly_outside", "  R: {at: regs+0xffc, width: 64}\n",
                "x.yaml:5:3: R at regs+0xffc ends outside the BAR; the BAR has 0x1000 bytes"},
        bad_row{"array_outside", "  R: {at: regs+0x0, repeat: {count: 1025, stride: 4}}\n",
                "x.yaml:5:3: R[] at regs+0x0 ends outside the BAR; the BAR has 0x1000 bytes"},
        bad_row{"far_outside", "  R: {at: regs+0xfffffffffffffffc}\n",
                "x.yaml:5:3: R at regs+0xfffffffffffffffc ends outside the BAR; the BAR has 0x1000 "
                "bytes"},
        bad_row{"overflowing_group",
                "  g: {at: regs+0xfffffffffffffffc, registers: {R: {at: 0x10}}}\n",
                "x.yaml:5:56: the offset 0x10 is too large"},
        bad_row{"overflowing_repeat",
                "  R: {at: regs+0, repeat: {count: 0xffffffff, stride: 0xffffffffffffffff}}\n",
                "x.yaml:5:3: R[] at regs+0x0 ends outside the BAR; the BAR has 0x1000 bytes"},
        bad_row{"misaligned", "  R: {at: regs+0x2}\n",
                "x.yaml:5:3: R at regs+0x2 is misaligned; a 32-bit register stands at a multiple "
                "of 4, and so do its repeats"},
        bad_row{"misaligned_64", "  R: {at: regs+0x4, width: 64}\n",
                "x.yaml:5:3: R at regs+0x4 is misaligned; a 64-bit register stands at a multiple "
                "of 8, and so do its repeats"},
        bad_row{"misaligned_stride", "  R: {at: regs+0x4, repeat: {count: 2, stride: 6}}\n",
                "x.yaml:5:3: R[] at regs+0x4 is misaligned; a 32-bit register stands at a multiple "
                "of 4, and so do its repeats"},
        bad_row{"overlap", "  R: {at: regs+0, width: 64}\n  S: {at: regs+4}\n",
                "x.yaml:6:3: S overlaps R at regs+0x4; only a ro and a wo register may share an "
                "address"},
        bad_row{"overlap_reverse", "  R: {at: regs+4}\n  S: {at: regs+0, width: 64}\n",
                "x.yaml:6:3: S overlaps R at regs+0x4; only a ro and a wo register may share an "
                "address"},
        bad_row{"overlap_ro", "  R: {at: regs+0, access: ro}\n  S: {at: regs+0}\n",
                "x.yaml:6:3: S overlaps R at regs+0x0; only a ro and a wo register may share an "
                "address"},
        bad_row{"overlap_array",
                "  R: {at: regs+0, repeat: {count: 4, stride: 8}}\n  S: {at: regs+0x18}\n",
                "x.yaml:6:3: S overlaps R[] at regs+0x18; only a ro and a wo register may share an "
                "address"},
        bad_row{"stride", "  R: {at: regs+0, width: 64, repeat: {count: 2, stride: 0x0}}\n",
                "x.yaml:5:57: a size of 0x0 is not possible"},
        bad_row{
            "small_stride",
            "  g: {repeat: {count: 2, stride: 4}, registers: {R: {at: regs+0}, S: {at: regs+4}}}\n",
            "x.yaml:5:67: g[].S overlaps g[].R at regs+0x4; only a ro and a wo register may share "
            "an address"},
        bad_row{"self_overlap",
                "  g: {repeat: {count: 2, stride: 4}, registers: "
                "{R: {at: regs+0, repeat: {count: 2, stride: 4}}}}\n",
                "x.yaml:5:50: the elements of g[].R[] overlap at regs+0x4; a stride must be at "
                "least the 4 bytes that it repeats"},
        bad_row{"count", "  R: {at: regs+0, repeat: {count: 0, stride: 4}}\n",
                "x.yaml:5:35: a count of 0; leave the whole entry out"},
        bad_row{"no_stride", "  R: {at: regs+0, repeat: {count: 2}}\n",
                "x.yaml:5:27: the key 'stride' is missing; 'repeat' needs it"},
        bad_row{"five_repeats",
                "  a:\n"
                "    at: regs+0\n"
                "    repeat: {count: 1, stride: 4}\n"
                "    registers:\n"
                "      b:\n"
                "        repeat: {count: 1, stride: 4}\n"
                "        registers:\n"
                "          c:\n"
                "            repeat: {count: 1, stride: 4}\n"
                "            registers:\n"
                "              d:\n"
                "                repeat: {count: 1, stride: 4}\n"
                "                registers: {R: {at: 0, repeat: {count: 1, stride: 4}}}\n",
                "x.yaml:17:40: more than 4 repeats in one another"},
        bad_row{"width", "  R: {at: regs+0, width: 24}\n",
                "x.yaml:5:26: a width of 24 is not possible; use 8, 16, 32 or 64"},
        bad_row{"type", "  R: {at: regs+0, type: u16}\n",
                "x.yaml:5:25: unknown type 'u16'; types are bool, uintN, intN, ufixN.F, sfixN.F (N "
                "from 1 to 64), float32, float64"},
        bad_row{"type_too_wide", "  R: {at: regs+0, width: 16, type: int32}\n",
                "x.yaml:5:36: int32 does not fit the register; the register has a width of 16"},
        bad_row{"access", "  R: {at: regs+0, access: r}\n",
                "x.yaml:5:27: unknown value 'r' for 'access'; did you mean 'ro' or 'rw'?"},
        bad_row{"on_read", "  R: {at: regs+0, on_read: clean}\n",
                "x.yaml:5:28: unknown value 'clean' for 'on_read'; did you mean 'clear'?"},
        bad_row{"on_write", "  R: {at: regs+0, on_write: one_to_clera}\n",
                "x.yaml:5:29: unknown value 'one_to_clera' for 'on_write'; did you mean "
                "'one_to_clear'?"},
        bad_row{"on_write_ro", "  R: {at: regs+0, access: ro, on_write: strobe}\n",
                "x.yaml:5:31: 'on_write' of what can only be read; leave it out"},
        bad_row{"on_read_wo", "  R: {at: regs+0, access: wo, on_read: pop}\n",
                "x.yaml:5:31: 'on_read' of what can only be written; leave it out"},
        bad_row{"guard_ro", "  R: {at: regs+0, access: ro, guard: true}\n",
                "x.yaml:5:31: 'guard' of a register that can only be read; leave it out: it "
                "forbids writes"},
        bad_row{"guard_text", "  R: {at: regs+0, guard: 1}\n",
                "x.yaml:5:26: unknown value '1' for 'guard'; use true, false or admin"},
        bad_row{"guard_misspelt", "  R: {at: regs+0, guard: amdin}\n",
                "x.yaml:5:26: unknown value 'amdin' for 'guard'; did you mean 'admin'?"},
        bad_row{"guard_admin_ro", "  R: {at: regs+0, access: ro, guard: admin}\n",
                "x.yaml:5:31: 'guard' of a register that can only be read; leave it out: it "
                "forbids writes"},
        bad_row{"reset_wide", "  R: {at: regs+0, reset: 0x100000000}\n",
                "x.yaml:5:26: 0x100000000 is too large; the limit is 4294967295 (0xffffffff)"},
        bad_row{"reset_binary", "  R: {at: regs+0, reset: 0b11}\n",
                "x.yaml:5:26: '0b11' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)"},
        bad_row{"reset_octal", "  R: {at: regs+0, reset: 010}\n",
                "x.yaml:5:26: '010' begins with a zero; write it decimal without zeros in front, "
                "or hexadecimal with 0x"},
        bad_row{"reset_underscore", "  R: {at: regs+0, reset: 1_000}\n",
                "x.yaml:5:26: '1_000' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)"},
        bad_row{"reset_float", "  R: {at: regs+0, reset: 1.0}\n",
                "x.yaml:5:26: '1.0' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)"},
        bad_row{"reset_negative", "  R: {at: regs+0, reset: -1}\n",
                "x.yaml:5:26: '-1' is not an integer from 0 up; write it decimal (12) or "
                "hexadecimal (0x1f)"},
        bad_row{"reset_quoted", "  R: {at: regs+0, reset: \"1\"}\n",
                "x.yaml:5:26: the text \"1\" where an integer should stand; take the quotes away"},
        bad_row{"reset_null", "  R: {at: regs+0, reset: }\n",
                "x.yaml:5:19: nothing where an integer should stand for 'reset'"},
        bad_row{"reset_list", "  R: {at: regs+0, reset: [1]}\n",
                "x.yaml:5:26: a list where an integer should stand for 'reset'"},
        bad_row{"scale", "  R: {at: regs+0, scale: 0}\n",
                "x.yaml:5:26: a scale of 0 would make every value equal; engineering value = "
                "number * scale + offset"},
        bad_row{"scale_infinite", "  R: {at: regs+0, scale: inf}\n",
                "x.yaml:5:26: 'inf' is not finite"},
        bad_row{
            "scale_text", "  R: {at: regs+0, scale: 1V}\n",
            "x.yaml:5:26: '1V' is not a number; write it decimal (12, -1.5) or hexadecimal (0x1f)"},
        bad_row{"range_single", "  R: {at: regs+0, range: [1]}\n",
                "x.yaml:5:26: a range has two numbers; write [least, greatest]"},
        bad_row{"range_backwards", "  R: {at: regs+0, range: [2, 1]}\n",
                "x.yaml:5:26: the range begins above its end; write [least, greatest]"},
        bad_row{"range_beyond", "  R: {at: regs+0, type: sfix16.12, range: [-8, 8]}\n",
                "x.yaml:5:48: 8 does not fit sfix16.12; it takes -8 to 7.999755859375"},
        bad_row{"values_float", "  R: {at: regs+0, type: float32, values: {a: 1}}\n",
                "x.yaml:5:34: 'values' of a float32; only integers can have names"},
        bad_row{"values_wide", "  R: {at: regs+0, type: uint8, values: {a: 256}}\n",
                "x.yaml:5:44: 256 does not fit uint8; it takes 0 to 255"},
        bad_row{"values_negative", "  R: {at: regs+0, values: {a: -1}}\n",
                "x.yaml:5:31: -1 does not fit uint32; it takes 0 to 4294967295"},
        bad_row{"values_fraction", "  R: {at: regs+0, values: {a: 1.5}}\n",
                "x.yaml:5:31: '1.5' is not an integer; names stand for the bits as they are, "
                "without scaling"},
        bad_row{"values_twice", "  R: {at: regs+0, values: {a: 1, b: 1}}\n",
                "x.yaml:5:37: 1 is named 'a' already"},
        bad_row{"values_name", "  R: {at: regs+0, values: {1: 1}}\n",
                "x.yaml:5:28: '1' is not a name; names are made of letters, digits and '_' and "
                "begin with no digit"},
        bad_row{"too_many",
                "  A: {at: ddr+0, width: 8, repeat: {count: 0xffff0, stride: 1}}\n"
                "  B: {at: regs+0, width: 8, repeat: {count: 17, stride: 1}}\n",
                "x.yaml:6:3: more than 1048576 registers; describe large memories as an area"},
        bad_row{"misspelt_required", "  R: {att: regs+0}\n",
                "x.yaml:5:7: unknown key 'att'; did you mean 'at'?"},
        bad_row{"long_path",
                "  a123456789012345678901234567890123456789012345678901234567890:\n"
                "    registers:\n"
                "      b123456789012345678901234567890123456789012345678901234567890:\n"
                "        registers:\n"
                "          c123456789012345678901234567890123456789012345678901234567890: {at: "
                "regs+0}\n",
                "x.yaml:9:11: the path of "
                "'c123456789012345678901234567890123456789012345678901234567890' is too long; "
                "paths have up to 160 letters"},
        bad_row{"empty_group", "  g: {registers: {}}\n",
                "x.yaml:5:18: 'registers' is empty; name at least one"},
        bad_row{"first_error_wins", "  R: {at: regs+0, access: x}\n  S: {at: y+0}\n",
                "x.yaml:5:27: unknown value 'x' for 'access'; use rw, ro or wo"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    fields, bad_board_file,
    testing::Values(
        bad_row{"bits", "  R: {at: regs+0, fields: {A: 1:3}}\n",
                "x.yaml:5:31: '1:3' names no bits; write one bit (7) or the highest and the lowest "
                "(7:4)"},
        bad_row{"bits_text", "  R: {at: regs+0, fields: {A: x}}\n",
                "x.yaml:5:31: 'x' names no bits; write one bit (7) or the highest and the lowest "
                "(7:4)"},
        bad_row{"bits_hex", "  R: {at: regs+0, fields: {A: 0x1}}\n",
                "x.yaml:5:31: '0x1' names no bits; write one bit (7) or the highest and the lowest "
                "(7:4)"},
        bad_row{"bits_beyond", "  R: {at: regs+0, fields: {A: 35:32}}\n",
                "x.yaml:5:31: bit 35 lies outside the register; it is 32 bits wide: 0 to 31"},
        bad_row{"bits_list", "  R: {at: regs+0, fields: {A: [3, 1]}}\n",
                "x.yaml:5:31: a list where a text should stand for 'A'"},
        bad_row{"no_bits", "  R: {at: regs+0, fields: {A: {reset: 1}}}\n",
                "x.yaml:5:31: the key 'bits' is missing; 'A' needs it"},
        bad_row{"overlap", "  R: {at: regs+0, fields: {A: 3:1, B: 3}}\n",
                "x.yaml:5:36: field B overlaps A"},
        bad_row{"name", "  R: {at: regs+0, fields: {3A: 3}}\n",
                "x.yaml:5:28: '3A' is not a name; names are made of letters, digits and '_' and "
                "begin with no digit"},
        bad_row{"type", "  R: {at: regs+0, fields: {A: {bits: 3:0, type: int8}}}\n",
                "x.yaml:5:49: int8 does not fill the field: 8 and 4 bits; make both equal"},
        bad_row{"reset", "  R: {at: regs+0, fields: {A: {bits: 3:0, reset: 16}}}\n",
                "x.yaml:5:50: 16 is too large; the limit is 15 (0xf)"},
        bad_row{"reset_of_both",
                "  R: {at: regs+0, reset: 1, fields: {A: {bits: 3:0, reset: 1}}}\n",
                "x.yaml:5:19: 'reset' of the register and of its fields; give one of them"},
        bad_row{"access", "  R: {at: regs+0, access: ro, fields: {A: {bits: 0, access: rw}}}\n",
                "x.yaml:5:43: field A can do more than its register; the register is ro"},
        bad_row{"values", "  R: {at: regs+0, fields: {A: {bits: 1:0, values: {a: 4}}}}\n",
                "x.yaml:5:55: 4 does not fit uint2; it takes 0 to 3"},
        bad_row{"unknown_key", "  R: {at: regs+0, fields: {A: {bit: 0}}}\n",
                "x.yaml:5:32: unknown key 'bit'; did you mean 'bits'?"},
        bad_row{"no_follow_up", "  R: {at: regs+0, fields: {A: {type: int8, bits: x}}}\n",
                "x.yaml:5:50: 'x' names no bits; write one bit (7) or the highest and the lowest "
                "(7:4)"},
        bad_row{"empty", "  R: {at: regs+0, fields: {}}\n",
                "x.yaml:5:27: 'fields' is empty; name at least one"}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    areas, bad_board_file,
    testing::Values(
        bad_row{"no_extent", "  R: {at: regs+0}\nareas: {A: {at: ddr+0}}\n",
                "x.yaml:6:12: an area has either a 'count' or a 'size'; count elements, or give "
                "the size in bytes"},
        bad_row{"both", "  R: {at: regs+0}\nareas: {A: {at: ddr+0, size: 16, count: 4}}\n",
                "x.yaml:6:12: an area has either a 'count' or a 'size'; count elements, or give "
                "the size in bytes"},
        bad_row{"odd_size", "  R: {at: regs+0}\nareas: {A: {at: ddr+0, size: 17, type: int16}}\n",
                "x.yaml:6:30: 17 bytes are no whole elements; int16 has 2 bytes"},
        bad_row{"empty", "  R: {at: regs+0}\nareas: {A: {at: ddr+0, count: 0}}\n",
                "x.yaml:6:31: a count of 0; leave the area out"},
        bad_row{"outside", "  R: {at: regs+0}\nareas: {A: {at: ddr+4, size: 1 MiB}}\n",
                "x.yaml:6:9: A at ddr+0x4 ends outside the BAR; the BAR has 0x100000 bytes"},
        bad_row{"overflow",
                "  R: {at: regs+0}\nareas: {A: {at: ddr+4, count: 0xffffffffffffffff}}\n",
                "x.yaml:6:9: A at ddr+0x4 ends outside the BAR; the BAR has 0x100000 bytes"},
        bad_row{"misaligned", "  R: {at: regs+0}\nareas: {A: {at: ddr+2, count: 4}}\n",
                "x.yaml:6:9: A at ddr+0x2 is misaligned; its elements have 4 bytes"},
        bad_row{"on_register", "  R: {at: regs+0x40}\nareas: {A: {at: regs+0x30, size: 32}}\n",
                "x.yaml:6:9: area A overlaps register R"},
        bad_row{"name", "  R: {at: regs+0}\nareas: {A..B: {at: ddr+0, count: 4}}\n",
                "x.yaml:6:9: 'A..B' is not a name; write names of letters, digits and '_', with "
                "points between"},
        bad_row{"name_of_register", "  R: {at: regs+0}\nareas: {R: {at: ddr+0, count: 4}}\n",
                "x.yaml:6:9: 'R' is a register already"},
        bad_row{"unknown_key", "  R: {at: regs+0}\nareas: {A: {at: ddr+0, count: 4, width: 8}}\n",
                "x.yaml:6:34: unknown key 'width'; use at, type, scale, offset, count, size, "
                "endian, unit, access, description or layout"}),
    row_name);

} // namespace bad_board_file_test
