// SPDX-License-Identifier: BSD-3-Clause
// While a transfer waits for its turn it holds nothing that other drivers need: bounce buffers of
// the kernel, which are few. Runs in the boots for DMA, see tests/guest/runs.toml.
#include "dma.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace raw {
namespace dma_turns_test {

constexpr std::size_t bytes = 256U << 10U;
constexpr std::size_t waiting = 6;

long bounce_buffers() {
    const auto text = read_file("/sys/kernel/debug/swiotlb/io_tlb_used");
    return text.empty() ? 0 : std::stol(text);
}

bool bounces() {
    return read_file("/proc/cmdline").find("swiotlb=force") != std::string::npos;
}

TEST(dma_threads, WaitWithoutBounceBuffers) {
    const auto board = open_board(role::digitizer);
    const auto before = bounce_buffers();
    fault ill{the(role::digitizer), "engine_hangs"};
    std::deque<std::vector<std::byte>> memory(waiting + 1, std::vector<std::byte>(bytes));
    std::deque<file> channels;
    for (std::size_t i = 0; i <= waiting; ++i)
        channels.push_back(open_channel(board, 0).channel);
    const auto move = [&](std::size_t i) {
        return batch_result{transfer(channels[i], 0, memory[i].data(), bytes), 0};
    };
    std::deque<background> movers;
    movers.emplace_back([&] { return move(0); });
    const auto of_one = bounce_buffers();
    if (bounces()) {
        EXPECT_GT(of_one, before);
    }
    for (std::size_t i = 1; i <= waiting; ++i)
        movers.emplace_back([&, i] { return move(i); });
    EXPECT_EQ(bounce_buffers(), of_one) << waiting << " wait, " << before << " before";
    for (const auto& channel : channels)
        EXPECT_EQ(cancel(channel), 0);
    for (auto& mover : movers)
        EXPECT_EQ(mover.join().error, ECANCELED);
    EXPECT_EQ(bounce_buffers(), before);
}

} // namespace dma_turns_test
} // namespace raw
