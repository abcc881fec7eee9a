// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/settings.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace settings_test {

using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// The simulation, with every access on record.
class spy final : public transport {
  public:
    explicit spy(std::shared_ptr<sim_board> board) : board_(std::move(board)) {}
    std::string name() const override { return "spy"; }
    board_identity identity() const override { return board_->identity(); }
    bar_facts bar(unsigned index) const override { return board_->bar(index); }
    bool writable() const noexcept override { return true; }
    bool gone() const noexcept override { return board_->gone(); }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    outcome run(std::span<operation> operations) noexcept override {
        calls.emplace_back(operations.begin(), operations.end());
        return board_->run(operations);
    }
    std::vector<std::vector<operation>> calls;

  private:
    std::shared_ptr<sim_board> board_;
};

struct settings_test : testing::Test, fixture {
    std::shared_ptr<spy> way = std::make_shared<spy>(sim);
    upciedev::board watched{way, make_tester()};

    /// Every register with effects holds something that an access would change.
    void arm() {
        sim->set("EVENTS", 7);
        const std::array<std::uint64_t, 2> entries{11, 22};
        sim->push("FIFO", entries);
        sim->set("IRQ_STATUS", 3);
        sim->set("CTRL", 0x0305'6421);
        sim->set("MIXED", 0x1234);
        sim->set("SECRET", 0x5678);
        sim->set("DMA_ADDRESS", 0x1'0000'0000);
        sim->set("BIG", 0x8000'0055);
    }
    void expect_armed() {
        EXPECT_EQ(sim->get("EVENTS"), 7U);
        EXPECT_EQ(board.reg("FIFO").raw(), 11U);
        EXPECT_EQ(board.reg("FIFO").raw(), 22U);
        EXPECT_EQ(sim->get("IRQ_STATUS"), 3U);
        EXPECT_EQ(sim->get("CTRL"), 0x0305'6421U);
        EXPECT_EQ(sim->get("MIXED"), 0x1234U);
        EXPECT_EQ(sim->get("SECRET"), 0x5678U);
        EXPECT_EQ(sim->get("DMA_ADDRESS"), 0x1'0000'0000U);
        EXPECT_EQ(sim->get("BIG"), 0x8000'0055U);
    }
    std::set<std::uint64_t> touched() const {
        std::set<std::uint64_t> offsets;
        for (const auto& call : way->calls)
            for (const auto& op : call)
                offsets.insert(op.offset);
        return offsets;
    }
    settings parsed(const std::string& registers) const {
        return settings::parse("format: 1\nsettings: tester\nregisters:\n" + registers, "s.yaml",
                               board);
    }
    void refused(const std::string& registers, const std::string& text) const {
        const auto found = error_of([&] { (void)parsed(registers); });
        EXPECT_EQ(found.first, errc::bad_board_file) << registers;
        EXPECT_THAT(found.second, HasSubstr(text)) << registers;
    }
};

const register_setting* find(const settings& all, std::string_view path) {
    const auto found = std::ranges::find(all.registers(), path, &register_setting::path);
    return found == all.registers().end() ? nullptr : &*found;
}

std::string reason_of(const settings& all, std::string_view path) {
    const auto found = std::ranges::find(all.left_out(), path, &setting_left_out::path);
    return found == all.left_out().end() ? "not left out" : found->reason;
}

TEST_F(settings_test, says_what_is_left_out_and_why) {
    const auto saved = settings::of(board);
    EXPECT_EQ(reason_of(saved, "ID"), "read-only");
    EXPECT_EQ(reason_of(saved, "SECRET"), "write-only");
    EXPECT_EQ(reason_of(saved, "EVENTS"), "reading it clears bits");
    EXPECT_EQ(reason_of(saved, "FIFO"), "reading it takes from a FIFO");
    EXPECT_EQ(reason_of(saved, "IRQ_STATUS"), "writing a one clears it");
    EXPECT_EQ(reason_of(saved, "CTRL.LATCHED"), "writing a one clears it");
    EXPECT_EQ(reason_of(saved, "CTRL.START"), "writing it starts something");
    EXPECT_EQ(reason_of(saved, "CTRL.SET"), "writing a one sets it");
    EXPECT_EQ(reason_of(saved, "CTRL.FLIP"), "writing a one toggles it");
    EXPECT_EQ(reason_of(saved, "CTRL.LOCKED"), "read-only");
    EXPECT_THAT(reason_of(saved, "MIXED"), HasSubstr("write-only"));
    EXPECT_THAT(reason_of(saved, "DMA_ADDRESS"), HasSubstr("guarded"));
    EXPECT_THAT(reason_of(saved, "RAM"), HasSubstr("memory"));
    EXPECT_EQ(reason_of(saved, "CTRL.ENABLE"), "not left out");
    ASSERT_NE(find(saved, "CTRL"), nullptr);
    EXPECT_EQ(find(saved, "CTRL")->mask, 0x7ce0'ffffU);
}

TEST_F(settings_test, saves_every_element_of_every_array) {
    const auto saved = settings::of(board);
    EXPECT_NE(find(saved, "adc.ch[7].GAIN"), nullptr);
    EXPECT_NE(find(saved, "grid[1].row[3].CELL"), nullptr);
    EXPECT_EQ(find(saved, "adc.ch[8].GAIN"), nullptr);
    // CTRL, BYTE, WORD, LONG, BIG16, BIG, PLAIN, SOURCE, 8 gains, 8 cells
    EXPECT_EQ(saved.registers().size(), 24U);
}

TEST_F(settings_test, nothing_with_effects_is_touched_by_save_restore_or_diff) {
    arm();
    const auto saved = settings::of(watched);
    const auto text = saved.to_text();
    saved.restore(watched);
    settings::parse(text, "s.yaml", watched).restore(watched);
    EXPECT_THAT(saved.diff(watched), IsEmpty());
    expect_armed();
    for (const std::uint64_t offset : {0x0, 0x4, 0x8, 0xc, 0x10, 0x18, 0x20})
        EXPECT_FALSE(touched().contains(offset)) << offset;
    EXPECT_TRUE(touched().contains(0x14));
}

TEST_F(settings_test, bits_that_act_on_a_write_get_zeros) {
    const auto saved = settings::of(watched);
    way->calls.clear();
    saved.restore(watched);
    ASSERT_EQ(way->calls.size(), 1U); // one batch
    for (const auto& op : way->calls[0]) {
        if (op.offset != 0x14) continue;
        EXPECT_EQ(op.op, operation::code::modify);
        EXPECT_EQ(op.value & 0x031f'0000U, 0U);
        EXPECT_EQ(op.mask & 0x031f'0000U, 0x031f'0000U); // else the old ones would be written back
    }
}

TEST_F(settings_test, saves_and_compares_in_one_batch_each) {
    const auto saved = settings::of(watched);
    EXPECT_EQ(way->calls.size(), 1U);
    (void)saved.diff(watched);
    EXPECT_EQ(way->calls.size(), 2U);
}

TEST_F(settings_test, restores_every_bit_of_every_width_and_order_through_text) {
    std::map<std::string, std::uint64_t> wanted;
    std::uint64_t pattern = 0x9e37'79b9'7f4a'7c15;
    for (const auto& [path, bits, mask] : settings::of(board).registers()) {
        wanted[path] = pattern & mask;
        sim->set(path, wanted[path]);
        pattern = pattern * 6364136223846793005U + 1442695040888963407U;
    }
    const auto text = settings::of(board).to_text();
    for (const auto& [path, bits] : wanted)
        sim->set(path, 0);
    const auto read_back = settings::parse(text, "s.yaml", board);
    const auto is_set = [](const auto& each) { return each.second != 0; };
    EXPECT_EQ(read_back.diff(board).size(), std::ranges::count_if(wanted, is_set));
    read_back.restore(board);
    for (const auto& each : settings::of(board).registers())
        EXPECT_EQ(each.bits, wanted[each.path]) << each.path;
    EXPECT_THAT(read_back.diff(board), IsEmpty());
}

TEST_F(settings_test, text_has_values_and_names_for_people) {
    board.reg("adc.ch[3].GAIN").write(-1.5);
    board.reg("SOURCE").write("external");
    board.reg("CTRL").field("MODE").write("internal");
    board.reg("CTRL").field("RATE").write(12.5);
    const auto text = settings::of(board).to_text();
    EXPECT_THAT(text, HasSubstr("  SOURCE: {raw: 0x00000002, value: external}\n"));
    EXPECT_THAT(text, HasSubstr("fields: {ENABLE: 0, MODE: internal, RATE: 12.5}"));
    EXPECT_THAT(text, HasSubstr("adc.ch[3].GAIN: {raw: 0x0000e800, value: -1.5}  # dB"));
    EXPECT_THAT(text, HasSubstr("settings: tester\nids: \"1b36:00a8\"\n"));
    EXPECT_THAT(text, HasSubstr("#   EVENTS: reading it clears bits\n"));
}

TEST_F(settings_test, diff_names_what_changed) {
    const auto saved = settings::of(board);
    sim->set("CTRL", 0xff01);
    sim->set("IRQ_STATUS", 0); // has effects: nobody looks
    const auto found = saved.diff(board);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "CTRL");
    EXPECT_EQ(found[0].saved, 0xff00U);
    EXPECT_EQ(found[0].present, 0xff01U);
}

TEST_F(settings_test, a_file_by_hand_needs_only_what_it_sets) {
    sim->set("CTRL", 0x1234'ff00);
    parsed("  CTRL: {fields: {ENABLE: 1, MODE: external}}\n"
           "  adc.ch.3.GAIN: {value: -1.5}\n"
           "  WORD: {raw: 0x12}\n"
           "  PLAIN: {raw: 0x5000, mask: 0xff00}\n")
        .restore(board);
    EXPECT_EQ(sim->get("CTRL") & 0xffff, 0xff21U);
    EXPECT_EQ(board.reg<double>("adc.ch[3].GAIN").read(), -1.5);
    EXPECT_EQ(sim->get("WORD"), 0x12U);
    EXPECT_EQ(sim->get("PLAIN"), 0x5000U);
}

TEST_F(settings_test, what_was_saved_outside_its_range_comes_back) {
    sim->set("adc.ch[0].GAIN", 0x7000); // 7 dB, range -6 to 6
    const auto text = settings::of(board).to_text();
    sim->set("adc.ch[0].GAIN", 0);
    settings::parse(text, "s.yaml", board).restore(board);
    EXPECT_EQ(sim->get("adc.ch[0].GAIN"), 0x7000U);
    refused("  adc.ch[0].GAIN: {value: 7}\n", "s.yaml:4:27: 7 dB is outside -6 to 6 dB");
}

TEST_F(settings_test, refuses_what_has_effects_with_its_place) {
    refused("  IRQ_STATUS: {raw: 1}\n", "s.yaml:4:3: 'IRQ_STATUS' cannot be set: ");
    refused("  EVENTS: {raw: 1}\n", "s.yaml:4:3: 'EVENTS' cannot be set: reading it clears bits");
    refused("  ID: {raw: 1}\n", "s.yaml:4:3: 'ID' cannot be set: read-only");
    refused("  DMA_ADDRESS: {raw: 1}\n", "guarded");
    refused("  CTRL: {raw: 1}\n", "give it 'mask: 0x7ce0ffff' or less");
    refused("  CTRL: {fields: {START: 1}}\n", "s.yaml:4:19: the field 'START' cannot be set: ");
}

TEST_F(settings_test, refuses_what_is_wrong_with_its_place) {
    refused("  adc.ch[9].GAIN: {raw: 1}\n", "s.yaml:4:3: ");
    refused("  adc.ch[3].GIAN: {raw: 1}\n", "adc.ch[3].GAIN");
    refused("  WORD: {raw: 0x10000}\n", "s.yaml:4:15: 0x10000 is too large");
    refused("  SOURCE: {value: sideways}\n", "s.yaml:4:19: ");
    refused("  PLAIN: {raw: 1, value: 2}\n", "'value' does not agree with 'raw'");
    refused("  CTRL: {raw: 1, mask: 1, fields: {ENABLE: 0}}\n", "'ENABLE' does not agree");
    refused("  CTRL: {fields: {ENABEL: 0}}\n", "no field 'ENABEL'");
    refused("  PLAIN: {raw: 0x100, mask: 0xff}\n", "bits 0x100 are outside the mask");
    refused("  PLAIN: {mask: 0xff, value: 1}\n", "a mask without 'raw'");
    refused("  PLAIN: {}\n", "nothing is said about this register");
    refused("  PLAIN: {rwa: 1}\n", "did you mean 'raw'");
    refused("  PLAIN: {raw: 1\n", "this is not valid YAML");
    refused("  PLAIN: {raw: 1}\n  PLAIN: {raw: 1}\n", "s.yaml:5:3: duplicate key 'PLAIN'");
    refused("  adc.ch[3].GAIN: {raw: 1}\n  adc.ch.3.GAIN: {raw: 1}\n",
            "s.yaml:5:3: 'adc.ch.3.GAIN' stands twice");
}

TEST_F(settings_test, refuses_another_kind_of_board) {
    const auto parse = [&](const std::string& head) {
        return error_of([&] { (void)settings::parse(head + "registers: {}\n", "s.yaml", board); });
    };
    EXPECT_THAT(parse("format: 1\nsettings: other\n").second,
                StartsWith("s.yaml:2:11: these settings are for a other, not for slot 4 tester"));
    EXPECT_THAT(parse("format: 1\nsettings: tester\nids: \"1b36:00a9\"\n").second,
                StartsWith("s.yaml:3:6: slot 4 tester has the ids 1b36:00a8, not 1b36:00a9"));
    EXPECT_THAT(parse("format: 2\nsettings: tester\n").second, StartsWith("s.yaml:1:9: "));
    EXPECT_EQ(parse("format: 1\nsettings: tester\n").second, "no error");
    auto other = std::make_shared<board_description>(*make_tester());
    other->name = "other";
    const upciedev::board another{sim, other};
    EXPECT_EQ(error_of([&] { settings::of(board).restore(another); }).first, errc::not_supported);
    EXPECT_EQ(error_of([&] { (void)settings::of(board).diff(another); }).first,
              errc::not_supported);
    const upciedev::board nameless{sim, nullptr};
    EXPECT_THAT(error_of([&] { (void)settings::of(nameless); }).second, HasSubstr("no board file"));
}

TEST_F(settings_test, nothing_is_written_when_a_file_is_wrong) {
    EXPECT_NE(error_of([&] { parsed("  PLAIN: {raw: 5}\n  ID: {raw: 1}\n").restore(board); }).first,
              errc{});
    EXPECT_EQ(sim->get("PLAIN"), 0U);
}

TEST_F(settings_test, loads_from_a_file_and_names_it) {
    const auto file = std::filesystem::temp_directory_path() / "upciedev_settings_test.yaml";
    std::ofstream(file) << settings::of(board).to_text();
    EXPECT_EQ(settings::load(file, board).registers().size(), 24U);
    std::filesystem::remove(file);
    EXPECT_THAT(error_of([&] { (void)settings::load(file, board); }).second,
                StartsWith(file.string() + ": cannot be read"));
}

TEST_F(settings_test, a_board_that_left_throws_board_gone) {
    const auto saved = settings::of(board);
    sim->unplug();
    EXPECT_EQ(error_of([&] { saved.restore(board); }).first, errc::board_gone);
    EXPECT_EQ(error_of([&] { (void)saved.diff(board); }).first, errc::board_gone);
}

TEST_F(settings_test, floats_without_a_text_of_their_own_keep_their_bits) {
    auto description = std::make_shared<board_description>(*make_tester());
    auto reg = make_register("LEVEL", 0, 0x3000);
    reg.convert = {{value_type::kind::floating, 32, 0}, 1.0, 0.0};
    description->registers.push_back(reg);
    description->build_index();
    const auto with_float = std::make_shared<sim_board>(description, 4);
    const upciedev::board levels{with_float, description};
    for (const std::uint64_t bits : {0x7fc0'1234U, 0x7f80'0000U, 0x8000'0000U, 0x0000'0001U}) {
        with_float->set("LEVEL", bits);
        const auto text = settings::of(levels).to_text();
        with_float->set("LEVEL", 0x3f80'0000);
        settings::parse(text, "s.yaml", levels).restore(levels);
        EXPECT_EQ(with_float->get("LEVEL"), bits) << text;
    }
}

namespace {

constexpr auto with_interrupts = R"(format: 1
board: enables
bars: {regs: {index: 0, size: 4 KiB}}
registers:
  IRQ_STATUS: {at: regs+0x0, on_write: one_to_clear, fields: {A: 0, B: 1}}
  IRQ_ENABLE: {at: regs+0x4, fields: {A: 0, B: 1, STATE: {bits: 7, access: ro}}}
  CTRL: {at: regs+0x8, fields: {ENABLE: 0, GAIN: 15:8}}
  unit: {at: regs+0x10, repeat: {count: 2, stride: 4}, registers: {ENABLE: {at: 0x0}}}
  PLAIN: {at: regs+0x20}
irqs:
  a: {status: IRQ_STATUS.A, enable: IRQ_ENABLE.A, acknowledge: IRQ_STATUS.A}
  b: {status: IRQ_STATUS.B, enable: IRQ_ENABLE.B, acknowledge: IRQ_STATUS.B}
  c: {vector: 1, enable: CTRL.ENABLE}
  d: {vector: 2, enable: "unit[1].ENABLE"}
)";

struct settings_with_interrupts : testing::Test {
    board_description_ptr about = parse_board_file(with_interrupts, "enables.yaml");
    std::shared_ptr<sim_board> sim = std::make_shared<sim_board>(about, 4);
    upciedev::board board{sim, about};
    static constexpr auto reason = "enables an interrupt: the driver's part";
};

} // namespace

TEST_F(settings_with_interrupts, leave_enable_bits_out_and_say_so) {
    sim->set("IRQ_ENABLE", 3);
    sim->set("CTRL", 0x5501);
    const auto saved = settings::of(board);
    EXPECT_EQ(find(saved, "IRQ_ENABLE"), nullptr);
    EXPECT_EQ(reason_of(saved, "IRQ_ENABLE"), reason);
    ASSERT_NE(find(saved, "CTRL"), nullptr);
    EXPECT_EQ(find(saved, "CTRL")->mask, 0xffff'fffeU);
    EXPECT_EQ(find(saved, "CTRL")->bits, 0x5500U);
    EXPECT_EQ(reason_of(saved, "CTRL.ENABLE"), reason);
    EXPECT_EQ(reason_of(saved, "CTRL.GAIN"), "not left out");
    EXPECT_NE(find(saved, "unit[0].ENABLE"), nullptr);
    EXPECT_EQ(find(saved, "unit[1].ENABLE"), nullptr);
    EXPECT_EQ(reason_of(saved, "unit[1].ENABLE"), reason);
    EXPECT_THAT(saved.to_text(), HasSubstr("#   IRQ_ENABLE: enables an interrupt"));
}

TEST_F(settings_with_interrupts, restore_switches_nobody_off) {
    const auto saved = settings::of(board);
    const auto a = board.irq("a"), c = board.irq("c"), d = board.irq("d");
    board.write("CTRL.GAIN", 0x55);
    saved.restore(board);
    EXPECT_EQ(sim->get("IRQ_ENABLE"), 1U);
    EXPECT_EQ(sim->get("CTRL"), 1U);
    EXPECT_EQ(sim->get("unit[1].ENABLE"), 0xffff'ffffU);
    EXPECT_THAT(saved.diff(board), IsEmpty());
}

TEST_F(settings_with_interrupts, leave_enable_bits_of_a_file_alone_and_say_so) {
    sim->set("IRQ_ENABLE", 2);
    sim->set("CTRL", 0x0001);
    const auto file =
        settings::parse("format: 1\nsettings: enables\nregisters:\n"
                        "  IRQ_ENABLE: {raw: 0x1, mask: 0xffffff7f, fields: {A: 1, B: 0}}\n"
                        "  CTRL: {raw: 0x00002200, fields: {ENABLE: 0, GAIN: 34}}\n"
                        "  unit[1].ENABLE: {value: 7}\n"
                        "  PLAIN: {raw: 5}\n",
                        "older.yaml", board);
    EXPECT_EQ(file.registers().size(), 2U);
    EXPECT_EQ(reason_of(file, "IRQ_ENABLE"), reason);
    EXPECT_EQ(reason_of(file, "CTRL.ENABLE"), reason);
    EXPECT_EQ(reason_of(file, "unit[1].ENABLE"), reason);
    file.restore(board);
    EXPECT_EQ(sim->get("IRQ_ENABLE"), 2U);
    EXPECT_EQ(sim->get("CTRL"), 0x2201U);
    EXPECT_EQ(sim->get("unit[1].ENABLE"), 0U);
    EXPECT_EQ(sim->get("PLAIN"), 5U);
}

} // namespace settings_test
