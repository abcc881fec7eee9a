// SPDX-License-Identifier: BSD-3-Clause
// The tables of the card plugins must be those of the board files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace gencard_test {

using testing::HasSubstr;

std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// What `upciedev-gencard FILE` says, at the top of the repository.
std::string generate(const std::string& file) {
    const auto command = "cd " UPCIEDEV_SOURCE_DIR " && " UPCIEDEV_GENCARD " '" + file + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (const auto n = std::fread(part.data(), 1, part.size(), pipe.get()))
        text.append(part.data(), n);
    return text;
}

/// The board file that a generated header names in its second line.
std::string source_of(const std::string& header) {
    const std::string before = "/* Generated from ";
    const auto begin = header.find(before) + before.size();
    return header.substr(begin, header.find(" by upciedev-gencard", begin) - begin);
}

TEST(gencard, no_committed_header_has_drifted) {
    for (const std::string folder : {"/kernel/plugins", "/tests/guest/hostbridge"}) {
        int count = 0;
        for (const auto& entry :
             std::filesystem::directory_iterator(UPCIEDEV_SOURCE_DIR + folder)) {
            if (!entry.path().string().ends_with(".gen.h")) continue;
            const auto committed = read_file(entry.path());
            const auto source = source_of(committed);
            EXPECT_EQ(committed, generate(source))
                << "run: upciedev-gencard " << source << " > " << entry.path();
            ++count;
        }
        EXPECT_GE(count, 1) << folder;
    }
}

TEST(gencard, keeps_guards_apart_that_differ) {
    const auto text = generate("devices/qemu/nvme.yaml");
    EXPECT_THAT(text,
                HasSubstr("\t{\n\t\t.bar\t= NVME_BAR_REGS,\n\t\t.offset\t= 0x28,\n"
                          "\t\t.length\t= 0x10,\n\t\t.flags\t= UPCIEDEV_GUARD_READABLE,\n\t},\n"))
        << "ASQ and ACQ touch";
    EXPECT_THAT(text, HasSubstr("\t\t.offset\t= 0x1000,\n\t\t.length\t= 0x208,\n\t},\n"))
        << "doorbells can only be written";
    EXPECT_THAT(text, HasSubstr("{ PCI_DEVICE(0x1b36, 0x0010) },\n\t{ }\n"));
    EXPECT_THAT(text, HasSubstr("#define NVME_DOORBELL_SQ_TAIL\t0x1000\n"));
}

/// The table of guards of a board with such a BAR.
std::string guards_of(const std::string& guards) {
    const auto file = testing::TempDir() + "guards.yaml";
    std::ofstream(file) << "format: 1\nboard: one\nbars: {regs: {index: 0, size: 64 KiB" + guards +
                               "}}\nregisters:\n"
                               "  HOST: {at: regs+0x10, guard: true}\n"
                               "  FLASH: {at: regs+0x14, guard: admin}\n"
                               "  GO: {at: regs+0x18, access: wo, guard: admin}\n"
                               "  ID: {at: regs+0x0, access: ro}\n"
                               "  CTRL: {at: regs+0x4, repeat: {count: 3, stride: 4}}\n"
                               "areas: {RAM: {at: regs+0x200, size: 0x100},"
                               " MORE: {at: regs+0x280, size: 0x100}}\n";
    const auto text = generate(file);
    const auto begin = text.find("one_guards[] = {\n");
    if (begin == std::string::npos) return text;
    return text.substr(begin + 17, text.find("};", begin) - begin - 17);
}

std::string guard_row(const std::string& place, const std::string& rest) {
    return "\t{\n\t\t.bar\t= ONE_BAR_REGS,\n\t\t.offset\t= " + place + rest + "\t},\n";
}

