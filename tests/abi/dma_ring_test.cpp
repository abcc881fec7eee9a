// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_DMA_RING, _START, _EXCHANGE and _STOP on QEMU's edu.
#include "dma.hpp"
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include <unistd.h>

namespace raw {
namespace dma_ring_test {

using namespace std::chrono_literals;

constexpr std::uint32_t reading = 0, writing = 1; // channels
constexpr std::uint64_t memory_size = 4095, frame_length = 700;
constexpr std::uint32_t frames = 4;
constexpr std::uint64_t trigger_cause = 1; // edu's "factorial", which a write raises

class dma_ring : public testing::Test {
  protected:
    file open(std::uint32_t number) {
        auto [error, channel] = open_channel(board_, number);
        EXPECT_EQ(error, 0);
        return std::move(channel);
    }
    void fill_board(std::uint64_t seed) {
        auto bytes = filled(memory_size, seed);
        ASSERT_EQ(transfer(write_, 0, bytes.data(), bytes.size()), 0);
    }
    const board& which_ = the(role::spare_edu);
    file board_ = open_board(role::spare_edu);
    file read_ = open(reading), write_ = open(writing);
};

std::span<const std::byte> part(const std::vector<std::byte>& memory, std::uint64_t offset) {
    return std::span(memory).subspan(offset, frame_length);
}

TEST_F(dma_ring, C17_GeometryIsChecked) {
    for (int field = 0; field < 8; ++field) {
        auto what = ring_of(frame_length, frames);
        if (field == 0) what.frame_length = 0;
        if (field == 1) what.frames = 0;
        if (field == 2) what.frames = UPCIEDEV_DMA_MAX_FRAMES + 1;
        if (field == 3) what.flags = 0x80000000U;
        if (field == 4) what.reserved[1] = ~0ULL;
        if (field == 5) what.flags = 1;
        if (field == 6) what.reserved[0] = 1;
        if (field == 7) what.reserved[1] = 1;
        EXPECT_EQ(make_ring(read_, what), EINVAL) << field;
    }
    for (std::uint64_t address : {0ULL, 1ULL, 0xffff888000000000ULL, ~0ULL})
        EXPECT_EQ(control_at(read_.get(), UPCIEDEV_DMA_RING, address), EFAULT);
    EXPECT_EQ(start(read_, start_of(0, 0, 1)), EINVAL) << "there is no ring yet";
    EXPECT_EQ(exchange(read_, {}, 0, 0), EINVAL);
    EXPECT_EQ(stop(read_), 0);
    EXPECT_EQ((map{read_.get(), 0, page_size, PROT_READ}.error()), EINVAL);
    auto what = ring_of(frame_length, frames);
    EXPECT_EQ(make_ring(read_, what), 0);
    EXPECT_EQ(what.step, page_size);
    EXPECT_GE(what.head_length, sizeof(upciedev_dma_head) + frames * sizeof(upciedev_dma_frame));
    EXPECT_EQ(make_ring(read_, what), EBUSY) << "once on a file";
}

TEST_F(dma_ring, MapsHaveTheRightsOfTheirParts) {
    auto what = ring_of(frame_length, frames);
    ASSERT_EQ(make_ring(read_, what), 0);
    const auto whole = what.position + frames * what.step;
    const int fd = read_.get();
    EXPECT_EQ((map{fd, 0, what.head_length, PROT_READ}.error()), 0);
    EXPECT_EQ((map{fd, 0, whole, PROT_READ}.error()), 0);
    EXPECT_EQ((map{fd, 0, page_size}.error()), EPERM) << "the head is the kernel's";
    EXPECT_EQ((map{fd, 0, whole}.error()), EPERM);
    EXPECT_EQ((map{fd, what.position, whole - what.position}.error()), 0);
    EXPECT_EQ((map{fd, what.position, page_size, PROT_READ | PROT_EXEC}.error()), EPERM);
    EXPECT_EQ((map{fd, what.position, page_size, PROT_READ, MAP_PRIVATE}.error()), EINVAL);
    EXPECT_EQ((map{fd, 0, page_size, PROT_READ, MAP_PRIVATE}.error()), EINVAL);
    EXPECT_EQ((map{fd, what.position, whole, PROT_READ}.error()), ERANGE) << "behind its end";
    EXPECT_EQ((map{fd, whole, page_size, PROT_READ}.error()), ERANGE);
    const map head{fd, 0, what.head_length, PROT_READ};
    EXPECT_LT(::mprotect(head.bytes(), head.size(), PROT_READ | PROT_WRITE), 0);
    const map memory{fd, what.position, what.step};
    EXPECT_LT(::mprotect(memory.bytes(), memory.size(), PROT_READ | PROT_EXEC), 0);
}

TEST_F(dma_ring, FreshFramesAreZero) {
    const ring mine{read_, 3 * page_size + 1, 3};
    EXPECT_EQ(mine.facts().step, 4 * page_size);
    for (std::uint32_t i = 0; i < 3; ++i)
        EXPECT_EQ(mismatch(mine.frame(i), std::vector<std::byte>(3 * page_size + 1)),
                  3 * page_size + 1);
    EXPECT_EQ(mine.state(), UPCIEDEV_DMA_IDLE);
    EXPECT_EQ(mine.ready(), 0U);
}

TEST_F(dma_ring, FramesComeByteExactWithTheirFacts) {
    const auto bytes = filled(memory_size, 21);
    fill_board(21);
    const ring mine{read_, frame_length, frames};
    ASSERT_EQ(start(read_, start_of(5, 800, 4)), 0);
    std::uint64_t time = 0;
    for (std::uint64_t n = 0; n < 4; ++n) {
        ASSERT_EQ(exchange(read_, {}, n), 0);
        ASSERT_GT(mine.ready(), n);
        const auto entry = mine.entry(n);
        EXPECT_EQ(entry.sequence, n);
        EXPECT_EQ(entry.length, frame_length);
        EXPECT_EQ(entry.lost, 0U);
        EXPECT_GT(entry.time_ns, time);
        time = entry.time_ns;
        ASSERT_LT(entry.index, frames);
        EXPECT_EQ(mismatch(mine.frame(entry.index), part(bytes, 5 + n * 800)), frame_length) << n;
    }
    EXPECT_EQ(exchange(read_, {}, 4), ENODATA) << "ended by its count";
    EXPECT_EQ(mine.state(), UPCIEDEV_DMA_ENDED);
}

TEST_F(dma_ring, FramesGivenBackComeAgain) {
    fill_board(22);
    const auto bytes = filled(memory_size, 22);
    const ring mine{read_, frame_length, 2};
    ASSERT_EQ(start(read_, start_of(100, 0, 0)), 0);
    for (std::uint64_t n = 0; n < 6; ++n) {
        ASSERT_EQ(exchange(read_, {}, n), 0);
        const auto index = mine.entry(n).index;
        EXPECT_EQ(mismatch(mine.frame(index), part(bytes, 100)), frame_length) << n;
        fill(mine.frame(index), 1);
        ASSERT_EQ(exchange(read_, {&index, 1}, 0, 0), 0);
    }
    EXPECT_EQ(stop(read_), 0);
    EXPECT_EQ(mine.state(), UPCIEDEV_DMA_ENDED);
    EXPECT_EQ(stop(read_), 0) << "nothing happens";
}

TEST_F(dma_ring, FramesHeldAreNotWritten) {
    fill_board(23);
    const ring mine{read_, frame_length, 2};
    ASSERT_EQ(start(read_, start_of(0, 0, 0)), 0);
    ASSERT_EQ(exchange(read_, {}, 1), 0);
    for (std::uint32_t i = 0; i < 2; ++i)
        fill(mine.frame(i), i);
    EXPECT_EQ(exchange(read_, {}, 2, 400), ETIMEDOUT) << "both frames are held";
    for (std::uint32_t i = 0; i < 2; ++i)
        EXPECT_EQ(mismatch(mine.frame(i), filled(frame_length, i)), frame_length);
    EXPECT_EQ(mine.lost(), 0U) << "without a trigger it waits";
}

TEST_F(dma_ring, FramesGoToTheBoardInTheOrderGiven) {
    fill_board(24);
    const ring mine{write_, frame_length, 3};
    for (std::uint32_t i = 0; i < 3; ++i)
        fill(mine.frame(i), 30 + i);
    ASSERT_EQ(start(write_, start_of(11, 900, 3)), 0);
    const std::uint32_t order[] = {2, 0, 1};
    ASSERT_EQ(exchange(write_, order, 2), 0);
    for (std::uint64_t n = 0; n < 3; ++n)
        EXPECT_EQ(mine.entry(n).index, order[n]);
    std::vector<std::byte> whole(memory_size);
    ASSERT_EQ(transfer(read_, 0, whole.data(), memory_size), 0);
    auto wanted = filled(memory_size, 24);
    for (std::uint64_t n = 0; n < 3; ++n)
        std::ranges::copy(filled(frame_length, 30 + order[n]),
                          wanted.begin() + static_cast<std::ptrdiff_t>(11 + n * 900));
    EXPECT_EQ(mismatch(whole, wanted), memory_size);
}

TEST_F(dma_ring, OnlyFramesThatAreHeldCanBeGiven) {
    const ring mine{read_, frame_length, 2};
    for (std::uint32_t index : {0U, 1U, 2U, 0xffffffffU})
        EXPECT_EQ(exchange(read_, {&index, 1}, 0, 0), EINVAL) << "all are the engine's";
    ASSERT_EQ(start(read_, start_of(0, 0, 1)), 0);
    ASSERT_EQ(exchange(read_, {}, 0), 0);
    const auto index = mine.entry(0).index;
    const std::uint32_t twice[] = {index, index};
    EXPECT_EQ(exchange(read_, twice, 0, 0), EINVAL);
    EXPECT_EQ(exchange(read_, {twice, 1}, 0, 0), EINVAL) << "the first of both was taken";
}

TEST_F(dma_ring, C17_ArgumentsOfAnExchangeAreChecked) {
    const ring mine{read_, frame_length, 2};
    for (int field = 0; field < 4; ++field) {
        upciedev_dma_exchange what{};
        if (field == 0) what.count = UPCIEDEV_DMA_MAX_FRAMES + 1;
        if (field == 1) what.timeout_ms = UPCIEDEV_DMA_MAX_MS + 1;
        what.reserved[0] = field == 2;
        what.reserved[1] = field == 3;
        EXPECT_EQ(control(read_.get(), UPCIEDEV_DMA_EXCHANGE, &what), EINVAL) << field;
    }
    upciedev_dma_exchange what{};
    what.count = 1;
    what.indices = 1;
    EXPECT_EQ(control(read_.get(), UPCIEDEV_DMA_EXCHANGE, &what), EFAULT);
    EXPECT_EQ(exchange(read_, {}, 0, 0), 0) << "gives nothing, waits for nothing";
    EXPECT_EQ(exchange(read_, {}, 0, 1), ETIMEDOUT) << "not started";
}

TEST_F(dma_ring, C17_ArgumentsOfAStartAreChecked) {
    const ring mine{read_, frame_length, 2};
    for (int field = 0; field < 7; ++field) {
        auto what = start_of(0, 0, 1);
        if (field == 0) what.timeout_ms = 0;
        if (field == 1) what.timeout_ms = UPCIEDEV_DMA_MAX_MS + 1;
        if (field == 2) what.causes = 4; // edu has two
        if (field == 3) what.step = 1, what.count = 0;
        what.flags = field == 4;
        what.reserved[0] = field == 5;
        what.reserved[1] = field == 6;
        EXPECT_EQ(start(read_, what), EINVAL) << field;
    }
    EXPECT_EQ(start(read_, start_of(memory_size - frame_length + 1, 0, 1)), ERANGE);
    EXPECT_EQ(start(read_, start_of(0, 700, 6)), ERANGE);
    EXPECT_EQ(start(read_, start_of(0, 1ULL << 63U, 3)), ERANGE);
    EXPECT_EQ(start(read_, start_of(~0ULL, 0, 1)), ERANGE);
    EXPECT_EQ(start(read_, start_of(0, 0, 0)), 0);
    EXPECT_EQ(start(read_, start_of(0, 0, 0)), EBUSY);
}

TEST_F(dma_ring, StartedAgainItGoesOn) {
    fill_board(25);
    const ring mine{read_, frame_length, frames};
    ASSERT_EQ(start(read_, start_of(0, 0, 1)), 0);
    ASSERT_EQ(exchange(read_, {}, 0), 0);
    ASSERT_EQ(exchange(read_, {}, 1), ENODATA);
    ASSERT_EQ(start(read_, start_of(50, 0, 2)), 0);
    ASSERT_EQ(exchange(read_, {}, 2), 0);
    EXPECT_EQ(mine.entry(2).sequence, 2U);
    EXPECT_EQ(mismatch(mine.frame(mine.entry(2).index), part(filled(memory_size, 25), 50)),
              frame_length);
}

// Masked, its trigger never comes again: the stream ends, and a new start lets it interrupt again.
TEST_F(dma_ring, StormOfItsTriggerEndsIt) {
    const ring mine{read_, frame_length, frames};
    expect_kernel_message("a storm of interrupts, masked");
    {
        const storm_limit limit{20};
        ASSERT_EQ(start(read_, start_of(0, 0, 0, trigger_cause)), 0);
        const auto storms = attribute(which_, "storms");
        for (unsigned i = 0; i < 3000 && attribute(which_, "storms") == storms; ++i)
            for (unsigned j = 0; j < 100; ++j)
                ASSERT_EQ(write32(board_.get(), 0, raise_at, 1), 0);
        ASSERT_GT(attribute(which_, "storms"), storms);
        std::uint64_t read = 0;
        int error = 0;
        for (; error == 0; ++read)
            error = exchange(read_, {}, read, 10000);
        EXPECT_EQ(error, EOVERFLOW);
        EXPECT_EQ(mine.state(), UPCIEDEV_DMA_ENDED);
    }
    const auto ready = mine.ready();
    for (std::uint64_t n = 0; n < ready; ++n) {
        const auto index = mine.entry(n).index;
        ASSERT_EQ(exchange(read_, {&index, 1}, 0, 0), 0);
    }
    ASSERT_EQ(start(read_, start_of(0, 0, 0, trigger_cause)), 0);
    raise(board_);
    EXPECT_EQ(exchange(read_, {}, ready), 0);
    EXPECT_EQ(stop(read_), 0);
}

TEST_F(dma_ring, StopLeavesNoFrameThatChanges) {
    fill_board(26);
    const ring mine{read_, frame_length, 2};
    ASSERT_EQ(start(read_, start_of(0, 0, 0)), 0);
    std::this_thread::sleep_for(30ms); // in the first frame
    ASSERT_EQ(stop(read_), 0);
    const auto ready = mine.ready();
    for (std::uint32_t i = 0; i < 2; ++i)
        fill(mine.frame(i), i);
    std::this_thread::sleep_for(300ms);
    for (std::uint32_t i = 0; i < 2; ++i)
        EXPECT_EQ(mismatch(mine.frame(i), filled(frame_length, i)), frame_length);
    EXPECT_EQ(mine.ready(), ready);
    ASSERT_EQ(start(read_, start_of(0, 0, 2 - ready)), 0);
    EXPECT_EQ(exchange(read_, {}, 1), 0) << "no frame was lost by the stop";
}

TEST_F(dma_ring, PollTellsFramesNotSeenAndTheEnd) {
    EXPECT_EQ(wait_for(read_, 0), 0);
    const ring mine{read_, frame_length, frames};
    EXPECT_EQ(wait_for(read_, 0), 0);
    ASSERT_EQ(start(read_, start_of(0, 0, 2)), 0);
    EXPECT_EQ(wait_for(read_), POLLIN);
    ASSERT_EQ(exchange(read_, {}, 1), 0);
    EXPECT_EQ(exchange(read_, {}, 2), ENODATA);
    EXPECT_EQ(wait_for(read_), POLLIN) << "it has ended";
}

TEST_F(dma_ring, EachTriggerMovesAFrame) {
    fill_board(27);
    const ring mine{read_, frame_length, frames};
    ASSERT_EQ(start(read_, start_of(0, 0, 3, trigger_cause)), 0);
    EXPECT_EQ(exchange(read_, {}, 0, 300), ETIMEDOUT) << "no trigger came";
    for (std::uint64_t n = 0; n < 3; ++n) {
        raise(board_);
        ASSERT_EQ(exchange(read_, {}, n), 0);
        EXPECT_EQ(mine.entry(n).sequence, n);
        EXPECT_EQ(mine.entry(n).lost, 0U);
    }
    EXPECT_EQ(exchange(read_, {}, 3), ENODATA);
    EXPECT_EQ(mine.lost(), 0U);
}

// Two frames, which nobody gives back: all further triggers are lost, and told with the next frame.
TEST_F(dma_ring, TriggersWithoutAFrameAreLostCountably) {
    const ring mine{read_, frame_length, 2};
    ASSERT_EQ(start(read_, start_of(0, 0, 3, trigger_cause)), 0);
    for (std::uint64_t n = 0; n < 2; ++n) {
        raise(board_);
        ASSERT_EQ(exchange(read_, {}, n), 0);
    }
    for (int i = 0; i < 3; ++i) {
        raise(board_);
        std::this_thread::sleep_for(50ms);
    }
    const std::uint32_t back = mine.entry(0).index;
    ASSERT_EQ(exchange(read_, {&back, 1}, 0, 0), 0);
    raise(board_);
    ASSERT_EQ(exchange(read_, {}, 2), 0);
    EXPECT_EQ(mine.entry(2).lost, 3U);
    EXPECT_EQ(mine.entry(2).sequence, 5U);
    EXPECT_EQ(mine.lost(), 3U);
}

TEST_F(dma_ring, TriggersDuringAFrameAreLost) {
    const ring mine{read_, frame_length, frames};
    ASSERT_EQ(start(read_, start_of(0, 0, 0, trigger_cause)), 0);
    raise_burst(board_, 20); // within the 100 ms of the first, or nearly so
    ASSERT_EQ(exchange(read_, {}, 0), 0);
    while (exchange(read_, {}, mine.ready(), 500) == 0) {
    }
    const auto delivered = mine.ready();
    EXPECT_LT(delivered, 20U);
    EXPECT_EQ(mine.entry(delivered - 1).sequence, delivered - 1 + mine.lost());
    EXPECT_LE(delivered + mine.lost(), 20U) << "the last ones are told with the next frame";
}

TEST_F(dma_ring, TransfersIntoAFrame) {
    fill_board(28);
    const ring mine{read_, frame_length, 3};
    auto what = make_transfer(40, nullptr, 200);
    what.address = 2 * mine.facts().step + 33;
    what.flags = UPCIEDEV_DMA_RING_MEMORY;
    ASSERT_EQ(transfer(read_, what), 0);
    EXPECT_EQ(what.done, 200U);
    const auto bytes = filled(memory_size, 28);
    EXPECT_EQ(mismatch(mine.frame(2).subspan(33, 200), std::span(bytes).subspan(40, 200)), 200U);
    EXPECT_EQ(mine.frame(2)[32], std::byte{});
    EXPECT_EQ(mine.frame(2)[233], std::byte{});
    for (const auto& [address, length] : {std::pair<std::uint64_t, std::uint64_t>{frame_length, 1},
                                          {0, frame_length + 1},
                                          {3 * mine.facts().step, 1},
                                          {~0ULL, 1},
                                          {page_size - 1, 2}}) {
        what.address = address;
        what.length = length;
        EXPECT_EQ(transfer(read_, what), ERANGE) << address;
    }
}

TEST_F(dma_ring, CountersReturnAlsoWhenAMapOutlivesTheFile) {
    const auto before = counters();
    auto channel = open(reading);
    auto what = ring_of(frame_length, frames);
    ASSERT_EQ(make_ring(channel, what), 0);
    EXPECT_EQ(counters().at("ring_pages"), before.at("ring_pages") + frames);
    const map window{channel.get(), what.position, what.step};
    window.word() = 7;
    channel.close();
    EXPECT_EQ(window.word(), 7U) << "the map holds the file";
}

TEST_F(dma_ring, KilledWhileItFlows) {
    const auto before = counters();
    child streamer{[&] {
        const auto channel = open(reading);
        const ring mine{channel, frame_length, frames};
        start(channel, start_of(0, 0, 0));
        exchange(channel, {}, 1000);
        return 0;
    }};
    EXPECT_TRUE(eventually([&] { return counters().at("ring_pages") > before.at("ring_pages"); }));
    await_call(streamer);
    EXPECT_EQ(streamer.kill(), killed_by(SIGKILL));
    EXPECT_EQ(counters(), before);
}

TEST_F(dma_ring, SignalEndsAnExchange) {
    const ring mine{read_, frame_length, frames};
    background waiter{[&] { return batch_result{exchange(read_, {}, 0), 0}; }};
    waiter.interrupt();
    EXPECT_EQ(waiter.join().error, EINTR);
}

TEST_F(dma_ring, ForkedProcessKeepsIt) {
    fill_board(29);
    auto channel = open(reading);
    const ring mine{channel, frame_length, frames};
    child heir{[&] {
        while (mine.ready() < 2)
            ::usleep(1000);
        const auto bytes = filled(memory_size, 29);
        return mismatch(mine.frame(mine.entry(1).index), part(bytes, 0)) == frame_length ? 0 : 1;
    }};
    ASSERT_EQ(start(channel, start_of(0, 0, 2)), 0);
    channel.close();
    EXPECT_EQ(heir.join(), 0);
}

TEST_F(dma_ring, RemovalEndsTheStreamAndLeavesTheFrames) {
    fill_board(31);
    const ring mine{read_, frame_length, frames};
    ASSERT_EQ(start(read_, start_of(0, 0, 0)), 0);
    ASSERT_EQ(exchange(read_, {}, 0), 0);
    const auto index = mine.entry(0).index;
    background waiter{[&] { return batch_result{exchange(read_, {}, 1000), 0}; }};
    const unbound away{which_};
    EXPECT_EQ(waiter.join().error, ENODEV);
    EXPECT_EQ(wait_for(read_), POLLERR | POLLHUP);
    EXPECT_EQ(mismatch(mine.frame(index), part(filled(memory_size, 31), 0)), frame_length);
    EXPECT_EQ(mine.state(), UPCIEDEV_DMA_ENDED);
    EXPECT_EQ(start(read_, start_of(0, 0, 1)), ENODEV);
    EXPECT_EQ(stop(read_), 0);
    auto another = ring_of(frame_length, 1);
    EXPECT_EQ(make_ring(write_, another), ENODEV);
}

TEST_F(dma_ring, CountsAgainstTheLimitOfLockedMemory) {
    const auto three_pages = [&] {
        auto what = ring_of(page_size, 3);
        return make_ring(read_, what);
    };
    EXPECT_EQ(with_memory_limit(2 * page_size, three_pages), ENOMEM);
    EXPECT_EQ(with_memory_limit(3 * page_size, three_pages), 0);
}

TEST_F(dma_ring, LargerThanMemoryIsRefused) {
    constexpr std::uint64_t gib = 1U << 30U;
    const auto all = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * page_size;
    for (const auto& [length, count] : {std::pair<std::uint64_t, std::uint32_t>{all, 1},
                                        {gib, UPCIEDEV_DMA_MAX_FRAMES},
                                        {2 * gib - page_size, UPCIEDEV_DMA_MAX_FRAMES},
                                        {256 * gib, 4},
                                        {1ULL << 44U, 1},
                                        {~0ULL, 1},
                                        {~0ULL, UPCIEDEV_DMA_MAX_FRAMES}}) {
        auto what = ring_of(length, count);
        const int error = make_ring(read_, what);
        EXPECT_TRUE(error == ENOMEM || error == EINVAL) << error << ": " << length;
    }
}

} // namespace dma_ring_test
} // namespace raw
