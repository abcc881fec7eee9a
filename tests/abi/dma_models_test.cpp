// SPDX-License-Identifier: BSD-3-Clause
// DMA with the models as endpoints: long transfers between memory that the CPU sees as well, and
// engines that are ill. Runs in a boot of its own, see tests/guest/runs.toml.
#include "dma.hpp"
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <thread>

namespace raw {
namespace dma_models_test {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1U << 20U;
constexpr auto cut_off = "does not stop: cut off from the bus";

// A channel, and where the CPU sees the memory that it reaches.
struct engine {
    const char* name;
    role board;
    std::uint32_t channel;
    unsigned bar;
    std::uint64_t memory;
};

void PrintTo(const engine& what, std::ostream* out) {
    *out << what.name;
}

constexpr engine digitizer{"vadc10", role::digitizer, 0, 2, 64 * mib};
constexpr engine carrier_read{"vio_read", role::carrier, 0, 4, mib};
constexpr engine carrier_write{"vio_write", role::carrier, 1, 4, mib};
constexpr engine scatter_read{"vsg_read", role::scatter, 0, 2, 64 * mib};
constexpr engine scatter_write{"vsg_write", role::scatter, 1, 2, 64 * mib};

class dma_models : public testing::TestWithParam<engine> {
  protected:
    void open() {
        board_ = open_board(GetParam().board);
        auto [error, channel] = open_channel(board_, GetParam().channel);
        ASSERT_EQ(error, 0);
        channel_ = std::move(channel);
    }
    void SetUp() override { open(); }
    bool to_board() { return (dma_info(board_, GetParam().channel).flags & 1U) != 0; }
    map see_memory() { return {board_.get(), UPCIEDEV_POS(GetParam().bar, 0), GetParam().memory}; }
    int move(std::span<std::byte> memory, std::uint64_t offset,
             std::uint32_t timeout_ms = patient_ms) {
        return transfer(channel_, offset, memory.data(), memory.size(), timeout_ms);
    }
    // A transfer that does not end by itself while a fault is on.
    int move_some(std::uint32_t timeout_ms) { return move(victim_, 0, timeout_ms); }
    void expect_it_works() {
        const auto window = see_memory();
        auto memory = filled(8192, 77);
        if (to_board()) {
            ASSERT_EQ(move(memory, 4096), 0);
            EXPECT_EQ(mismatch({window.bytes() + 4096, 8192}, memory), 8192U);
        } else {
            fill({window.bytes() + 4096, 8192}, 78);
            ASSERT_EQ(move(memory, 4096), 0);
            EXPECT_EQ(mismatch(memory, filled(8192, 78)), 8192U);
        }
    }

