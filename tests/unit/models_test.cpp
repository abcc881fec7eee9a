// SPDX-License-Identifier: BSD-3-Clause
// The boards with behaviour that come with us, by the manual clock.
#include "seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>

namespace models_test {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;

struct frame {
    std::array<std::int16_t, 10> ch;
    std::uint32_t time;
};

std::int16_t sine(unsigned channel, long n) {
    const double turns = static_cast<double>(channel) * static_cast<double>(n) / 1000;
    return static_cast<std::int16_t>(
        std::nearbyint(16384 * std::sin(2 * std::numbers::pi * (turns - std::floor(turns)))));
}

struct digitizer : testing::Test {
    digitizer() { adc.sim->hardware().plug(&slot); }

    frame at(std::size_t i) {
        frame one{};
        std::memcpy(&one, &adc.sim->hardware().memory(2)[i * sizeof one], sizeof one);
        return one;
    }
    void trigger() const { adc.set("CTRL", "SOFT_TRIGGER", 1); }
    void arm(std::uint64_t mode) const {
        adc.set("CTRL", "MODE", mode);
        adc.set("CTRL", "ARM", 1);
    }

    static constexpr std::uint64_t software = 0, external = 1, internal = 2, free_running = 3;
    static constexpr std::uint64_t dma_busy = 1, dma_done = 2, dma_error = 4;
    model_clock clock = model_clock::manual();
    test_slot slot{1 << 20};
    seat adc{"vadc10", clock};
};

struct timer : testing::Test {
    timer() { vtimer.sim->hardware().plug(&slot); }

    void start(double hertz) const {
        vtimer.board.reg<double>("RATE").write(hertz);
        vtimer.set("CTRL", "SOURCE", 2);
    }
    std::array<std::uint32_t, 4> event(std::size_t i) {
        std::array<std::uint32_t, 4> entry{};
        std::memcpy(entry.data(), &vtimer.sim->hardware().memory(0)[0x8000 + i * 16], 16);
        return entry;
    }
    void output(unsigned line, std::uint64_t code, std::uint64_t delay) const {
        const auto path = "trigger[" + std::to_string(line) + "].";
        vtimer.write(path + "EVENT", code);
        vtimer.write(path + "DELAY", delay);
        vtimer.write(path + "CTRL", 0x21); // enabled, to the backplane
    }

