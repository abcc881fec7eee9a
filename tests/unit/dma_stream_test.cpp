// SPDX-License-Identifier: BSD-3-Clause
// Streams over the simulated boards, and what they ask of a way that the test plays.
#include "fake_channel.hpp"
#include "seat.hpp"

#include <upciedev/upciedev.hpp>

#include <gmock/gmock.h>

#include <numeric>
#include <poll.h>
#include <thread>

namespace dma_stream_test {

using namespace upciedev;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint64_t frame_size = 4096;

struct bench : test::seat {
    explicit bench(const std::string& name = "vadc10") : seat(name, model_clock::real()) {}
    [[nodiscard]] std::span<std::uint32_t> memory(unsigned bar = 2) const {
        const auto all = sim->hardware().memory(bar);
        return {reinterpret_cast<std::uint32_t*>(all.data()), all.size() / 4};
    }
    /// Word n of the memory is n.
    void number_words() const { std::iota(memory().begin(), memory().end(), 0U); }
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

TEST(dma_stream, reads_a_stretch_frame_by_frame) {
    const bench adc;
    adc.number_words();
    auto stream = adc.board.dma("read").stream(
        8, frame_size, {.offset = 4 * frame_size, .step = frame_size, .count = 100});
    std::uint32_t number = 0;
    for (auto& frame : stream) {
        ASSERT_EQ(frame.bytes().size(), frame_size);
        ASSERT_EQ(frame.sequence(), number);
        ASSERT_EQ(frame.lost(), 0U);
        const auto words = frame.as<std::uint32_t>();
        ASSERT_EQ(words.front(), (4 + number) * frame_size / 4);
        ASSERT_EQ(words.back(), (5 + number) * frame_size / 4 - 1);
        ++number;
    }
    EXPECT_EQ(number, 100U);
    EXPECT_TRUE(stream.ended());
    EXPECT_FALSE(stream.next(10s));
    EXPECT_EQ(stream.lost(), 0U);
}

TEST(dma_stream, takes_back_frames_in_any_order) {
    const bench adc;
    adc.number_words();
    auto stream = adc.board.dma("read").stream(4, frame_size, {.step = frame_size, .count = 60});
    std::vector<dma_frame> held;
    for (std::uint32_t number = 0; number < 60; ++number) {
        auto frame = stream.next(10s);
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->as<std::uint32_t>().front(), number * frame_size / 4);
        held.push_back(*std::move(frame));
        if (held.size() == 4) {
            held.erase(held.begin() + 1);
            held.erase(held.begin() + 2);
            held.erase(held.begin());
        }
    }
}

TEST(dma_stream, leaves_a_frame_alone_that_the_user_holds) {
    const bench adc;
    adc.number_words();
    auto stream = adc.board.dma("read").stream(3, frame_size);
    const auto first = stream.next(10s);
    ASSERT_TRUE(first);
    std::ranges::fill(adc.memory(), 0xffffffffU);
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(stream.next(10s));
    EXPECT_EQ(first->as<std::uint32_t>()[7], 7U);
}

TEST(dma_stream, waits_for_frames_that_another_thread_gives_back) {
    const bench adc;
    auto stream = adc.board.dma("read").stream(4, frame_size);
    std::vector<dma_frame> held;
    for (int i = 0; i < 4; ++i)
        held.push_back(*stream.next(10s));
    EXPECT_FALSE(stream.next(20ms)); // all are held
    const std::jthread giver([&] {
        std::this_thread::sleep_for(50ms);
        held.pop_back();
    });
    EXPECT_TRUE(stream.next(10s));
}

TEST(dma_stream, moves_a_frame_at_each_trigger) {
    const bench adc;
    adc.number_words();
    auto stream = adc.board.dma("read").stream(4, frame_size, {.trigger = {"done"}});
    EXPECT_FALSE(stream.next(50ms));
    for (std::uint64_t number = 0; number < 5; ++number) {
        const auto before = std::chrono::steady_clock::now();
        adc.sim->hardware().interrupt("done");
        const auto frame = stream.next(10s);
        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->sequence(), number);
        EXPECT_GE(frame->time(), before);
        EXPECT_LE(frame->time(), std::chrono::steady_clock::now());
        EXPECT_EQ(frame->as<std::uint32_t>()[9], 9U);
    }
    EXPECT_FALSE(stream.next(20ms));
}

