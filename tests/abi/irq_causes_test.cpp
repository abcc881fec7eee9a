// SPDX-License-Identifier: BSD-3-Clause
// Boards that send a message only when their first cause comes up, and engines whose end only a
// message reports: the boards of tests/guest/vfio_board.cpp with the card of plugin/test_causes.c.
#include "dma.hpp"
#include "interrupts.hpp"
#include "modules.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace raw {
namespace irq_causes_test {

namespace registers {
constexpr std::uint64_t trigger = 0x08, status = 0x20, pending = 0x24, raise = 0x28, follow = 0x30,
                        arrive = 0x38;
}
constexpr std::uint32_t told = 0, seen = 1; // channels
constexpr std::uint32_t engine_done = 2;

std::vector<board> served_boards() {
    auto all = find_boards();
    std::erase_if(all, [](const board& each) {
        return each.info.vendor != 0x1d50 || each.info.device != 0xf10f;
    });
    return all;
}

bool has_msix(const board& which) {
    const auto config = read_file(config_file(which));
    for (std::size_t at = static_cast<std::uint8_t>(config.at(0x34)); at != 0;
         at = static_cast<std::uint8_t>(config.at(at + 1)))
        if (config.at(at) == 0x11) return true;
    return false;
}

const board& served_board(bool msix) {
    static const auto boards = served_boards();
    for (const auto& each : boards)
        if (has_msix(each) == msix) return each;
    throw std::runtime_error("no board of tests/guest/vfio_board.cpp; see tests/guest/runs.toml");
}

class module_loaded {
  public:
    module_loaded() { EXPECT_EQ(load_module("test_causes"), 0); }
    ~module_loaded() { EXPECT_EQ(unload_module("test_causes"), 0); }
    module_loaded(const module_loaded&) = delete;
    module_loaded& operator=(const module_loaded&) = delete;
};

class lent_board {
  public:
    explicit lent_board(bool msix)
        : which{served_board(msix)}, lent_{which, "test_causes"}, file{open_node(which.node)} {}
    void write(std::uint64_t offset, std::uint32_t value) const {
        EXPECT_EQ(write32(file.get(), 0, offset, value), 0);
    }
    std::uint32_t read(std::uint64_t offset) const {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(file.get(), 0, offset, value), 0);
        return value;
    }

    const board& which;

  private:
    module_loaded module_;
    lent lent_;

  public:
    raw::file file;
};

class irq_causes : public testing::Test {
  protected:
    // The vector is alive: a cause that comes now is an event.
    void expect_the_next_one(const file& events) {
        EXPECT_EQ(board_.read(registers::pending), 0U);
        board_.write(registers::raise, 1);
        EXPECT_EQ(wait_for(events, 10000), POLLIN) << "the vector is dead";
    }

    const lent_board board_{true};
};

// Each acknowledgement finds the next cause, so that the board sends one message in all.
TEST_F(irq_causes, EachIsServedThatComesWhileOthersAre) {
    constexpr std::uint32_t following = 40;
    const auto mine = subscribe(board_.file);
    board_.write(registers::follow, following);
    board_.write(registers::raise, 1);
    std::size_t count = 0;
    while (count < following + 1 && wait_for(mine.events, 10000) == POLLIN)
        for (const auto& event : read_events(mine.events)) {
            EXPECT_EQ(event.status, 1U + count % 2) << count;
            ++count;
        }
    EXPECT_EQ(count, following + 1);
    expect_the_next_one(mine.events);
}

TEST_F(irq_causes, OneThatCameBeforeItWasEnabledIsTold) {
    board_.write(registers::arrive, 1);
    const auto mine = subscribe(board_.file);
    EXPECT_EQ(wait_for(mine.events, 10000), POLLIN);
    const auto told = read_events(mine.events);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].status, 1U);
    expect_the_next_one(mine.events);
}

TEST_F(irq_causes, OneWithoutEndIsAStorm) {
    const storm_limit limit{50};
    const auto mine = subscribe(board_.file);
    expect_kernel_message("a storm of interrupts, masked");
    board_.write(registers::follow, ~0U);
    board_.write(registers::raise, 1);
    upciedev_irq_event event{};
    while ((event.flags & UPCIEDEV_IRQ_MASKED) == 0 && wait_for(mine.events, 10000) == POLLIN)
        ASSERT_EQ(read_event(mine.events, event), 0);
    EXPECT_TRUE(event.flags & UPCIEDEV_IRQ_MASKED);
    board_.write(registers::follow, 5);
    ASSERT_EQ(control_at(mine.events.get(), UPCIEDEV_IRQ_UNMASK, 0), 0);
    EXPECT_EQ(read_events(mine.events, 6).size(), 6U) << "what was pending, and what followed";
    expect_the_next_one(mine.events);
}

TEST_F(irq_causes, AsManyVectorsAsTheCardNames) {
    const auto info = irq_info(board_.file);
    EXPECT_EQ(info.kind, std::uint32_t{UPCIEDEV_IRQ_MSIX});
    EXPECT_EQ(info.nr_vectors, 3U) << "of the board's 8";
}

TEST_F(irq_causes, AMessageOfItsOwnEndsATransfer) {
    const auto [error, channel] = open_channel(board_.file, told);
    ASSERT_EQ(error, 0);
    const lone_page page; // in one piece, so that the engine is started once
    background moving{[&, fd = channel.get()] {
        auto what = make_transfer(0, page.begin(), page_size);
        return batch_result{control(fd, UPCIEDEV_DMA_TRANSFER, &what), 0};
    }};
    auto done = poll_op(0, registers::status, engine_done, longest_poll);
    EXPECT_EQ(run(board_.file.get(), done).error, 0);
    board_.write(registers::trigger, 1);
    EXPECT_EQ(moving.join().error, 0);
}

// The kernel grants one MSI, for which any cause would pass for the end of the engine.
TEST(irq_folded, NoMessageOfOthersEndsATransfer) {
    const lent_board board{false};
    ASSERT_EQ(irq_info(board.file).nr_vectors, 1U);
    expect_kernel_message("only a vector of its own could report its end");
    EXPECT_EQ(open_channel(board.file, told).error, EOPNOTSUPP);
    EXPECT_EQ(open_channel(board.file, seen).error, 0) << "its registers tell the end";
}

} // namespace irq_causes_test
} // namespace raw
