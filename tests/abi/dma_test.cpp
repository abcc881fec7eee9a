// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_DMA_INFO, _OPEN, _TRANSFER and _CANCEL on QEMU's edu: a buffer of 4095 bytes that only
// its engine sees, 100 ms for each start. For long transfers and ill engines see
// dma_models_test.cpp.
#include "dma.hpp"
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <thread>

#include <unistd.h>

namespace raw {
namespace dma_test {

using namespace std::chrono_literals;

constexpr std::uint32_t reading = 0, writing = 1; // channels
constexpr std::uint64_t memory_size = 4095;
constexpr auto one_start = 100ms;

class dma : public testing::Test {
  protected:
    file open(std::uint32_t number) {
        auto [error, channel] = open_channel(board_, number);
        EXPECT_EQ(error, 0);
        return std::move(channel);
    }
    const board& which_ = the(role::spare_edu);
    file board_ = open_board(role::spare_edu);
    file read_ = open(reading), write_ = open(writing);
};

TEST_F(dma, InfoSaysWhatTheBoardFileSays) {
    const auto read = dma_info(board_, reading), write = dma_info(board_, writing);
    EXPECT_STREQ(read.name, "read");
    EXPECT_STREQ(write.name, "write");
    EXPECT_EQ(read.flags, 0U);
    EXPECT_EQ(write.flags, UPCIEDEV_DMA_TO_BOARD);
    EXPECT_EQ(read.nr_channels, 2U);
    EXPECT_EQ(read.alignment, 1U);
    EXPECT_EQ(read.address_bits, 64U);
    EXPECT_EQ(read.max_length, 4095U);
    EXPECT_EQ(read.memory, memory_size);
    EXPECT_EQ(std::count(std::begin(read.reserved), std::end(read.reserved), 0), 4);
}

TEST_F(dma, C17_ArgumentsOfInfoAreChecked) {
    upciedev_dma_info info{};
    info.size = sizeof(info) - 8;
    EXPECT_EQ(control(board_.get(), UPCIEDEV_DMA_INFO, &info), EINVAL);
    info.size = sizeof(info);
    for (std::uint32_t channel : {2U, 63U, 64U, 0xffffffffU}) {
        info.channel = channel;
        EXPECT_EQ(control(board_.get(), UPCIEDEV_DMA_INFO, &info), EINVAL) << channel;
    }
    info.channel = 0;
    EXPECT_EQ(control(open_board(role::memory).get(), UPCIEDEV_DMA_INFO, &info), EINVAL)
        << "a board without an engine";
    EXPECT_EQ(control(open_board(role::spare_edu, O_RDONLY).get(), UPCIEDEV_DMA_INFO, &info), 0);
    for (std::uint64_t address : {0ULL, 1ULL, 0xffff888000000000ULL, ~0ULL})
        EXPECT_EQ(control_at(board_.get(), UPCIEDEV_DMA_INFO, address), EFAULT);
}

TEST_F(dma, C17_ArgumentsOfOpenAreChecked) {
    for (int field = 0; field < 5; ++field) {
        upciedev_dma_open open{};
        open.channel = field == 0 ? 2 : 0;
        open.flags = field == 1;
        open.reserved32 = field == 2;
        open.reserved[0] = field == 3;
        open.reserved[1] = field == 4;
        EXPECT_EQ(control(board_.get(), UPCIEDEV_DMA_OPEN, &open), EINVAL) << field;
    }
    EXPECT_EQ(open_channel(open_board(role::spare_edu, O_RDONLY), reading).error, EBADF);
    EXPECT_EQ(open_channel(open_board(role::memory), 0).error, EINVAL);
}

TEST_F(dma, C6_NothingIsLeftOfAFileThatCannotBeTold) {
    const lone_page page;
    auto* open = reinterpret_cast<upciedev_dma_open*>(page.begin());
    *open = {};
    page.protect(PROT_READ);
    const auto before = counters();
    EXPECT_EQ(control(board_.get(), UPCIEDEV_DMA_OPEN, open), EFAULT);
    for (std::uint64_t address : {0ULL, 1ULL, 0xffff888000000000ULL, ~0ULL})
        EXPECT_EQ(control_at(board_.get(), UPCIEDEV_DMA_OPEN, address), EFAULT);
    EXPECT_EQ(counters(), before);
}

TEST_F(dma, ClaimKeepsOthersOut) {
    const auto other = open_board(role::spare_edu);
    upciedev_claim claim{};
    claim.op = UPCIEDEV_CLAIM_TAKE;
    ASSERT_EQ(control(other.get(), UPCIEDEV_CLAIM, &claim), 0);
    {
        const file lease{claim.lease};
        EXPECT_EQ(open_channel(board_, reading).error, EBUSY);
        std::byte memory[8]{};
        EXPECT_EQ(transfer(read_, 0, memory, 8), EBUSY) << "opened before";
        const auto theirs = open_channel(other, reading);
        ASSERT_EQ(theirs.error, 0);
        EXPECT_EQ(transfer(theirs.channel, 0, memory, 8), 0);
    }
    EXPECT_EQ(open_channel(board_, reading).error, 0);
}

TEST_F(dma, C17_ArgumentsOfATransferAreChecked) {
    std::byte memory[16]{};
    for (int field = 0; field < 6; ++field) {
        auto what = make_transfer(0, memory, field == 0 ? 0 : 16);
        if (field == 1) what.timeout_ms = 0;
        if (field == 2) what.timeout_ms = UPCIEDEV_DMA_MAX_MS + 1;
        what.flags = field == 3 ? 2 : 0;
        what.reserved[0] = field == 4;
        what.reserved[1] = field == 5;
        EXPECT_EQ(transfer(read_, what), EINVAL) << field;
        EXPECT_EQ(what.done, 0U) << field;
    }
    auto what = make_transfer(0, nullptr, 16);
    what.flags = UPCIEDEV_DMA_RING_MEMORY;
    EXPECT_EQ(transfer(read_, what), EINVAL) << "there is no ring";
    for (std::uint64_t address : {0ULL, 1ULL, 0xffff888000000000ULL, ~0ULL})
        EXPECT_EQ(control_at(read_.get(), UPCIEDEV_DMA_TRANSFER, address), EFAULT);
    EXPECT_EQ(control_at(read_.get(), UPCIEDEV_DMA_CANCEL, 1), EINVAL);
    EXPECT_EQ(control_at(read_.get(), UPCIEDEV_DMA_STOP, 1), EINVAL);
    EXPECT_EQ(control(read_.get(), UPCIEDEV_GET_INFO, nullptr), ENOTTY);
}

TEST_F(dma, OutsideTheBoardsMemory) {
    std::vector<std::byte> memory(2 * page_size);
    for (const auto* channel : {&read_, &write_}) {
        EXPECT_EQ(transfer(*channel, 0, memory.data(), memory_size + 1), ERANGE);
        EXPECT_EQ(transfer(*channel, memory_size, memory.data(), 1), ERANGE);
        EXPECT_EQ(transfer(*channel, ~0ULL, memory.data(), 1), ERANGE);
        EXPECT_EQ(transfer(*channel, 1, memory.data(), memory_size), ERANGE);
    }
}

struct stretch {
    std::uint64_t offset, length;
    std::size_t skew; // of the user's address
};

class dma_bytes : public dma, public testing::WithParamInterface<stretch> {};

TEST_P(dma_bytes, AreExactThereAndBack) {
    const auto [offset, length, skew] = GetParam();
    const auto board_before = filled(memory_size, 1);
    auto whole = board_before;
    ASSERT_EQ(transfer(write_, 0, whole.data(), memory_size), 0);
    guarded_memory from(length, skew), to(length, 8191 - skew);
    fill(from.use(), length + skew);
    ASSERT_EQ(transfer(write_, offset, from.use().data(), length), 0);
    ASSERT_EQ(transfer(read_, offset, to.use().data(), length), 0);
    EXPECT_EQ(mismatch(to.use(), from.use()), length);
    EXPECT_TRUE(to.surroundings_are_untouched());
    ASSERT_EQ(transfer(read_, 0, whole.data(), memory_size), 0);
    auto wanted = board_before;
    std::ranges::copy(from.use(), wanted.begin() + static_cast<std::ptrdiff_t>(offset));
    EXPECT_EQ(mismatch(whole, wanted), memory_size) << "of the board's memory";
}

INSTANTIATE_TEST_SUITE_P(lengths, dma_bytes,
                         testing::Values(stretch{0, 1, 0}, stretch{1, 1, 1}, stretch{4094, 1, 4095},
                                         stretch{2, 2, 3}, stretch{3, 3, 5}, stretch{5, 4, 4093},
                                         stretch{7, 7, 7}, stretch{8, 8, 8}, stretch{13, 64, 2},
                                         stretch{1, 1000, 3500}, stretch{0, 2048, 4095},
                                         stretch{2047, 2048, 1}, stretch{1, 4094, 6},
                                         stretch{0, 4095, 0}, stretch{0, 4095, 1},
                                         stretch{0, 4095, 4095}));

TEST_F(dma, AddressesThatAreNoMemory) {
    for (std::uint64_t address : {0ULL, 4096ULL, 0x7fffffffe000ULL, 0xffff888000000000ULL, ~0ULL}) {
        auto what = make_transfer(0, nullptr, 8);
        what.address = address;
        EXPECT_EQ(transfer(read_, what), EFAULT) << address;
        EXPECT_EQ(transfer(write_, what), EFAULT) << address;
        EXPECT_EQ(what.done, 0U);
    }
}

TEST_F(dma, MemoryThatEndsTooEarly) {
    const lone_page page;
    auto what = make_transfer(0, page.end() - 16, 32);
    EXPECT_EQ(transfer(read_, what), EFAULT);
    EXPECT_TRUE(what.done == 0 || what.done == 16) << what.done;
    EXPECT_EQ(transfer(read_, 0, page.end() - 16, 16), 0);
}

TEST_F(dma, ReadOnlyMemoryIsRespected) {
    const lone_page page;
    fill({page.begin(), page_size}, 3);
    const std::vector<std::byte> before(page.begin(), page.end());
    page.protect(PROT_READ);
    EXPECT_EQ(transfer(read_, 0, page.begin(), 100), EFAULT);
    EXPECT_EQ(mismatch({page.begin(), page_size}, before), page_size);
    EXPECT_EQ(transfer(write_, 0, page.begin(), 100), 0);
    std::byte back[100]{};
    ASSERT_EQ(transfer(read_, 0, back, 100), 0);
    EXPECT_EQ(std::memcmp(back, before.data(), 100), 0);
    page.protect(PROT_NONE);
    EXPECT_EQ(transfer(write_, 0, page.begin(), 100), EFAULT);
}

TEST_F(dma, MemoryOfAFileOfOurs) { // a private map: its page must be the caller's own
    const file zero{::open("/dev/zero", O_RDWR | O_CLOEXEC)};
    const map window{zero.get(), 0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE};
    auto out = filled(200, 5);
    ASSERT_EQ(transfer(write_, 0, out.data(), 200), 0);
    ASSERT_EQ(transfer(read_, 0, window.bytes() + 11, 200), 0);
    EXPECT_EQ(mismatch({window.bytes() + 11, 200}, out), 200U);
}

TEST_F(dma, TimeOutStopsItAndTheChannelWorksAfterwards) {
    auto out = filled(memory_size, 6), in = filled(memory_size, 7);
    ASSERT_EQ(transfer(write_, 0, out.data(), memory_size), 0);
    auto what = make_transfer(0, in.data(), memory_size, 10);
    const auto start = clock::now();
    EXPECT_EQ(transfer(read_, what), ETIMEDOUT);
    EXPECT_LT(since(start), milliseconds{patient_ms});
    const auto then = in;
    std::this_thread::sleep_for(3 * one_start);
    EXPECT_EQ(mismatch(in, then), memory_size) << "written after it was given back";
    ASSERT_EQ(transfer(read_, 0, in.data(), memory_size), 0);
    EXPECT_EQ(mismatch(in, out), memory_size);
}

// Keeps the engine at work by transfers of its own, one after the other.
class busy_engine {
  public:
    explicit busy_engine(const file& channel)
        : thread_{[this, &channel] {
              std::vector<std::byte> memory(memory_size);
              while (!end_)
                  EXPECT_EQ(transfer(channel, 0, memory.data(), memory.size()), 0);
          }} {}
    ~busy_engine() {
        end_ = true;
        thread_.join();
    }
    busy_engine(const busy_engine&) = delete;
    busy_engine& operator=(const busy_engine&) = delete;