TEST(dma_stream, tells_of_triggers_for_which_there_was_no_frame) {
    const bench adc;
    auto seen = adc.board.irq("done");
    auto stream = adc.board.dma("read").stream(2, frame_size, {.trigger = {"done"}});
    const auto trigger = [&] {
        adc.sim->hardware().interrupt("done");
        ASSERT_TRUE(seen.wait(10s));
        std::this_thread::sleep_for(20ms); // for the frame
    };
    for (int i = 0; i < 5; ++i)
        trigger();
    EXPECT_EQ(stream.next(0ms)->sequence(), 0U);
    EXPECT_EQ(stream.next(0ms)->sequence(), 1U);
    EXPECT_FALSE(stream.next(20ms));
    trigger();
    const auto frame = stream.next(10s);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->sequence(), 5U);
    EXPECT_EQ(frame->lost(), 3U);
    EXPECT_EQ(stream.lost(), 3U);
}

TEST(dma_stream, writes_frames_in_the_order_in_which_they_are_sent) {
    const bench io("vio");
    auto stream = io.board.dma("write").stream(4, 1024, {.step = 1024, .count = 50});
    for (std::uint32_t number = 0; number < 50; ++number) {
        auto frame = stream.next(10s);
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->bytes().size(), 1024U);
        std::ranges::fill(frame->as<std::uint32_t>(), number);
        stream.send(*std::move(frame));
    }
    EXPECT_TRUE(stream.finish());
    for (std::uint32_t word = 0; word < 50 * 256; ++word)
        ASSERT_EQ(io.memory(4)[word], word / 256);
    EXPECT_TRUE(stream.ended() || stream.next(0ms));
}

TEST(dma_stream, ends_with_an_engine_that_hangs) {
    const bench adc;
    adc.sim->hardware().fault(model_fault::engine_hangs, true);
    auto stream = adc.board.dma("read").stream(4, frame_size, {.timeout = 30ms});
    const auto late = refused([&] { std::ignore = stream.next(10s); });
    EXPECT_EQ(late.kind(), errc::timeout);
    EXPECT_THAT(late.what(), HasSubstr("the engine did not move a frame in 30 ms"));
    EXPECT_FALSE(adc.board.gone());
}

TEST(dma_stream, lets_no_engine_write_after_its_end) {
    const bench adc;
    adc.sim->hardware().fault(model_fault::engine_runs_on, true);
    std::ranges::fill(adc.memory(), 0xaaaaaaaaU);
    auto stream = adc.board.dma("read").stream(4, frame_size, {.timeout = 30ms});
    EXPECT_EQ(refused([&] { std::ignore = stream.next(10s); }).kind(), errc::timeout);
    EXPECT_TRUE(adc.board.gone());
    const auto again = [&] { return refused([&] { std::ignore = stream.next(1s); }).kind(); };
    EXPECT_EQ(again(), errc::timeout); // and so for ever
}

TEST(dma_stream, ends_when_the_board_leaves_and_keeps_its_frames) {
    const bench adc;
    adc.number_words();
    auto stream = adc.board.dma("read").stream(4, frame_size);
    const auto kept = stream.next(10s);
    ASSERT_TRUE(kept);
    const std::jthread puller([&] {
        std::this_thread::sleep_for(30ms);
        adc.sim->unplug();
    });
    const auto end = std::chrono::steady_clock::now() + 10s;
    const auto gone = refused([&] {
        while (std::chrono::steady_clock::now() < end)
            std::ignore = stream.next(1s);
    });
    EXPECT_EQ(gone.kind(), errc::board_gone);
    EXPECT_EQ(kept->as<std::uint32_t>()[5], 5U);
}

