// SPDX-License-Identifier: BSD-3-Clause
// Engines that only callbacks know: plugin/test_engines.c, whose registers are the memory of an
// ivshmem.
#include "dma.hpp"
#include "modules.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace raw {
namespace engines_test {

constexpr unsigned bar = 2;
constexpr std::uint64_t running = 0x1000, starts = 0x1004, stops = 0x1008, failing = 0x100c,
                        step = 0x10;

class engines : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(load_module("test_engines"), 0);
        lent_.emplace(the(role::memory), "test_engines");
        board_ = open_board(role::memory);
        for (std::uint64_t at = running; at < running + 2 * step; at += 4)
            ASSERT_EQ(write32(board_.get(), bar, at, 0), 0);
    }
    void TearDown() override {
        board_.close();
        lent_.reset();
        EXPECT_EQ(unload_module("test_engines"), 0);
    }
    std::uint32_t get(std::uint64_t offset, unsigned engine) {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(board_.get(), bar, offset + engine * step, value), 0);
        return value;
    }
    void put(std::uint64_t offset, unsigned engine, std::uint32_t value) {
        EXPECT_EQ(write32(board_.get(), bar, offset + engine * step, value), 0);
    }
    bool runs(unsigned engine) {
        return eventually([&] { return get(running, engine) != 0; });
    }

    std::optional<lent> lent_;
    file board_;
    std::array<std::byte, 64> memory_{};
};

TEST_F(engines, OfCallbacksRunAtTheSameTime) {
    auto [error, first] = open_channel(board_, 0);
    auto [other_error, second] = open_channel(board_, 1);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(other_error, 0);
    std::array<std::byte, 64> more{};
    background one{[&] { return batch_result{transfer(first, 0, memory_.data(), 64), 0}; }};
    ASSERT_TRUE(runs(0));
    background two{[&] { return batch_result{transfer(second, 0, more.data(), 64), 0}; }};
    EXPECT_TRUE(runs(1)) << "it waits for the other engine";
    EXPECT_EQ(get(running, 0), 1U);
    put(running, 0, 0);
    EXPECT_EQ(one.join().error, 0);
    EXPECT_TRUE(runs(1));
    put(running, 1, 0);
    EXPECT_EQ(two.join().error, 0);
}

TEST_F(engines, ThatFailToStartAreBroughtToRest) {
    auto [error, channel] = open_channel(board_, 0);
    ASSERT_EQ(error, 0);
    put(failing, 0, 1);
    EXPECT_EQ(transfer(channel, 0, memory_.data(), 64), EIO);
    EXPECT_EQ(get(starts, 0), 1U);
    EXPECT_EQ(get(stops, 0), 1U) << "it goes on in memory that was given back";
    EXPECT_EQ(get(running, 0), 0U);
}

} // namespace engines_test
} // namespace raw
