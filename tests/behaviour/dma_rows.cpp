// SPDX-License-Identifier: BSD-3-Clause
// Boards move data by themselves.
#include "stand.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

namespace dma_rows {

using namespace behaviour;
using namespace std::chrono_literals;
using upciedev::errc;

class dma_row : public row {};

using bytes = std::vector<std::uint8_t>;

/// Channels that read memory which the processor can write.
struct readable {
    upciedev::board board;
    upciedev::dma channel;
    upciedev::area area;

    [[nodiscard]] std::string name() const { return channel.where(); }
    void fill(const bytes& data) const {
        std::vector<std::uint32_t> words(data.size() / 4);
        std::memcpy(words.data(), data.data(), data.size());
        area.write<std::uint32_t>(0, words);
    }
    [[nodiscard]] bytes contents(std::size_t size) const {
        const auto words = area.read<std::uint32_t>(0, size / 4);
        bytes data(size);
        std::memcpy(data.data(), words.data(), size);
        return data;
    }
};

std::vector<readable> find_readable() {
    std::vector<readable> found;
    for (const auto& each : find_channels()) {
        const auto& what = each.channel.description();
        if (what.to_board || what.area.empty()) continue;
        const auto area = each.board.area(what.area);
        const auto& about = area.description();
        if (about.access == upciedev::access::rw && about.element_size() == 4 &&
            about.order == upciedev::byte_order::little && each.size() >= 256 * 1024)
            found.push_back({each.board, each.channel, area});
    }
    return found;
}

/// Puts back what a row overwrites.
class restore_memory {
  public:
    restore_memory(const readable& what, std::size_t size)
        : what_(what), data_(what.contents(size)) {}
    ~restore_memory() {
        try {
            what_.fill(data_);
        } catch (const std::exception&) { // the board has gone: nothing to restore
            return;
        }
    }
    restore_memory(const restore_memory&) = delete;
    restore_memory& operator=(const restore_memory&) = delete;

  private:
    const readable& what_;
    bytes data_;
};

/// A channel to the board, and one that reads the same memory.
struct pair {
    upciedev::board board;
    upciedev::dma write, read;
    [[nodiscard]] std::string name() const { return write.where(); }
};

std::vector<pair> find_pairs() {
    std::vector<pair> found;
    const auto all = find_channels();
    for (const auto& write : all)
        for (const auto& read : all)
            if (write.board.label() == read.board.label() && write.channel.facts().to_board &&
                !read.channel.facts().to_board && read.size() == write.size() &&
                read.channel.description().area == write.channel.description().area)
                found.push_back({write.board, write.channel, read.channel});
    return found;
}

constexpr auto none = "no DMA channel on a way that has DMA";
constexpr auto no_memory = "no DMA channel from memory that the processor can fill";
constexpr auto no_pair = "no DMA channels that write and read the same memory";

TEST_F(dma_row, reads_what_the_processor_has_written) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 256 * 1024);
        const auto data = pattern<std::uint8_t>(256 * 1024, 1);
        each.fill(data);
        bytes got(data.size());
        const auto result = each.channel.read(0, got);
        EXPECT_EQ(got, data);
        EXPECT_EQ(result.bytes, data.size());
    }
}

TEST_F(dma_row, begins_and_ends_at_any_byte) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 16 * 1024);
        const auto data = pattern<std::uint8_t>(16 * 1024, 2);
        each.fill(data);
        for (const std::size_t offset : {0, 1, 3, 4094})
            for (const std::size_t place : {0, 1, 4})
                for (const std::size_t length : {1, 3, 4, 4097, 9001}) {
                    bytes got(length + 8, 0xee);
                    each.channel.read(offset, std::span(got).subspan(place, length));
                    ASSERT_TRUE(std::equal(data.begin() + static_cast<long>(offset),
                                           data.begin() + static_cast<long>(offset + length),
                                           got.begin() + static_cast<long>(place)))
                        << offset << ' ' << place << ' ' << length;
                    ASSERT_TRUE(std::all_of(got.begin(), got.begin() + static_cast<long>(place),
                                            [](auto byte) { return byte == 0xee; }));
                    ASSERT_TRUE(std::all_of(got.begin() + static_cast<long>(place + length),
                                            got.end(), [](auto byte) { return byte == 0xee; }));
                }
    }
}

TEST_F(dma_row, writes_what_another_channel_reads_back) {
    NEED(found, find_pairs(), no_pair);
    FOR_EACH(each, found) {
        const auto size = std::min<std::uint64_t>(each.write.facts().memory, 64 * 1024);
        ASSERT_NE(size, 0U);
        bytes before(size), got(size);
        each.read.read(0, before);
        const auto data = pattern<std::uint8_t>(size, 3);
        EXPECT_EQ(each.write.write(0, data).bytes, size);
        each.read.read(0, got);
        EXPECT_EQ(got, data);
        each.write.write(0, before);
    }
}

TEST_F(dma_row, what_is_outside_the_memory_is_refused) {
    NEED(found, find_channels(), none);
    FOR_EACH(each, found) {
        if (each.size() == 0) continue;
        bytes data(16);
        expect_error(errc::out_of_range,
                     [&] {
                         if (each.channel.facts().to_board)
                             each.channel.write(each.size(), data);
                         else
                             each.channel.read(each.size(), data);
                     },
                     {each.channel.description().name});
    }
}