  private:
    std::atomic<bool> end_{false};
    std::thread thread_;
};

// Each page is a start of 100 ms, and turns are taken: enough for hours. What is to end it does so
// at some time.
batch_result long_transfers(const file& channel) {
    std::vector<std::byte> memory(memory_size);
    for (int i = 0; i < 40'000; ++i)
        if (const int error = transfer(channel, 0, memory.data(), memory.size())) return {error, 0};
    return {0, 0};
}

TEST_F(dma, CancelEndsATransferOfThatFileOnly) {
    const auto other = open(reading);
    const busy_engine others{other};
    background mine{[&] { return long_transfers(read_); }};
    while (!mine.ended()) { // by itself after all its transfers
        EXPECT_EQ(cancel(read_), 0);
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(mine.join().error, ECANCELED);
}

TEST_F(dma, SignalEndsATransfer) {
    background mine{[&] { return long_transfers(read_); }};
    mine.interrupt();
    EXPECT_EQ(mine.join().error, EINTR);
}

TEST_F(dma, BusMasterIsOnOnlyWhileOpen) {
    EXPECT_TRUE(bus_master(which_));
    read_.close();
    EXPECT_TRUE(bus_master(which_));
    write_.close();
    EXPECT_FALSE(bus_master(which_));
    const auto again = open(reading);
    EXPECT_TRUE(bus_master(which_));
}

TEST_F(dma, CountersTellWhatIsHeld) {
    const auto before = counters();
    const auto another = open(reading);
    EXPECT_EQ(counters().at("dma_files"), before.at("dma_files") + 1);
    EXPECT_EQ(counters().at("pinned_pages"), before.at("pinned_pages"));
}

TEST_F(dma, EightThreadsTakeTurns) {
    constexpr std::size_t threads = 8, each = 500;
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < threads; ++i)
        all.emplace_back([&, i] {
            const auto out_channel = open(writing), in_channel = open(reading);
            for (int round = 0; round < 2; ++round) {
                auto out = filled(each, 100 * i + static_cast<unsigned>(round));
                std::vector<std::byte> in(each);
                EXPECT_EQ(transfer(out_channel, i * each, out.data(), each), 0);
                EXPECT_EQ(transfer(in_channel, i * each, in.data(), each), 0);
                EXPECT_EQ(mismatch(in, out), each) << i;
            }
        });
    for (auto& thread : all)
        thread.join();
}

// A register is read while somebody else's transfer is under way: many times in one start.
TEST_F(dma, RegistersDoNotWaitForATransfer) {
    std::atomic<bool> done{false};
    std::thread mover{[&] {
        std::vector<std::byte> memory(memory_size);
        EXPECT_EQ(transfer(read_, 0, memory.data(), memory.size()), 0);
        done = true;
    }};
    int reads = 0;
    for (std::uint32_t value = 0; !done; ++reads)
        EXPECT_EQ(read32(board_.get(), 0, 4, value), 0);
    mover.join();
    EXPECT_GT(reads, 20) << "in a transfer of 100 ms";
}

TEST_F(dma, UnbindEndsATransfer) {
    background mover{[&] { return long_transfers(read_); }};
    const unbound away{which_};
    EXPECT_EQ(mover.join().error, ENODEV);
    std::byte memory[8]{};
    EXPECT_EQ(transfer(write_, 0, memory, 8), ENODEV);
    EXPECT_EQ(open_channel(board_, reading).error, ENODEV);
    EXPECT_EQ(wait_for(read_), POLLERR | POLLHUP);
}

TEST_F(dma, ResetEndsATransferAndDmaWorksAgain) {
    background mover{[&] { return long_transfers(read_); }};
    ASSERT_EQ(control(board_.get(), UPCIEDEV_RESET, nullptr), 0);
    EXPECT_EQ(mover.join().error, ENODEV);
    board_ = open_board(role::spare_edu);
    auto out = filled(100, 8);
    std::byte in[100]{};
    ASSERT_EQ(transfer(open(writing), 0, out.data(), 100), 0);
    ASSERT_EQ(transfer(open(reading), 0, in, 100), 0);
    EXPECT_EQ(mismatch(in, out), 100U);
}

TEST_F(dma, KilledInATransfer) {
    const auto before = counters();
    child mover{[&] {
        long_transfers(open(reading));
        return 0;
    }};
    await_call(mover);
    EXPECT_EQ(mover.kill(), killed_by(SIGKILL));
    EXPECT_EQ(counters(), before);
    std::byte memory[8]{};
    EXPECT_EQ(transfer(read_, 0, memory, 8), 0);
}

TEST_F(dma, ForkedProcessUsesItsParentsFile) {
    auto out = filled(300, 9);
    ASSERT_EQ(transfer(write_, 0, out.data(), 300), 0);
    EXPECT_EQ(in_child([&] {
                  std::vector<std::byte> in(300);
                  if (transfer(read_, 0, in.data(), 300) != 0) return 1;
                  return mismatch(in, out) == 300 ? 0 : 2;
              }),
              0);
    std::vector<std::byte> in(300);
    EXPECT_EQ(transfer(read_, 0, in.data(), 300), 0);
    EXPECT_EQ(mismatch(in, out), 300U);
}

} // namespace dma_test
} // namespace raw