    const board& which_ = the(GetParam().board);
    file board_, channel_;
    std::vector<std::byte> victim_ = std::vector<std::byte>(256 << 10U);
};

std::string engine_name(const testing::TestParamInfo<engine>& what) {
    return what.param.name;
}

INSTANTIATE_TEST_SUITE_P(all, dma_models,
                         testing::Values(digitizer, carrier_read, carrier_write, scatter_read,
                                         scatter_write),
                         engine_name);

// Transfers of many sizes, at odd addresses on both sides as far as the engine allows.
struct size_row {
    std::uint64_t offset, length;
    std::size_t skew;
};
constexpr size_row small_rows[] = {
    {0, 1, 0},     {3, 1, 5},     {0, 2, 1},        {1, 3, 4095},           {2, 4, 2},
    {5, 7, 3},     {0, 64, 0},    {4, 1000, 4},     {17, 4096, 1},          {4095, 4097, 4094},
    {8, 65536, 8}, {1, 65537, 3}, {12, 300'001, 7}, {1234, 1'000'000, 4001}};

class dma_moves : public dma_models {
  protected:
    void move_and_compare(const map& window, size_row row) {
        const std::span<std::byte> there{window.bytes() + row.offset, row.length};
        guarded_memory here{row.length, row.skew};
        fill(here.use(), row.length);
        fill(there, row.length + 1);
        const auto wanted = filled(row.length, to_board() ? row.length : row.length + 1);
        auto what = make_transfer(row.offset, here.use().data(), row.length);
        const auto begin = clock::now();
        ASSERT_EQ(transfer(channel_, what), 0) << row.offset << " " << row.length;
        RecordProperty("milliseconds_" + std::to_string(row.length),
                       std::to_string(since(begin).count()));
        EXPECT_EQ(what.done, row.length);
        const auto bytes = to_board() ? there : here.use();
        EXPECT_EQ(mismatch(bytes, wanted), row.length) << row.offset << " " << row.length;
        EXPECT_TRUE(here.surroundings_are_untouched()) << row.offset << " " << row.length;
        const auto alignment = dma_info(board_, GetParam().channel).alignment;
        const bool fits = row.offset % alignment == row.skew % alignment;
        if (alignment == 1) {
            EXPECT_EQ(what.bounced, 0U);
        } else if (!fits) {
            EXPECT_EQ(what.bounced, row.length) << "nothing agrees";
        } else {
            EXPECT_LT(what.bounced, 2 * alignment) << "only the edges";
        }
    }
};

INSTANTIATE_TEST_SUITE_P(all, dma_moves,
                         testing::Values(digitizer, carrier_read, carrier_write, scatter_read,
                                         scatter_write),
                         engine_name);

TEST_P(dma_moves, AnyLengthAtAnyAddress) {
    const auto window = see_memory();
    ASSERT_EQ(window.error(), 0);
    for (const auto& row : small_rows)
        move_and_compare(window, row);
}

TEST_P(dma_moves, AllOfTheMemory) {
    const auto window = see_memory();
    ASSERT_EQ(window.error(), 0);
    move_and_compare(window, {0, GetParam().memory, 0});
    move_and_compare(window, {GetParam().memory - 400'004, 400'000, 4});
    std::byte one{};
    EXPECT_EQ(transfer(channel_, GetParam().memory, &one, 1), ERANGE);
}

TEST_P(dma_models, RingFramesAreByteExact) {
    constexpr std::uint64_t length = 100'000, count = 8;
    const auto window = see_memory();
    const ring mine{channel_, length, 3};
    if (!to_board()) fill({window.bytes(), length * count}, 5);
    const auto wanted = filled(length * count, 5);
    for (std::uint32_t i = 0; i < 3 && to_board(); ++i)
        std::ranges::copy_n(&wanted[i * length], length, mine.frame(i).begin());
    ASSERT_EQ(start(channel_, start_of(0, length, count)), 0);
    const std::uint32_t first[] = {0, 1, 2};
    if (to_board()) {
        ASSERT_EQ(exchange(channel_, first, 0), 0);
    }
    for (std::uint64_t n = 0; n < count; ++n) {
        ASSERT_EQ(exchange(channel_, {}, n), 0) << n;
        const auto index = mine.entry(n).index;
        const auto part = std::span(wanted).subspan(n * length, length);
        if (!to_board()) {
            EXPECT_EQ(mismatch(mine.frame(index), part), length) << n;
        } else if (n + 3 < count) {
            std::ranges::copy_n(&wanted[(n + 3) * length], length, mine.frame(index).begin());
        }
        if (!to_board() || n + 3 < count) {
            ASSERT_EQ(exchange(channel_, {&index, 1}, 0, 0), 0);
        }
    }
    EXPECT_EQ(exchange(channel_, {}, count), ENODATA);
    if (to_board()) {
        EXPECT_EQ(mismatch({window.bytes(), wanted.size()}, wanted), wanted.size());
    }
}

// Frames belong to their user while no engine moves them, also where the kernel bounces
// (swiotlb=force).
class dma_frames : public dma_models {};

INSTANTIATE_TEST_SUITE_P(reading, dma_frames,
                         testing::Values(digitizer, carrier_read, scatter_read), engine_name);

TEST_P(dma_frames, KeepWhatTheirUserWroteWhenTheBoardLeaves) {
    const auto window = see_memory();
    fill({window.bytes(), 100'000}, 1);
    const ring mine{channel_, 100'000, 2};
    ASSERT_EQ(start(channel_, start_of(0, 0, 1)), 0);
    ASSERT_EQ(exchange(channel_, {}, 0), 0);
    fill(mine.frame(0), 2);
    fill(mine.frame(1), 3);
    {
        const unbound away{which_};
        EXPECT_EQ(mismatch(mine.frame(0), filled(100'000, 2)), 100'000U);
        EXPECT_EQ(mismatch(mine.frame(1), filled(100'000, 3)), 100'000U);
    }
    open();
    expect_it_works();
}

TEST_P(dma_frames, TransferToAPartLeavesTheRestAlone) {
    constexpr std::uint64_t half = 8192;
    const auto window = see_memory();
    fill({window.bytes(), half}, 1);
    const ring mine{channel_, 2 * half, 1};
    auto what = make_transfer(0, nullptr, half);
    what.flags = UPCIEDEV_DMA_RING_MEMORY;
    what.address = half;
    ASSERT_EQ(transfer(channel_, what), 0);
    fill(mine.frame(0).last(half), 2);
    what.address = 0;
    ASSERT_EQ(transfer(channel_, what), 0);
    EXPECT_EQ(mismatch(mine.frame(0).first(half), filled(half, 1)), half);
    EXPECT_EQ(mismatch(mine.frame(0).last(half), filled(half, 2)), half);
}

TEST_P(dma_models, MemoryCountsAgainstTheLimit) {
    const auto before = counters();
    const auto all = [&] { return move_some(patient_ms); };
    EXPECT_EQ(with_memory_limit(0, all), ENOMEM);
    EXPECT_EQ(with_memory_limit(page_size, all), 0) << "a page at a time";
    EXPECT_EQ(with_memory_limit(16 * page_size, all), 0);
    EXPECT_EQ(counters(), before);
}

// Engines that never end

TEST_P(dma_models, HangingEngineIsStoppedByTheTimeOut) {
    {
        const fault ill{which_, "engine_hangs"};
        const auto begin = clock::now();
        EXPECT_EQ(move_some(300), ETIMEDOUT);
        EXPECT_GE(since(begin), 290ms);
        EXPECT_LT(since(begin), milliseconds{patient_ms});
    }
    expect_it_works();
}

TEST_P(dma_models, HangingTransferIsCancelled) {
    const fault ill{which_, "engine_hangs"};
    background mover{[&] { return batch_result{move_some(patient_ms), 0}; }};
    EXPECT_EQ(cancel(channel_), 0);
    EXPECT_EQ(mover.join().error, ECANCELED);
}

TEST_P(dma_models, HangingTransferIsInterrupted) {
    const fault ill{which_, "engine_hangs"};
    background mover{[&] { return batch_result{move_some(patient_ms), 0}; }};
    mover.interrupt();
    EXPECT_EQ(mover.join().error, EINTR);
}

TEST_P(dma_models, KilledInAHangingTransfer) {
    const auto before = counters();
    fault ill{which_, "engine_hangs"};
    child mover{[&] {
        move_some(patient_ms);
        return 0;
    }};
    await_call(mover);
    EXPECT_EQ(mover.kill(), killed_by(SIGKILL));
    EXPECT_EQ(counters(), before);
    ill.switch_off();
    expect_it_works();
}

TEST_P(dma_models, HangingStreamIsStopped) {
    fault ill{which_, "engine_hangs"};
    const ring mine{channel_, 100'000, 2};
    ASSERT_EQ(start(channel_, start_of(0, 0, 0)), 0);
    const std::uint32_t first[] = {0, 1};
    if (to_board()) {
        ASSERT_EQ(exchange(channel_, first, 0, 0), 0);
    }
    EXPECT_EQ(exchange(channel_, {}, 0, 200), ETIMEDOUT);
    EXPECT_EQ(stop(channel_), 0);
    EXPECT_EQ(exchange(channel_, {}, 0), ENODATA);
    ill.switch_off();
    ASSERT_EQ(start(channel_, start_of(0, 0, 1)), 0);
    EXPECT_EQ(exchange(channel_, {}, 0), 0) << "the frame that it was at";
}

TEST_P(dma_models, HangingTransferEndsWhenTheBoardLeaves) {
    {
        fault ill{which_, "engine_hangs"};
        background mover{[&] { return batch_result{move_some(patient_ms), 0}; }};
        const unbound away{which_};
        EXPECT_EQ(mover.join().error, ENODEV);
        ill.switch_off();
    }
    open();
    expect_it_works();
}

// Engines that write on after they were stopped: whatever they wrote to is not given back before
// they cannot reach it any more.

class dma_runs_on : public dma_models {
  protected:
    static bool stays(std::span<std::byte> memory) {
        fill(memory, 4711);
        std::this_thread::sleep_for(200ms);
        return mismatch(memory, filled(memory.size(), 4711)) == memory.size();
    }
    // As an administrator does with a board that failed.
    void bring_back() {
        if (!driver_of(which_).empty()) unbind(which_);
        bind(which_);
        open();
    }
};

INSTANTIATE_TEST_SUITE_P(reading, dma_runs_on,
                         testing::Values(digitizer, carrier_read, scatter_read), engine_name);

TEST_P(dma_runs_on, MemoryOfTheCallerIsLeftAlone) {
    expect_kernel_message(cut_off);
    const auto window = see_memory();
    fill({window.bytes(), victim_.size()}, 1);
    fault ill{which_, "engine_runs_on"};
    EXPECT_EQ(move_some(200), ETIMEDOUT);
    EXPECT_TRUE(stays(victim_)) << "written after it was given back";
    EXPECT_EQ(move_some(200), ENODEV) << "the board has failed";
    EXPECT_EQ(wait_for(channel_), POLLERR | POLLHUP);
    ill.switch_off();
    bring_back();
    expect_it_works();
}

TEST_P(dma_runs_on, FramesAreLeftAlone) {
    expect_kernel_message(cut_off);
    const auto window = see_memory();
    fill({window.bytes(), 100'000}, 1);
    fault ill{which_, "engine_runs_on"};
    const ring mine{channel_, 100'000, 2};
    ASSERT_EQ(start(channel_, start_of(0, 0, 0)), 0);
    EXPECT_EQ(exchange(channel_, {}, 0, 200), ETIMEDOUT);
    ASSERT_EQ(stop(channel_), 0);
    for (std::uint32_t i = 0; i < 2; ++i)
        EXPECT_TRUE(stays(mine.frame(i))) << i;
    ill.switch_off();
    bring_back();
    expect_it_works();
}

TEST_P(dma_runs_on, UnboundInATransferItIsLeftAlone) {
    expect_kernel_message(cut_off);
    const auto window = see_memory();
    fill({window.bytes(), victim_.size()}, 1);
    fault ill{which_, "engine_runs_on"};
    background mover{[&] { return batch_result{move_some(patient_ms), 0}; }};
    unbind(which_);
    EXPECT_EQ(mover.join().error, ENODEV);
    EXPECT_TRUE(stays(victim_));
    ill.switch_off();
    bring_back();
    expect_it_works();
}

TEST_P(dma_runs_on, ClosedWithItsRingMapped) {
    expect_kernel_message(cut_off);
    const auto window = see_memory();
    fill({window.bytes(), 100'000}, 1);
    fault ill{which_, "engine_runs_on"};
    {
        const ring mine{channel_, 100'000, 2};
        ASSERT_EQ(start(channel_, start_of(0, 0, 0)), 0);
        EXPECT_EQ(exchange(channel_, {}, 0, 100), ETIMEDOUT);
        channel_.close();
        std::this_thread::sleep_for(20ms);
    }                                       // stopped when the last map goes
    std::vector<std::byte> reused(8 * mib); // among it, the pages that the ring had
    EXPECT_TRUE(stays(reused));
    ill.switch_off();
    bring_back();
    expect_it_works();
}

// Many at once

void check_threads(role which, std::uint32_t channel, unsigned bar, std::uint64_t seed) {
    constexpr std::uint64_t each = 100'000;
    const auto board = open_board(which);
    const map window{board.get(), UPCIEDEV_POS(bar, 0), 8 * each};
    fill({window.bytes(), 8 * each}, seed);
    const auto wanted = filled(8 * each, seed);
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < 8; ++i)
        all.emplace_back([&, i] {
            const auto [error, mine] = open_channel(board, channel);
            EXPECT_EQ(error, 0);
            for (std::size_t round = 0; round < 5; ++round) {
                const auto place = (i + round) % 8 * each;
                std::vector<std::byte> memory(each);
                EXPECT_EQ(transfer(mine, place, memory.data(), each), 0);
                EXPECT_EQ(mismatch(memory, std::span(wanted).subspan(place, each)), each);
            }
        });
    for (auto& thread : all)
        thread.join();
}

TEST(dma_threads, EightOnOneBoard) {
    check_threads(role::digitizer, 0, 2, 1);
}

TEST(dma_threads, EightOnEachOfFourBoards) {
    std::thread boards[] = {
        std::thread{[] { check_threads(role::digitizer, 0, 2, 1); }},
        std::thread{[] { check_threads(role::second_digitizer, 0, 2, 2); }},
        std::thread{[] { check_threads(role::carrier, 0, 4, 3); }},
        std::thread{[] { check_threads(role::scatter, 0, 2, 4); }},
    };
    for (auto& board : boards)
        board.join();
}

// By order, not by time: the transfer ends only when it is cancelled, after all registers were
// read.
TEST(dma_order, RegistersDoNotWaitForATransfer) {
    const auto board = open_board(role::carrier), other = open_board(role::carrier);
    const auto [error, channel] = open_channel(board, 0);
    ASSERT_EQ(error, 0);
    const fault ill{the(role::carrier), "engine_hangs"};
    std::vector<std::byte> memory(1000);
    std::atomic<bool> ended{false};
    background mover{[&] {
        const int result = transfer(channel, 0, memory.data(), memory.size());
        ended = true;
        return batch_result{result, 0};
    }};
    std::uint32_t value = 0;
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(read32(other.get(), 2, 0, value), 0);
    EXPECT_FALSE(ended);
    EXPECT_EQ(cancel(channel), 0);
    EXPECT_EQ(mover.join().error, ECANCELED);
}

TEST(dma_order, EnginesOfOneBoardDoNotWaitForEachOther) {
    const auto board = open_board(role::carrier);
    const auto reading = open_channel(board, 0), writing = open_channel(board, 1);
    std::vector<std::byte> memory(1000);
    fault ill{the(role::carrier), "engine_hangs"};
    background mover{[&] {
        return batch_result{transfer(reading.channel, 0, memory.data(), memory.size()), 0};
    }};
    ill.switch_off(); // the first one hangs for ever
    auto out = filled(1000, 3);
    EXPECT_EQ(transfer(writing.channel, 0, out.data(), 1000), 0);
    EXPECT_EQ(cancel(reading.channel), 0);
    EXPECT_EQ(mover.join().error, ECANCELED);
}

TEST(dma_order, WhatIsWrittenMustBeAligned) {
    const auto board = open_board(role::digitizer);
    const auto [error, channel] = open_channel(board, 0);
    ASSERT_EQ(error, 0);
    auto what = ring_of(1022, 2);
    EXPECT_EQ(make_ring(channel, what), EINVAL) << "frames are not bounced";
    what.frame_length = 1024;
    EXPECT_EQ(make_ring(channel, what), 0);
    EXPECT_EQ(start(channel, start_of(2, 0, 1)), EINVAL);
    EXPECT_EQ(start(channel, start_of(0, 1026, 2)), EINVAL);
}

} // namespace dma_models_test
} // namespace raw