TEST(gencard, tells_guards_of_administrators) {
    EXPECT_EQ(
        guards_of(""),
        guard_row("0x10,\n\t\t.length\t= 0x4,\n", "\t\t.flags\t= UPCIEDEV_GUARD_READABLE,\n") +
            guard_row("0x14,\n\t\t.length\t= 0x4,\n",
                      "\t\t.flags\t= UPCIEDEV_GUARD_READABLE | UPCIEDEV_GUARD_ADMIN,\n") +
            guard_row("0x18,\n\t\t.length\t= 0x4,\n", "\t\t.flags\t= UPCIEDEV_GUARD_ADMIN,\n"));
}

TEST(gencard, tells_guards_that_repeat) {
    const std::string period = "\t\t.period\t= 0x800,\n";
    EXPECT_EQ(
        guards_of(", guards: {every: 2 KiB}"),
        guard_row("0x10,\n\t\t.length\t= 0x4,\n",
                  period + "\t\t.flags\t= UPCIEDEV_GUARD_READABLE,\n") +
            guard_row("0x14,\n\t\t.length\t= 0x4,\n",
                      period + "\t\t.flags\t= UPCIEDEV_GUARD_READABLE | UPCIEDEV_GUARD_ADMIN,\n") +
            guard_row("0x18,\n\t\t.length\t= 0x4,\n",
                      period + "\t\t.flags\t= UPCIEDEV_GUARD_ADMIN,\n"));
}

TEST(gencard, opens_only_what_is_described) {
    EXPECT_EQ(
        guards_of(", guards: {rest: true}"),
        guards_of("") +
            guard_row("0x0,\n\t\t.length\t= 0x1c,\n", "\t\t.flags\t= UPCIEDEV_GUARD_OPEN,\n") +
            guard_row("0x200,\n\t\t.length\t= 0x180,\n", "\t\t.flags\t= UPCIEDEV_GUARD_OPEN,\n"));
}

/// A board of big-endian registers whose interrupt is acknowledged there.
std::string big_endian(const std::string& acknowledge) {
    const auto file = testing::TempDir() + "big.yaml";
    std::ofstream(file)
        << "format: 1\nboard: big\nendian: big\nbars: {regs: {index: 0, size: 4 KiB}}\n"
           "registers:\n"
           "  IRQ: {at: regs+0x10, on_write: one_to_clear, fields: {EVENT: 9:8, ALARM: 20}}\n"
           "irqs:\n  event: {status: IRQ.EVENT, acknowledge: " +
               acknowledge + "}\n";
    return generate(file);
}

TEST(gencard, tells_bits_as_the_cpu_reads_them) {
    EXPECT_THAT(big_endian("IRQ.EVENT"),
                HasSubstr("\t\t.status\t= { 0x10, 0x30000, BIG_BAR_REGS, 32 },\n"
                          "\t\t.acknowledge\t= { 0x10, 0x30000, "));
    EXPECT_THAT(big_endian("IRQ.ALARM"),
                HasSubstr("interrupt event: big-endian, and acknowledged by other bits"));
}

/// A board whose interrupt is enabled by this register.
std::string enabled_by(const std::string& reg, const std::string& part = "ENABLE.ON") {
    const auto file = testing::TempDir() + "enable.yaml";
    std::ofstream(file) << "format: 1\nboard: one\nbars: {regs: {index: 0, size: 4 KiB}}\n"
                           "registers:\n  ENABLE: {at: regs+0x10, " +
                               reg + "}\nirqs:\n  event: {enable: " + part + "}\n";
    return generate(file);
}