TEST_F(dma_row, the_other_direction_is_refused) {
    NEED(found, find_channels(), none);
    FOR_EACH(each, found) {
        bytes data(16);
        expect_error(errc::not_supported, [&] {
            if (each.channel.facts().to_board)
                each.channel.read(0, data);
            else
                each.channel.write(0, data);
        });
    }
}

TEST_F(dma_row, an_unknown_channel_tells_the_nearest) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found)
    expect_error(errc::no_such_register, [&] { std::ignore = each.board.dma("raed"); },
                 {each.board.name(), "did you mean 'read'"});
}

TEST_F(dma_row, threads_do_not_disturb_each_other) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 128 * 1024);
        const auto data = pattern<std::uint8_t>(128 * 1024, 4);
        each.fill(data);
        std::vector<std::jthread> threads;
        std::atomic<unsigned> good = 0;
        for (std::size_t number = 0; number < 8; ++number)
            threads.emplace_back([&, number] {
                for (std::size_t i = 0; i < 5; ++i) {
                    const auto offset = number * 8192 + i * 1021;
                    bytes got(1 + i * 5003);
                    each.channel.read(offset, got);
                    if (std::equal(got.begin(), got.end(),
                                   data.begin() + static_cast<long>(offset)))
                        ++good;
                }
            });
        threads.clear();
        EXPECT_EQ(good, 40U);
    }
}

TEST_F(dma_row, a_buffer_is_used_again_and_again) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 64 * 1024);
        const auto data = pattern<std::uint8_t>(64 * 1024, 5);
        each.fill(data);
        auto buffer = each.channel.buffer(16 * 1024);
        for (std::size_t offset = 0; offset < data.size(); offset += 16 * 1024) {
            EXPECT_EQ(buffer.transfer(offset).bytes, 16 * 1024U);
            EXPECT_TRUE(std::ranges::equal(buffer.as<std::uint8_t>(),
                                           std::span(data).subspan(offset, 16 * 1024)));
        }
    }
}

TEST_F(dma_row, a_stream_brings_frame_after_frame) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 256 * 1024);
        const auto data = pattern<std::uint8_t>(256 * 1024, 6);
        each.fill(data);
        auto stream = each.channel.stream(4, 8192, {.step = 8192, .count = 32});
        std::uint64_t number = 0;
        while (const auto frame = stream.next(10s)) {
            ASSERT_EQ(frame->sequence(), number);
            ASSERT_TRUE(std::ranges::equal(frame->as<std::uint8_t>(),
                                           std::span(data).subspan(number * 8192, 8192)));
            ++number;
        }
        EXPECT_EQ(number, 32U);
        EXPECT_TRUE(stream.ended());
        EXPECT_EQ(stream.lost(), 0U);
    }
}

TEST_F(dma_row, a_frame_stays_as_long_as_it_is_held) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const restore_memory after(each, 4096);
        const auto data = pattern<std::uint8_t>(4096, 7);
        each.fill(data);
        std::optional<upciedev::dma_frame> kept;
        {
            auto stream = each.channel.stream(3, 4096);
            kept = stream.next(10s);
            ASSERT_TRUE(kept);
            each.fill(bytes(4096, 0x11));
            for (unsigned i = 0; i < 8; ++i)
                ASSERT_TRUE(stream.next(10s));
        }
        EXPECT_TRUE(std::ranges::equal(kept->as<std::uint8_t>(), data));
    }
}

TEST_F(dma_row, a_stream_writes_in_the_order_in_which_frames_are_sent) {
    NEED(found, find_pairs(), no_pair);
    FOR_EACH(each, found) {
        const auto size = std::min<std::uint64_t>(each.write.facts().memory, 32 * 1024) / 8;
        bytes before(8 * size), got(8 * size), data = pattern<std::uint8_t>(8 * size, 8);
        each.read.read(0, before);
        auto stream = each.write.stream(3, size, {.step = size, .count = 8});
        for (std::size_t number = 0; number < 8; ++number) {
            auto frame = stream.next(10s);
            ASSERT_TRUE(frame);
            std::ranges::copy(std::span(data).subspan(number * size, size),
                              frame->as<std::uint8_t>().begin());
            stream.send(*std::move(frame));
        }
        EXPECT_TRUE(stream.finish());
        each.read.read(0, got);
        EXPECT_EQ(got, data);
        each.write.write(0, before);
    }
}

TEST_F(dma_row, a_wait_for_a_trigger_runs_out_of_time) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const auto& irqs = each.board.description()->irqs;
        const auto other = std::ranges::find_if(
            irqs, [&](const auto& irq) { return irq.name != each.channel.description().irq; });
        if (other == irqs.end()) continue;
        auto stream = each.channel.stream(4, 4096, {.trigger = {other->name}});
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(stream.next(30ms));
        EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
        EXPECT_FALSE(stream.ended());
    }
}

TEST_F(dma_row, a_wait_ends_by_a_stop_token) {
    NEED(found, find_readable(), no_memory);
    FOR_EACH(each, found) {
        const auto& irqs = each.board.description()->irqs;
        const auto other = std::ranges::find_if(
            irqs, [&](const auto& irq) { return irq.name != each.channel.description().irq; });
        if (other == irqs.end()) continue;
        auto stream = each.channel.stream(4, 4096, {.trigger = {other->name}});
        std::stop_source stop;
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(50ms);
            stop.request_stop();
        });
        expect_error(errc::interrupted, [&] { std::ignore = stream.next(10s, stop.get_token()); });
    }
}

} // namespace dma_rows