    model_clock clock = model_clock::manual();
    test_slot slot{1 << 12};
    seat vtimer{"vtimer", clock, {{"PULSE", 8675309}, {"time.SECONDS", 1795392000}}};
};

/// A crate's trigger lines: a pulse reaches the other board.
struct wire final : test_slot {
    explicit wire(model_board& far) : test_slot(4096), far_(far) {}
    void pulse(unsigned line) noexcept override { far_.trigger(line); }
    model_board& far_;
};

TEST_F(digitizer, takes_what_each_channel_shows) {
    adc.write("LENGTH", 5000);
    adc.enable("IRQ_ENABLE", 4);
    clock.advance(1ms);
    arm(software);
    trigger();
    EXPECT_EQ(adc.read("STATUS"), 0xfU);
    clock.advance(5000 * 8ns - 1ns);
    EXPECT_THAT(slot.vectors, ElementsAre());
    clock.advance(1ns);
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    EXPECT_EQ(adc.read("STATUS"), 0xdU); // still armed
    EXPECT_EQ(adc.read("IRQ_STATUS"), 6U);
    EXPECT_EQ(adc.read("WRITTEN"), 5000U);
    for (const long n : {0L, 1L, 250L, 999L, 4095L, 4096L, 4999L}) {
        const auto got = at(static_cast<std::size_t>(n));
        EXPECT_EQ(got.ch[0], n);
        for (unsigned c = 1; c < 10; ++c)
            EXPECT_NEAR(got.ch[c], sine(c, n), 1) << c << " at " << n;
        EXPECT_EQ(got.time, 125'000 + n);
    }
    EXPECT_EQ(at(250).ch[1], 16384); // a quarter of the first channel's period
    EXPECT_EQ(at(5000).time, 0U);
}

TEST_F(digitizer, counts_and_stamps_triggers_and_tells_lost_ones) {
    trigger(); // not armed
    EXPECT_EQ(adc.read("TRIGGERS"), 0U);
    arm(software);
    clock.advance(80ns);
    trigger();
    trigger(); // too early
    EXPECT_EQ(adc.read("LOST"), 1U);
    EXPECT_EQ(adc.read("IRQ_STATUS"), 0xaU);
    clock.advance(1ms);
    trigger();
    EXPECT_EQ(adc.read("TRIGGERS"), 2U);
    EXPECT_EQ(adc.read("STAMPS"), 10U);
    EXPECT_EQ(adc.read("STAMPS"), 125'010U);
    EXPECT_EQ(adc.read("STAMPS"), 0U);
    EXPECT_EQ(adc.read("TIME"), 125'010U);
}

TEST_F(digitizer, heeds_enable_gain_offset_pretrigger_and_decimation) {
    adc.write("LENGTH", 1000);
    adc.write("PRETRIGGER", 100);
    adc.write("DECIMATION", 5);
    adc.write("adc.ch[2].CONFIG", 0);
    adc.board.reg<double>("adc.ch[1].GAIN").write(6);
    adc.board.reg<double>("adc.ch[3].OFFSET").write(0.25);
    adc.board.reg<double>("adc.ch[0].OFFSET").write(-0.5);
    clock.advance(1ms);
    arm(software);
    trigger();
    clock.advance(900 * 5 * 8ns - 1ns);
    EXPECT_EQ(adc.read("WRITTEN"), 0U);
    clock.advance(1ns);
    EXPECT_EQ(adc.read("WRITTEN"), 1000U);
    EXPECT_EQ(at(100).ch[0], -16384);
    EXPECT_EQ(at(99).ch[0], -16385);
    EXPECT_EQ(at(100).time, 125'000U);
    EXPECT_EQ(at(99).time, 124'995U);
    EXPECT_EQ(at(350).ch[2], 0);
    EXPECT_NEAR(at(350).ch[1], 32690, 1); // 16384 * 10^(6/20)
    EXPECT_NEAR(at(350).ch[3], -16384 + 8192, 1);
}

TEST_F(digitizer, listens_to_its_line_of_the_backplane_alone) {
    adc.set("CTRL", "LINE", 3);
    arm(external);
    adc.sim->hardware().trigger(2);
    clock.advance(0ns);
    EXPECT_EQ(adc.read("TRIGGERS"), 0U);
    adc.sim->hardware().trigger(3);
    clock.advance(0ns);
    EXPECT_EQ(adc.read("TRIGGERS"), 1U);
}

TEST_F(digitizer, triggers_itself_at_a_rate_until_stopped) {
    adc.board.reg<double>("TRIGGER_RATE").write(100);
    arm(internal);
    clock.advance(50ms);
    EXPECT_EQ(adc.read("TRIGGERS"), 5U);
    adc.set("CTRL", "STOP", 1);
    clock.advance(1s);
    EXPECT_EQ(adc.read("TRIGGERS"), 5U);
    EXPECT_EQ(adc.read("STATUS"), 0xcU);
}

TEST_F(digitizer, takes_one_when_single) {
    adc.set("CTRL", "SINGLE", 1);
    adc.board.reg<double>("TRIGGER_RATE").write(100);
    arm(internal);
    clock.advance(1s);
    EXPECT_EQ(adc.read("TRIGGERS"), 1U);
}

TEST_F(digitizer, runs_free_without_a_gap_in_its_waveform) {
    adc.write("LENGTH", 1500);
    arm(free_running);
    clock.advance(11ms);
    EXPECT_EQ(adc.read("TRIGGERS"), 2U);
    EXPECT_EQ(at(0).ch[0], 1500);
    EXPECT_EQ(at(1499).ch[0], 2999);
    trigger(); // means nothing here
    EXPECT_EQ(adc.read("LOST"), 0U);
}

TEST_F(digitizer, is_read_out_by_dma) {
    adc.write("LENGTH", 100);
    arm(software);
    trigger();
    clock.advance(1ms);
    auto& board = adc.sim->hardware(); // the driver's side: these registers are guarded
    board.write(0, 0x80, 64, 24);
    board.write(0, 0x88, 64, test_slot::base);
    board.write(0, 0x90, 32, 48);
    EXPECT_EQ(adc.read("dma.STATUS"), 0U);
    board.write(0, 0x94, 32, 1);
    EXPECT_EQ(adc.read("dma.STATUS"), dma_busy);
    clock.advance(1ms);
    EXPECT_EQ(adc.read("dma.STATUS"), dma_done);
    EXPECT_EQ(adc.read("IRQ_STATUS") & 1U, 1U);
    EXPECT_EQ(std::memcmp(slot.memory.data(), &board.memory(2)[24], 48), 0);
    EXPECT_EQ(slot.memory[0], std::byte{1}); // the ramp's second sample
}

TEST_F(digitizer, says_how_a_transfer_ended) {
    auto& board = adc.sim->hardware();
    board.write(0, 0x90, 32, 48);
    board.write(0, 0x94, 32, 1); // to address 0, where nobody is
    clock.advance(1ms);
    EXPECT_EQ(adc.read("dma.STATUS"), dma_error);
    board.write(0, 0x88, 64, test_slot::base);
    board.write(0, 0x94, 32, 1);
    board.write(0, 0x94, 32, 2);
    EXPECT_EQ(adc.read("dma.STATUS"), 0U) << "aborted";
    board.write(0, 0x94, 32, 1);
    clock.advance(1ms);
    EXPECT_EQ(adc.read("dma.STATUS"), dma_done);
    board.reset();
    EXPECT_EQ(adc.read("dma.STATUS"), 0U);
}

TEST_F(digitizer, forgets_an_acquisition_on_reset) {
    arm(software);
    trigger();
    adc.sim->hardware().reset();
    clock.advance(1s);
    EXPECT_EQ(adc.read("IRQ_STATUS"), 0U);
    EXPECT_EQ(adc.read("WRITTEN"), 0U);
    EXPECT_EQ(adc.read("TIME"), 125'000'000U);
}

TEST_F(timer, is_still_until_told_to_be_the_source) {
    clock.advance(10s);
    EXPECT_EQ(vtimer.read("PULSE"), 8675309U);
    EXPECT_EQ(vtimer.read("EVENT_COUNT"), 0U);
}

TEST_F(timer, sends_pulses_at_a_rate_with_number_and_time) {
    vtimer.enable("IRQ_ENABLE", 1);
    start(50);
    clock.advance(60ms);
    EXPECT_EQ(vtimer.read("PULSE"), 8675312U);
    EXPECT_EQ(vtimer.read("IRQ_STATUS"), 1U);
    EXPECT_THAT(slot.vectors, ElementsAre(0)); // not acknowledged
    EXPECT_EQ(vtimer.read("EVENT_COUNT"), 3U);
    EXPECT_THAT(event(2), ElementsAre(0, 8675312, 1795392000, 60'000'000));
    start(0.5);
    clock.advance(1999ms);
    EXPECT_EQ(vtimer.read("PULSE"), 8675312U);
    clock.advance(1ms);
    EXPECT_EQ(vtimer.read("PULSE"), 8675313U);
    vtimer.set("CTRL", "ENABLE", 0);
    clock.advance(10s);
    EXPECT_EQ(vtimer.read("PULSE"), 8675313U);
}

TEST_F(timer, latches_its_time) {
    clock.advance(1500ms);
    vtimer.write("time.LATCH", 1);
    clock.advance(1s);
    EXPECT_EQ(vtimer.read("time.SECONDS"), 1795392001U);
    EXPECT_EQ(vtimer.read("time.NANOSECONDS"), 500'000'000U);
    vtimer.write("time.LATCH", 1);
    EXPECT_EQ(vtimer.read("time.SECONDS"), 1795392002U);
}

TEST_F(timer, sends_the_programmed_events_after_each_pulse) {
    vtimer.write("program[0].EVENT", 7);
    vtimer.write("program[0].DELAY", 1000);
    vtimer.write("program[5].EVENT", 9);
    vtimer.write("program[5].DELAY", 125);
    start(10);
    clock.advance(101ms);
    EXPECT_EQ(vtimer.read("EVENT_COUNT"), 3U);
    EXPECT_THAT(event(0), ElementsAre(0, 8675310, 1795392000, 100'000'000));
    EXPECT_THAT(event(1), ElementsAre(9, 8675310, 1795392000, 100'001'000));
    EXPECT_THAT(event(2), ElementsAre(7, 8675310, 1795392000, 100'008'000));
}

TEST_F(timer, wraps_its_ring) {
    for (unsigned i = 0; i <= 1024; ++i)
        vtimer.write("SEND", i == 1024 ? 200 : 100);
    EXPECT_EQ(vtimer.read("EVENT_COUNT"), 1025U);
    EXPECT_EQ(event(0)[0], 200U);
    EXPECT_EQ(event(1)[0], 100U);
}

TEST_F(timer, triggers_after_a_delay_what_waits_for_the_event) {
    output(2, 7, 1000);
    output(5, 7, 500);
    output(6, 8, 0);
    vtimer.write("trigger[7].EVENT", 7);
    vtimer.write("trigger[7].CTRL", 0x11); // to the front: counted, but not on the backplane
    vtimer.write("SEND", 7);
    clock.advance(7999ns);
    EXPECT_THAT(slot.lines, ElementsAre(5));
    clock.advance(1ns);
    EXPECT_THAT(slot.lines, ElementsAre(5, 2));
    EXPECT_EQ(vtimer.read("trigger[2].COUNT"), 1U);
    EXPECT_EQ(vtimer.read("trigger[6].COUNT"), 0U);
    EXPECT_EQ(vtimer.read("trigger[7].COUNT"), 1U);
}

TEST_F(timer, triggers_at_the_end_of_a_negative_pulse) {
    output(3, 7, 100);
    vtimer.write("trigger[3].WIDTH", 25);
    vtimer.set("trigger[3].CTRL", "POLARITY", 1);
    vtimer.write("SEND", 7);
    clock.advance(999ns);
    EXPECT_EQ(vtimer.read("trigger[3].COUNT"), 1U);
    EXPECT_THAT(slot.lines, ElementsAre());
    clock.advance(1ns);
    EXPECT_THAT(slot.lines, ElementsAre(3));
    vtimer.set("CTRL", "INVERT", 1);
    vtimer.write("SEND", 7);
    clock.advance(800ns);
    EXPECT_THAT(slot.lines, ElementsAre(3, 3)) << "turned round twice";
    clock.advance(1ms);
    vtimer.set("trigger[3].CTRL", "POLARITY", 0);
    vtimer.write("SEND", 7);
    clock.advance(999ns);
    EXPECT_THAT(slot.lines, ElementsAre(3, 3));
    clock.advance(1ns);
    EXPECT_THAT(slot.lines, ElementsAre(3, 3, 3));
}

TEST_F(timer, takes_no_event_while_an_output_is_busy) {
    output(0, 7, 100);
    vtimer.write("trigger[0].WIDTH", 25);
    vtimer.write("SEND", 7);
    clock.advance(999ns); // delayed, and high until 1000
    vtimer.write("SEND", 7);
    EXPECT_EQ(vtimer.read("IRQ_STATUS"), 4U);
    clock.advance(1ns);
    vtimer.write("SEND", 7);
    clock.advance(1ms);
    EXPECT_EQ(vtimer.read("trigger[0].COUNT"), 2U);
}

TEST_F(timer, loses_its_link_at_the_source_without_a_cable) {
    vtimer.enable("IRQ_ENABLE", 2);
    vtimer.set("CTRL", "SOURCE", 1);
    EXPECT_EQ(vtimer.read("STATUS") & 1U, 0U);
    EXPECT_THAT(slot.vectors, ElementsAre(0));
    vtimer.set("CTRL", "SOURCE", 0);
    EXPECT_EQ(vtimer.read("STATUS") & 1U, 1U);
}

TEST_F(timer, starts_anew_after_a_reset) {
    start(10);
    clock.advance(1s);
    vtimer.sim->hardware().reset();
    clock.advance(1s);
    EXPECT_EQ(vtimer.read("PULSE"), 8675309U);
    start(10);
    clock.advance(1s);
    EXPECT_EQ(vtimer.read("PULSE"), 8675319U);
}

TEST_F(timer, triggers_a_digitizer_over_the_backplane) {
    seat adc{"vadc10", clock};
    wire backplane{adc.sim->hardware()};
    vtimer.sim->hardware().plug(&backplane);
    output(1, 0, 250); // 2 us after each pulse
    adc.set("CTRL", "MODE", 1);
    adc.set("CTRL", "LINE", 1);
    adc.set("CTRL", "ARM", 1);
    start(100);
    clock.advance(35ms);
    EXPECT_EQ(adc.read("TRIGGERS"), 3U);
    EXPECT_EQ(adc.read("STAMPS"), 1'250'250U); // 10.002 ms
    EXPECT_EQ(adc.read("STAMPS"), 2'500'250U);
    vtimer.sim->hardware().plug(nullptr);
}

} // namespace models_test
