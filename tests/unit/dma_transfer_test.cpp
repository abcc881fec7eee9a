// SPDX-License-Identifier: BSD-3-Clause
// Transfers over the simulated boards.
#include "pattern.hpp"
#include "seat.hpp"

#include <upciedev/extend/memory_transport.hpp>
#include <upciedev/upciedev.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <numeric>
#include <pthread.h>
#include <thread>

namespace dma_transfer_test {

using namespace upciedev;
using namespace std::chrono_literals;
using test::pattern;
using testing::HasSubstr;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t MiB = std::size_t{1} << 20;

struct bench : test::seat {
    explicit bench(const std::string& name) : seat(name, model_clock::real()) {}
    [[nodiscard]] std::span<std::uint8_t> memory(unsigned bar) const {
        const auto all = sim->hardware().memory(bar);
        return {reinterpret_cast<std::uint8_t*>(all.data()), all.size()};
    }
    void fill(unsigned bar, std::size_t offset, const std::vector<std::uint8_t>& bytes) const {
        std::ranges::copy(bytes, memory(bar).subspan(offset).begin());
    }
};

template <class Act>
error refused(const Act& act) {
    try {
        act();
    } catch (const error& reason) {
        return reason;
    }
    throw std::runtime_error("it was not refused");
}

void nothing(int) {}

TEST(dma, reads_what_the_board_has) {
    const bench adc("vadc10");
    const auto data = pattern(100'000);
    adc.fill(2, 0, data);
    std::vector<std::uint8_t> got(data.size());
    const auto result = adc.board.dma("read").read(0, got);
    EXPECT_EQ(got, data);
    EXPECT_EQ(result.bytes, data.size());
}

TEST(dma, reads_any_stretch_to_any_place) {
    const bench adc("vadc10");
    const auto data = pattern(20'000);
    adc.fill(2, 0, data);
    const auto channel = adc.board.dma("read");
    for (const std::size_t offset : {0, 1, 2, 3, 4, 4095, 4097})
        for (const std::size_t place : {0, 1, 4, 7})
            for (const std::size_t length : {1, 2, 3, 4, 5, 63, 4096, 8191}) {
                std::vector<std::uint8_t> got(length + 16, 0xee);
                const auto into = std::span(got).subspan(place, length);
                const auto result = channel.read(offset, into);
                ASSERT_TRUE(std::ranges::equal(into, std::span(data).subspan(offset, length)))
                    << offset << ' ' << place << ' ' << length;
                ASSERT_TRUE(std::ranges::all_of(std::span(got).first(place),
                                                [](auto byte) { return byte == 0xee; }));
                ASSERT_TRUE(std::ranges::all_of(std::span(got).subspan(place + length),
                                                [](auto byte) { return byte == 0xee; }));
                ASSERT_EQ(result.bytes, length);
            }
}

TEST(dma, copies_only_the_edges_that_the_engine_cannot_move) {
    const bench adc("vadc10");
    const auto channel = adc.board.dma("read");
    alignas(4096) static std::array<std::uint8_t, 8192> memory;
    EXPECT_EQ(channel.read(0, std::span(memory).first(4096)).bounced, 0U);
    EXPECT_EQ(channel.read(4, std::span(memory).first(4098)).bounced, 2U);
    EXPECT_EQ(channel.read(3, std::span(memory).subspan(3, 4097)).bounced, 1U);
    EXPECT_EQ(channel.read(2, std::span(memory).subspan(2, 4097)).bounced, 2U + 3U);
    EXPECT_EQ(channel.read(1, std::span(memory).first(4096)).bounced, 4096U);
}

TEST(dma, moves_64_megabytes) {
    const bench adc("vadc10");
    const auto data = pattern(64 * MiB);
    adc.fill(2, 0, data);
    std::vector<std::uint8_t> got(data.size());
    adc.board.dma("read").read(0, got, 100s);
    EXPECT_TRUE(got == data);
}

TEST(dma, writes_and_reads_back_with_another_channel) {
    const bench io("vio");
    const auto data = pattern(MiB);
    EXPECT_EQ(io.board.dma("write").write(0, data).bytes, data.size());
    EXPECT_TRUE(std::ranges::equal(io.memory(4), data));
    std::vector<std::uint8_t> got(1000);
    io.board.dma("read").read(77, got);
    EXPECT_TRUE(std::ranges::equal(got, std::span(data).subspan(77, 1000)));
}

TEST(dma, takes_elements_of_any_type) {
    const bench adc("vadc10");
    std::vector<std::int16_t> samples(1000);
    std::iota(samples.begin(), samples.end(), std::int16_t{-500});
    adc.board.area("DAQ").write<std::int16_t>(0, samples);
    std::vector<std::int16_t> got(1000);
    adc.board.dma("read").read(0, got);
    EXPECT_EQ(got, samples);
    std::array<std::int32_t, 2> words{};
    adc.board.dma("read").read(0, std::span(words));
    EXPECT_EQ(words[0], -499 * 65536 | (-500 & 0xffff));
}

TEST(dma, tells_of_its_channel) {
    const bench adc("vadc10");
    const auto channel = adc.board.dma("read");
    EXPECT_EQ(channel.where(), "slot 4 vadc10: DMA read");
    EXPECT_EQ(channel.description().area, "DDR");
    EXPECT_FALSE(channel.facts().to_board);
    EXPECT_TRUE(channel.facts().stoppable);
    EXPECT_EQ(channel.facts().alignment, 4U);
    EXPECT_EQ(channel.facts().memory, 64 * MiB);
    EXPECT_TRUE(adc.sim->capabilities().has(capability::dma));
}

TEST(dma, refuses_what_cannot_be) {
    const bench adc("vadc10"), io("vio");
    std::vector<std::uint8_t> bytes(16);
    const auto read = adc.board.dma("read"), write = io.board.dma("write");
    EXPECT_THAT(refused([&] { std::ignore = adc.board.dma("raed"); }).what(),
                HasSubstr("slot 4 vadc10: no DMA channel 'raed'; did you mean 'read'?"));
    EXPECT_EQ(refused([&] { read.write(0, bytes); }).kind(), errc::not_supported);
    EXPECT_EQ(refused([&] { write.read(0, bytes); }).kind(), errc::not_supported);
    const auto outside = refused([&] { read.read(64 * MiB - 8, bytes); });
    EXPECT_EQ(outside.kind(), errc::out_of_range);
    EXPECT_THAT(outside.what(), HasSubstr("slot 4 vadc10: DMA read"));
    EXPECT_EQ(refused([&] { read.read(~std::uint64_t{0}, bytes); }).kind(), errc::out_of_range);
    EXPECT_EQ(refused([&] { read.read(0, std::span(bytes).first(0)); }).kind(), errc::bad_value);
    EXPECT_EQ(refused([&] { std::ignore = read.buffer(3); }).kind(), errc::bad_value);
}

TEST(dma, runs_out_of_time_with_an_engine_that_hangs) {
    const bench adc("vadc10");
    const auto channel = adc.board.dma("read");
    std::vector<std::uint8_t> got(4096, 0x55);
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    const auto begin = clock_type::now();
    const auto late = refused([&] { channel.read(0, got, 50ms); });
    EXPECT_EQ(late.kind(), errc::timeout);
    EXPECT_THAT(late.what(), HasSubstr("after 0 of 4096 bytes"));
    EXPECT_GE(clock_type::now() - begin, 50ms);
    EXPECT_LT(clock_type::now() - begin, 5s);
    EXPECT_FALSE(adc.board.gone());
    adc.sim->hardware().fault(model_fault::engine_hangs, false);
    const auto data = pattern(got.size());
    adc.fill(2, 0, data);
    channel.read(0, got);
    EXPECT_EQ(got, data);
}

/// The engine goes on when it is told to stop: it must be cut off before the memory is ours again.
TEST(dma, lets_no_engine_write_to_memory_after_its_time) {
    const bench adc("vadc10");
    const auto channel = adc.board.dma("read");
    std::vector<std::uint8_t> got(MiB, 0);
    adc.fill(2, 0, std::vector<std::uint8_t>(MiB, 0xaa));
    adc.sim->hardware().fault(model_fault::engine_runs_on, true);
    EXPECT_EQ(refused([&] { channel.read(0, got, 50ms); }).kind(), errc::timeout);
    EXPECT_EQ(got.front(), 0xaa); // it did write
    std::ranges::fill(got, std::uint8_t{0x55});
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(std::ranges::all_of(got, [](auto byte) { return byte == 0x55; }));
    EXPECT_TRUE(adc.board.gone());
    EXPECT_TRUE(adc.sim->failed());
    EXPECT_EQ(refused([&] { channel.read(0, got, 1s); }).kind(), errc::board_gone);
}

TEST(dma, cuts_off_a_board_that_answers_ones_only) {
    const bench adc("vadc10");
    std::vector<std::uint8_t> got(4096);
    const auto channel = adc.board.dma("read");
    adc.sim->hardware().fault(model_fault::all_ones, true);
    EXPECT_EQ(refused([&] { channel.read(0, got, 50ms); }).kind(), errc::timeout);
    EXPECT_TRUE(adc.board.gone());
}

TEST(dma, does_without_interrupts_that_get_lost) {
    const bench adc("vadc10");
    const auto data = pattern(10'000);
    adc.fill(2, 0, data);
    adc.sim->hardware().fault(model_fault::interrupt_lost, true);
    std::vector<std::uint8_t> got(data.size());
    adc.board.dma("read").read(0, got);
    EXPECT_EQ(got, data);
}

TEST(dma, leaves_interrupts_to_those_who_wait_for_them) {
    const bench adc("vadc10");
    auto done = adc.board.irq("dma_done");
    std::vector<std::uint8_t> got(4096);
    adc.board.dma("read").read(0, got);
    const auto event = done.wait(10s);
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->has("dma_done"));
}

TEST(dma, ends_by_a_stop_token) {
    const bench adc("vadc10");
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    std::vector<std::uint8_t> got(4096);
    const auto channel = adc.board.dma("read");
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(30ms);
        stop.request_stop();
    });
    const auto begin = clock_type::now();
    EXPECT_EQ(refused([&] { channel.read(0, got, 10s, stop.get_token()); }).kind(),
              errc::interrupted);
    EXPECT_LT(clock_type::now() - begin, 5s);
    EXPECT_EQ(refused([&] { channel.read(0, got, 10s, stop.get_token()); }).kind(),
              errc::interrupted); // asked for before
    adc.sim->hardware().fault(model_fault::engine_hangs, false);
    channel.read(0, got);
}

TEST(dma, ends_by_a_signal) {
    struct sigaction action {};
    action.sa_handler = nothing;
    sigaction(SIGUSR1, &action, nullptr);
    const bench adc("vadc10");
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    std::vector<std::uint8_t> got(4096);
    const std::jthread killer([waiting = pthread_self()] {
        std::this_thread::sleep_for(100ms);
        pthread_kill(waiting, SIGUSR1);
    });
    const auto channel = adc.board.dma("read");
    EXPECT_EQ(refused([&] { channel.read(0, got, 10s); }).kind(), errc::interrupted);
}

TEST(dma, serves_eight_threads_with_their_own_data) {
    const bench adc("vadc10");
    const auto data = pattern(8 * MiB);
    adc.fill(2, 0, data);
    const auto channel = adc.board.dma("read");
    std::vector<std::jthread> threads;
    std::atomic<unsigned> good = 0;
    for (std::size_t number = 0; number < 8; ++number)
        threads.emplace_back([&, number] {
            for (std::size_t i = 0; i < 20; ++i) {
                const auto offset = number * MiB + i * 1021;
                std::vector<std::uint8_t> got(1 + i * 3001);
                channel.read(offset, got);
                if (std::ranges::equal(got, std::span(data).subspan(offset, got.size()))) ++good;
            }
        });
    threads.clear();
    EXPECT_EQ(good, 160U);
}

TEST(dma, ends_when_the_board_leaves) {
    const bench adc("vadc10");
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    std::vector<std::uint8_t> got(4096);
    const std::jthread puller([&] {
        std::this_thread::sleep_for(50ms);
        adc.sim->unplug();
    });
    const auto channel = adc.board.dma("read");
    EXPECT_EQ(refused([&] { channel.read(0, got, 10s); }).kind(), errc::board_gone);
    EXPECT_EQ(refused([&] { std::ignore = adc.board.dma("read"); }).kind(), errc::board_gone);
}

TEST(dma, ends_with_a_reset_and_goes_on_after_it) {
    const bench adc("vadc10");
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    std::vector<std::uint8_t> got(4096);
    const auto channel = adc.board.dma("read");
    std::jthread resetter([&] {
        std::this_thread::sleep_for(50ms);
        adc.sim->reset();
    });
    EXPECT_EQ(refused([&] { channel.read(0, got, 10s); }).kind(), errc::board_gone);
    resetter.join();
    adc.sim->hardware().fault(model_fault::engine_hangs, false);
    channel.read(0, got);
}

TEST(dma, comes_back_with_a_board_that_was_cut_off) {
    const auto crate = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/full.yaml");
    for (const auto& entry : crate.list()) {
        if (entry.name != "vadc10") continue;
        const auto board = crate.board(*entry.slot);
        auto& ill = dynamic_cast<sim_board&>(board.way());
        const auto channel = board.dma("read");
        std::vector<std::uint8_t> got(4096);
        ill.hardware().fault(model_fault::engine_runs_on, true);
        EXPECT_EQ(refused([&] { channel.read(0, got, 20ms); }).kind(), errc::timeout);
        EXPECT_TRUE(board.gone());
        EXPECT_EQ(board.identity().generation, 1U);
        board.reopen();
        EXPECT_EQ(board.identity().generation, 2U);
        auto& again = dynamic_cast<sim_board&>(board.way());
        EXPECT_TRUE(again.hardware().has_fault(model_fault::engine_runs_on)); // a reset cures none
        EXPECT_EQ(refused([&] { channel.read(0, got, 20ms); }).kind(), errc::timeout);
        EXPECT_TRUE(board.gone());
        again.hardware().fault(model_fault::engine_runs_on, false);
        board.reopen();
        EXPECT_EQ(board.identity().generation, 3U);
        channel.read(0, got);
        return;
    }
    FAIL() << "no vadc10";
}

/// The same object serves on, as in the process of a slot.
TEST(dma, begins_again_in_place_after_it_was_cut_off) {
    for (const bool shared : {false, true}) {
        const auto description = load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc10.yaml");
        const auto sim =
            std::make_shared<sim_board>(description, 4, model_options{.shared = shared});
        unsigned failures = 0;
        sim->on_failure([&] { ++failures; });
        std::vector<std::uint8_t> got(4096);
        sim->set("SCRATCH", 5);
        auto heard = sim->interrupts({{0}, 1});
        for (unsigned round = 1; round < 4; ++round) {
            const board before(sim, description);
            const auto channel = before.dma("read");
            const auto* const id = before.way().map(0, 0, 4, false);
            sim->hardware().fault(model_fault::all_ones, true);
            EXPECT_EQ(refused([&] { channel.read(0, got, 20ms); }).kind(), errc::timeout);
            EXPECT_TRUE(sim->failed() && sim->gone());
            EXPECT_EQ(failures, round);
            if (id != nullptr) {
                EXPECT_EQ(std::to_integer<unsigned>(*id), 0xffU);
            }
            sim->hardware().fault(model_fault::all_ones, false);
            sim->begin_again();
            EXPECT_FALSE(sim->failed() || sim->gone());
            EXPECT_EQ(sim->identity().generation, round + 1);
            EXPECT_EQ(sim->get("SCRATCH"), 0U);
            raw_interrupt event;
            std::size_t count = 0;
            EXPECT_TRUE(heard->read({&event, 1}, count)); // of the generation before
            heard = sim->interrupts({{0}, 1});
            EXPECT_FALSE(heard->read({&event, 1}, count));
            const board now(sim, description);
            now.write("SCRATCH", 7);
            EXPECT_EQ(now.reg("SCRATCH").raw(), 7U);
            now.dma("read").read(0, got);
        }
        sim->on_failure({});
    }
}

TEST(dma, has_memory_that_stays_pinned) {
    const bench adc("vadc10");
    const auto data = pattern(MiB);
    adc.fill(2, 0, data);
    auto buffer = adc.board.dma("read").buffer(64 * 1024);
    for (std::uint64_t offset = 0; offset < MiB; offset += buffer.bytes().size()) {
        EXPECT_EQ(buffer.transfer(offset).bounced, 0U);
        ASSERT_TRUE(std::ranges::equal(buffer.as<std::uint8_t>(),
                                       std::span(data).subspan(offset, buffer.bytes().size())));
    }
    buffer.transfer(0, 4096, 8);
    EXPECT_TRUE(
        std::ranges::equal(buffer.as<std::uint8_t>().subspan(4096, 8), std::span(data).first(8)));
    EXPECT_EQ(refused([&] { buffer.transfer(0, 65532, 8); }).kind(), errc::out_of_range);
    EXPECT_EQ(refused([&] { buffer.transfer(2, 0, 8); }).kind(), errc::bad_value);
    adc.sim->unplug();
    EXPECT_EQ(buffer.as<std::uint8_t>()[4096], data[0]); // still there
    EXPECT_EQ(refused([&] { buffer.transfer(0); }).kind(), errc::board_gone);
}

/// A way without DMA.
class plain_way final : public memory_transport {
  public:
    [[nodiscard]] std::string name() const override { return "plain"; }
    [[nodiscard]] board_identity identity() const override { return {}; }
    [[nodiscard]] bar_facts bar(unsigned) const override { return {}; }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    volatile std::byte* map(unsigned, std::uint64_t, std::uint64_t, bool) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return false; }
};

TEST(dma, is_refused_by_ways_that_have_none) {
    const bench adc("vadc10");
    const board board(std::make_shared<plain_way>(), adc.description);
    const auto reason = refused([&] { std::ignore = board.dma("read"); });
    EXPECT_EQ(reason.kind(), errc::not_supported);
    EXPECT_THAT(reason.what(), HasSubstr("vadc10: DMA read: the way 'plain' has no DMA"));
}

} // namespace dma_transfer_test