TEST(dma_stream, is_outlived_by_its_frames) {
    std::optional<dma_frame> frame;
    {
        const bench adc;
        adc.number_words();
        auto stream = adc.board.dma("read").stream(4, frame_size);
        frame = stream.next(10s);
    }
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->as<std::uint32_t>()[1023], 1023U);
}

TEST(dma_stream, can_be_stopped) {
    const bench adc;
    auto stream = adc.board.dma("read").stream(4, frame_size);
    ASSERT_TRUE(stream.next(10s));
    stream.stop();
    while (stream.next(0ms))
        ;
    EXPECT_TRUE(stream.ended());
    EXPECT_FALSE(stream.next(10s));
}

TEST(dma_stream, ends_a_wait_by_a_stop_token) {
    const bench adc;
    auto stream = adc.board.dma("read").stream(4, frame_size, {.trigger = {"done"}});
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(30ms);
        stop.request_stop();
    });
    EXPECT_EQ(refused([&] { std::ignore = stream.next(10s, stop.get_token()); }).kind(),
              errc::interrupted);
    adc.sim->hardware().interrupt("done");
    const std::stop_source other;
    EXPECT_TRUE(stream.next(10s, other.get_token()));
}

TEST(dma_stream, has_a_descriptor_that_is_readable_while_there_are_frames) {
    const bench adc;
    auto stream = adc.board.dma("read").stream(4, frame_size, {.trigger = {"done"}});
    pollfd wanted{stream.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&wanted, 1, 0), 0);
    adc.sim->hardware().interrupt("done");
    EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
    EXPECT_TRUE(stream.next(0ms));
    EXPECT_FALSE(stream.next(0ms));
    EXPECT_EQ(::poll(&wanted, 1, 0), 0);
}

TEST(dma_stream, refuses_what_cannot_be) {
    const bench adc;
    const auto channel = adc.board.dma("read");
    const auto kind = [&](unsigned depth, std::uint64_t size, const dma_stream_options& how) {
        return refused([&] { std::ignore = channel.stream(depth, size, how); }).kind();
    };
    EXPECT_EQ(kind(0, frame_size, {}), errc::bad_value);
    EXPECT_EQ(kind(5000, frame_size, {}), errc::bad_value);
    EXPECT_EQ(kind(4, 0, {}), errc::bad_value);
    EXPECT_EQ(kind(4, 7, {}), errc::bad_value);
    EXPECT_EQ(kind(4, frame_size, {.offset = 2}), errc::bad_value);
    EXPECT_EQ(kind(4, frame_size, {.step = frame_size}), errc::bad_value);
    EXPECT_EQ(kind(4, frame_size, {.step = frame_size, .count = 1U << 20U}), errc::out_of_range);
    EXPECT_EQ(kind(4, frame_size, {.step = ~std::uint64_t{3}, .count = 9}), errc::out_of_range);
    EXPECT_EQ(kind(4, frame_size, {.trigger = {"dome"}}), errc::no_such_register);
}

TEST(dma_stream, makes_no_call_while_frames_wait) {
    test::fake_channel fake(8);
    fake.deliver(6);
    auto stream = fake.stream();
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(stream.next(1s));
    EXPECT_EQ(fake.calls(), 0U);
    EXPECT_TRUE(stream.next(1s));
    EXPECT_EQ(fake.calls(), 1U); // half of the ring came back
}

TEST(dma_stream, makes_one_call_a_frame_at_most) {
    for (const unsigned depth : {1U, 2U, 3U, 4U, 64U}) {
        test::fake_channel fake(depth);
        fake.deliver_when_asked(true);
        auto stream = fake.stream();
        for (unsigned i = 0; i < 1000; ++i)
            ASSERT_TRUE(stream.next(1s));
        EXPECT_LE(fake.calls(), 1000U) << depth;
    }
}

} // namespace dma_stream_test
