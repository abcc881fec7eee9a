// SPDX-License-Identifier: BSD-3-Clause
#include "thrown.hpp"

#include <upciedev/board.hpp>
#include <upciedev/board_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flush_test {

using namespace upciedev;
using testing::HasSubstr;

/// BAR 0 has registers, BAR 2 is write-combined. Notes what is accessed.
class noting_transport final : public transport {
  public:
    std::vector<operation> seen;
    std::error_code problem;

    [[nodiscard]] std::string name() const override { return "noting"; }
    [[nodiscard]] board_identity identity() const override { return {}; }
    [[nodiscard]] bar_facts bar(unsigned index) const override {
        bar_facts facts;
        if (index == 0 || index == 2) facts.size = 4096;
        facts.write_combined = index == 2;
        return facts;
    }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    outcome run(std::span<operation> operations) noexcept override {
        seen.insert(seen.end(), operations.begin(), operations.end());
        return problem ? outcome{0, problem} : outcome{operations.size(), {}};
    }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return false; }
};

constexpr const char* head = "format: 1\nboard: flushed\ntitle: A board\n"
                             "match: {vendor: 0x1234, device: 0x5678}\n"
                             "bars:\n  regs: {index: 0, size: 4 KiB}\n"
                             "  ram: {index: 2, size: 4 KiB, mapping: write-combined}\n";

struct flush_test : testing::Test {
    std::shared_ptr<noting_transport> way = std::make_shared<noting_transport>();

    [[nodiscard]] board make(const std::string& rest) const {
        return {way, parse_board_file(head + rest, "flushed.yaml")};
    }
    /// Where a flush read.
    std::uint64_t offset_read(const std::string& rest) {
        way->seen.clear();
        make(rest).flush();
        EXPECT_EQ(way->seen.size(), 1U);
        EXPECT_EQ(way->seen.at(0).op, operation::code::read);
        EXPECT_EQ(way->seen.at(0).bar, 0);
        return way->seen.at(0).offset;
    }
};

TEST_F(flush_test, reads_the_first_register_whose_reading_has_no_effects) {
    EXPECT_EQ(offset_read("registers:\n"
                          "  IN_RAM: {at: ram+0x0}\n"
                          "  SECRET: {at: regs+0x4, access: wo}\n"
                          "  EVENTS: {at: regs+0x8, access: ro, on_read: clear}\n"
                          "  FIFO: {at: regs+0xc, on_read: pop}\n"
                          "  ENGINE: {at: regs+0x10, guard: true}\n"
                          "  MIXED: {at: regs+0x14, fields: {A: {bits: 0, on_read: clear}}}\n"
                          "  QUIET: {at: regs+0x18}\n"
                          "  LATER: {at: regs+0x1c}\n"),
              0x18U);
}

TEST_F(flush_test, prefers_the_scratch_register) {
    EXPECT_EQ(offset_read("registers:\n  ID: {at: regs+0x0}\n  SPARE: {at: regs+0x40}\n"
                          "scratch: SPARE\n"),
              0x40U);
}

TEST_F(flush_test, without_such_a_register_says_how_to_go_on) {
    const auto none =
        thrown_by([&] { make("registers:\n  S: {at: regs+0x0, access: wo}\n").flush(); });
    EXPECT_EQ(none.kind(), errc::not_supported);
    EXPECT_THAT(none.remedy(), HasSubstr("scratch:"));
    EXPECT_EQ(thrown_by([&] { board(way, nullptr).flush(); }).kind(), errc::not_supported);
    EXPECT_TRUE(way->seen.empty());
}

TEST_F(flush_test, a_board_that_has_gone_says_so) {
    way->problem = {ENODEV, std::generic_category()};
    const auto gone = thrown_by([&] { make("registers:\n  ID: {at: regs+0x0}\n").flush(); });
    EXPECT_EQ(gone.kind(), errc::board_gone);
    EXPECT_THAT(gone.where(), HasSubstr("flush by ID"));
}

} // namespace flush_test