TEST(gencard, marks_enable_bits_that_cannot_be_kept_as_they_read) {
    EXPECT_THAT(enabled_by("fields: {ON: 3}"),
                HasSubstr("\t\t.enable\t= { 0x10, 0x8, ONE_BAR_REGS, 32 },\n"));
    EXPECT_THAT(enabled_by("access: wo, fields: {ON: 3}"),
                HasSubstr("{ 0x10, 0x8, ONE_BAR_REGS, 32, UPCIEDEV_BITS_UNREAD },\n"));
    EXPECT_THAT(enabled_by("fields: {ON: {bits: 3, on_write: one_to_set}}"),
                HasSubstr("{ 0x10, 0x8, ONE_BAR_REGS, 32, UPCIEDEV_BITS_ACT },\n"));
    EXPECT_THAT(enabled_by("access: wo, on_write: one_to_set", "ENABLE"),
                HasSubstr(", 32, UPCIEDEV_BITS_UNREAD | UPCIEDEV_BITS_ACT },\n"));
    EXPECT_THAT(enabled_by("fields: {ON: {bits: 3, access: wo}}"),
                HasSubstr("interrupt event: enabled by ENABLE.ON, a write-only field of a register "
                          "that can be read; make the register 'access: wo'"));
}

TEST(gencard, tells_engines) {
    const auto text = generate("devices/qemu/edu.yaml");
    EXPECT_THAT(text, HasSubstr("static const struct upciedev_card_step edu_read_start[] = {\n"
                                "\t{ { 0x98, 0xffffffffffffffff, EDU_BAR_REGS, 64 }, 0x7 },\n};"));
    EXPECT_THAT(
        text, HasSubstr("\t{\n\t\t.name\t= \"write\",\n\t\t.flags\t= UPCIEDEV_DMA_TO_BOARD,"
                        "\n\t\t.engine\t= 1,\n\t\t.alignment = 1,\n\t\t.irq\t= 1,\n"
                        "\t\t.address_bits = 64,\n\t\t.max_length = 0xfff,\n\t\t.base\t= 0x40000,\n"
                        "\t\t.memory\t= 0xfff,\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr(".ops")));
    EXPECT_THAT(text, testing::Not(HasSubstr(".engine\t= 2")))
        << "both are started by one register";
    const auto carrier = generate("devices/demo/vio.yaml");
    EXPECT_THAT(carrier, HasSubstr(".name\t= \"read\",\n\t\t.engine\t= 1,\n"));
    EXPECT_THAT(carrier, HasSubstr(".engine\t= 2,\n"));
    const auto list = generate("devices/demo/vsg.yaml");
    EXPECT_THAT(list, HasSubstr("static const struct upciedev_engine_ops vsg_engine;\n"));
    EXPECT_THAT(list, HasSubstr("\t\t.ops\t= &vsg_engine,\n"));
    EXPECT_THAT(list, HasSubstr("#define VSG_DESCRIPTORS\t256\n"));
}

/// A board with one engine, whose control register, sizes and order are given.
std::string engine(const std::string& control, const std::string& keys,
                   const std::string& order = "little") {
    const auto file = testing::TempDir() + "engine.yaml";
    std::ofstream(file) << "format: 1\nboard: one\nendian: " + order +
                               "\nbars: {regs: {index: 0, size: 4 KiB}}\n"
                               "registers:\n"
                               "  HOST: {at: regs+0x0, guard: true}\n"
                               "  LENGTH: {at: regs+0x4}\n"
                               "  BUSY: {at: regs+0x8, access: ro}\n"
                               "  CTRL: {at: regs+0xc, guard: true, " +
                               control +
                               "}\ndma:\n  go: {direction: from_board, host: HOST, busy: BUSY, "
                               "max_length: 1 MiB, " +
                               keys + "}\n";
    return generate(file);
}

const std::string starts = "length: LENGTH, start: [{CTRL.GO: 1}]";

/// The step that starts it.
std::string step_of(const std::string& control, const std::string& order = "little") {
    const auto text = engine(control, starts, order);
    const auto begin = text.find("one_go_start[] = {\n\t");
    if (begin == std::string::npos) return text;
    return text.substr(begin + 20, text.find('\n', begin + 20) - begin - 20);
}

TEST(gencard, writes_back_only_what_stands_it) {
    EXPECT_EQ(step_of("fields: {GO: 0, MODE: 7:4}"), "{ { 0xc, 0x1, ONE_BAR_REGS, 32 }, 0x1 },");
    for (const char* effect : {"one_to_clear", "one_to_set", "one_to_toggle", "strobe"})
        EXPECT_EQ(step_of(std::string("fields: {GO: 1, MODE: 7:4, OTHER: {bits: 9:8, on_write: ") +
                          effect + "}}"),
                  "{ { 0xc, 0x302, ONE_BAR_REGS, 32 }, 0x2 },")
            << effect;
    EXPECT_EQ(step_of("fields: {GO: 0, SECRET: {bits: 31:30, access: wo}}"),
              "{ { 0xc, 0xc0000001, ONE_BAR_REGS, 32 }, 0x1 },");
    EXPECT_EQ(step_of("fields: {GO: 0, STATE: {bits: 31:30, access: ro}}"),
              "{ { 0xc, 0x1, ONE_BAR_REGS, 32 }, 0x1 },")
        << "nobody can write it";
    EXPECT_EQ(step_of("access: wo, fields: {GO: 0, MODE: 7:4}"),
              "{ { 0xc, 0xffffffff, ONE_BAR_REGS, 32 }, 0x1 },")
        << "cannot be read";
    EXPECT_EQ(step_of("on_write: one_to_clear, fields: {GO: {bits: 4, on_write: strobe}}"),
              "{ { 0xc, 0xffffffff, ONE_BAR_REGS, 32 }, 0x10 },")
        << "the bits without a name act, too";
}

TEST(gencard, never_reads_what_must_not_be_read) {
    EXPECT_EQ(step_of("fields: {GO: {bits: 0, on_write: strobe}, LAST: {bits: 9:8, access: ro, "
                      "on_read: clear}}"),
              "{ { 0xc, 0xffffffff, ONE_BAR_REGS, 32 }, 0x1 },");
    EXPECT_THAT(
        engine("fields: {GO: 0, MODE: 7:4, LAST: {bits: 9:8, access: ro, on_read: clear}}", starts),
        HasSubstr("engine go: CTRL has bits to be kept, and reading it has effects; name "
                  "the whole register"));
}

TEST(gencard, tells_bits_of_engines_as_values) {
    EXPECT_EQ(step_of("fields: {GO: 0, ACK: {bits: 8, on_write: one_to_clear}}", "big"),
              "{ { 0xc, 0x101, ONE_BAR_REGS, 32, UPCIEDEV_BITS_BIG }, 0x1 },");
    EXPECT_THAT(engine("fields: {GO: 0}", starts, "big"),
                HasSubstr("\t\t.length\t= { 0x4, 0xffffffff, ONE_BAR_REGS, 32, "
                          "UPCIEDEV_BITS_BIG },\n"));
}

TEST(gencard, refuses_engines_that_the_driver_cannot_do) {
    EXPECT_THAT(engine("fields: {GO: 0}", starts + ", alignment: 8 KiB"),
                HasSubstr("engine go: an alignment of 8192 bytes; the driver can do 4096 at most"));
    EXPECT_THAT(engine("fields: {GO: 0}", starts + ", alignment: 4 KiB"),
                HasSubstr("\t\t.alignment = 4096,\n"));
    EXPECT_THAT(engine("fields: {SIZE: 23:0, GO: {bits: 31, on_write: strobe}}",
                       "length: CTRL.SIZE, start: [{CTRL.GO: 1}]"),
                HasSubstr("engine go: CTRL.SIZE cannot be written alone"));
    EXPECT_THAT(engine("fields: {SIZE: 23:0, GO: 31}", "length: CTRL.SIZE, start: [{CTRL.GO: 1}]"),
                HasSubstr("\t\t.length\t= { 0xc, 0xffffff, ONE_BAR_REGS, 32 },\n"));
}

TEST(gencard, names_a_bad_file) {
    EXPECT_THAT(generate("devices/none.yaml"),
                HasSubstr("upciedev-gencard: devices/none.yaml: cannot be read"));
    EXPECT_THAT(generate("--help"), HasSubstr("usage: upciedev-gencard BOARD_FILE"));
}

} // namespace gencard_test
