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

namespace {

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
    int count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(UPCIEDEV_SOURCE_DIR "/kernel/plugins")) {
        if (!entry.path().string().ends_with(".gen.h")) continue;
        const auto committed = read_file(entry.path());
        const auto source = source_of(committed);
        EXPECT_EQ(committed, generate(source))
            << "run: upciedev-gencard " << source << " > " << entry.path();
        ++count;
    }
    EXPECT_GE(count, 1);
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

TEST(gencard, names_a_bad_file) {
    EXPECT_THAT(generate("devices/none.yaml"),
                HasSubstr("upciedev-gencard: devices/none.yaml: cannot be read"));
    EXPECT_THAT(generate("--help"), HasSubstr("usage: upciedev-gencard BOARD_FILE"));
}

} // namespace
