// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_PEER_ROUTE, _DMA_PEER, _DMA_PEER_RING and _PEER_LEASE: an engine of edu writes straight
// into the memory of ivshmem and into an NVMe's CMB.
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace raw {
namespace peer_test {

using namespace std::chrono_literals;

class peers : public testing::Test {
  protected:
    static void SetUpTestSuite() { offer_memory({&the(role::memory), &the(role::nvme)}); }
    static void TearDownTestSuite() { offer_no_more(); }

    void fill_edu(const std::vector<unsigned char>& data) const { raw::fill_edu(edu_, data); }
    int move(upciedev_dma_peer& what) const {
        return control(writer_.get(), UPCIEDEV_DMA_PEER, &what);
    }
    // Each takes 100 ms: whoever leaves does so during one.
    static batch_result until_it_ends(const file& writer, upciedev_dma_peer& what) {
        int error = 0;
        for (int i = 0; i < 50 && error == 0; ++i)
            error = control(writer.get(), UPCIEDEV_DMA_PEER, &what);
        return {error, 0};
    }

    file edu_ = open_board(role::spare_edu);
    file memory_ = open_board(role::memory);
    file writer_ = channel_of(edu_, from_board);
};

TEST_F(peers, RouteBehindOneSwitchIsDirect) {
    const auto there = route(edu_, memory_);
    EXPECT_EQ(there.route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    EXPECT_EQ(there.reason, unsigned{UPCIEDEV_REASON_NONE});
    EXPECT_EQ(there.flags & UPCIEDEV_ROUTE_BRIDGE, unsigned{UPCIEDEV_ROUTE_BRIDGE});
    const auto& switch_at = the(role::memory).info;
    EXPECT_EQ(there.domain, switch_at.domain);
    EXPECT_LT(there.bus, switch_at.bus) << "the switch's upstream port is above the board";
}

TEST_F(peers, RefusalsSayWhy) {
    EXPECT_EQ(route(edu_, edu_, registers_bar).reason, unsigned{UPCIEDEV_REASON_SELF});
    EXPECT_EQ(route(edu_, memory_, registers_bar).reason, unsigned{UPCIEDEV_REASON_WINDOW});
    EXPECT_EQ(route(edu_, memory_, 5).reason, unsigned{UPCIEDEV_REASON_WINDOW});
    EXPECT_EQ(route(memory_, edu_, registers_bar).reason, unsigned{UPCIEDEV_REASON_WINDOW});
    EXPECT_EQ(route(open_board(role::nvme), memory_).reason, unsigned{UPCIEDEV_REASON_MASTER});
    EXPECT_EQ(route(edu_, memory_, memory_bar, to_board).reason, unsigned{UPCIEDEV_REASON_READ});
}

TEST_F(peers, AdministratorAllowsReading) {
    const policy reads{"peer_reads", true};
    EXPECT_EQ(route(edu_, memory_, memory_bar, to_board).route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    const auto sent = pattern(500, 77);
    map window{memory_.get(), UPCIEDEV_POS(memory_bar, 0), page_size};
    std::memcpy(window.bytes() + 100, sent.data(), sent.size());
    const auto reader = channel_of(edu_, to_board);
    auto what = transfer_to(memory_, 100, sent.size());
    ASSERT_EQ(control(reader.get(), UPCIEDEV_DMA_PEER, &what), 0);
    std::vector<unsigned char> received(sent.size());
    ASSERT_EQ(transfer(writer_, 0, received.data(), received.size()), 0);
    EXPECT_EQ(received, sent);
}

TEST_F(peers, BytesArriveAndNoOthers) {
    const auto sent = pattern(1000, 3);
    fill_edu(sent);
    blank(memory_, 8192);
    auto what = transfer_to(memory_, 4000, sent.size());
    ASSERT_EQ(move(what), 0);
    EXPECT_EQ(what.done, sent.size());
    EXPECT_EQ(what.route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    EXPECT_EQ(bytes_of(memory_, 4000, sent.size()), sent);
    EXPECT_EQ(bytes_of(memory_, 3999, 1)[0], 0xee);
    EXPECT_EQ(bytes_of(memory_, 5000, 1)[0], 0xee);
}

TEST_F(peers, AnNvmeTakesThemInItsBuffer) {
    const auto nvme = open_board(role::nvme);
    const auto sent = pattern(4095, 9);
    fill_edu(sent);
    auto what = transfer_to(nvme, 64, sent.size());
    ASSERT_EQ(move(what), 0);
    EXPECT_EQ(bytes_of(nvme, 64, sent.size()), sent);
}

TEST_F(peers, WrongRequestsAreRefused) {
    upciedev_bar_info bar{};
    ASSERT_EQ(bar_info(memory_.get(), memory_bar, bar), 0);
    fill_edu(pattern(64, 1));
    blank(memory_, window_length);
    const auto attempt = [&](auto change) {
        auto what = transfer_to(memory_, 0, 16);
        change(what);
        return move(what);
    };
    EXPECT_EQ(attempt([&](auto& w) { w.peer_offset = bar.length - 15; }), ERANGE);
    EXPECT_EQ(attempt([&](auto& w) { w.peer_offset = ~0ULL; }), ERANGE);
    EXPECT_EQ(attempt([&](auto& w) { w.offset = edu_memory; }), ERANGE);
    EXPECT_EQ(attempt([&](auto& w) { w.length = 0; }), EINVAL);
    EXPECT_EQ(attempt([&](auto& w) { w.length = ~0ULL; }), ERANGE);
    EXPECT_EQ(attempt([&](auto& w) { w.bar = UPCIEDEV_NR_BARS; }), EINVAL);
    EXPECT_EQ(attempt([&](auto& w) { w.bar = 3; }), ENXIO);
    EXPECT_EQ(attempt([&](auto& w) { w.bar = 0; }), EACCES) << "registers are no peer window";
    EXPECT_EQ(attempt([&](auto& w) { w.flags = 1; }), EINVAL);
    EXPECT_EQ(attempt([&](auto& w) { w.timeout_ms = 0; }), EINVAL);
    EXPECT_EQ(attempt([&](auto& w) { w.reserved[1] = 1; }), EINVAL);
    EXPECT_EQ(attempt([&](auto& w) { w.peer = -1; }), EBADF);
    EXPECT_EQ(attempt([&](auto& w) { w.peer = writer_.get(); }), EINVAL);
    const auto reader = open_board(role::memory, O_RDONLY);
    EXPECT_EQ(attempt([&](auto& w) { w.peer = reader.get(); }), EBADF);
    EXPECT_TRUE(untouched(memory_)) << "something came";
    upciedev_peer_route what{};
    what.size = sizeof(what) - 8;
    what.peer = memory_.get();
    EXPECT_EQ(control(edu_.get(), UPCIEDEV_PEER_ROUTE, &what), EINVAL);
}

TEST_F(peers, ALeaseKeepsOthersOut) {
    const auto other = open_board(role::memory);
    upciedev_peer_lease lease{};
    lease.bar = memory_bar;
    lease.offset = 4096;
    lease.length = 4096;
    ASSERT_EQ(control(other.get(), UPCIEDEV_PEER_LEASE, &lease), 0);
    file held{lease.fd};
    auto mine = transfer_to(memory_, 8191, 1);
    EXPECT_EQ(move(mine), EBUSY);
    auto theirs = transfer_to(other, 8191, 1);
    EXPECT_EQ(move(theirs), 0) << "named by the file that has the lease";
    auto beside = transfer_to(memory_, 8192, 1);
    EXPECT_EQ(move(beside), 0);
    upciedev_peer_lease second{};
    second.bar = memory_bar;
    second.offset = 0;
    second.length = 4097;
    EXPECT_EQ(control(memory_.get(), UPCIEDEV_PEER_LEASE, &second), EBUSY);
    EXPECT_EQ(second.holder, ::getpid());
    held.close();
    EXPECT_EQ(move(mine), 0);
    second = {};
    second.bar = registers_bar;
    second.length = 1;
    EXPECT_EQ(control(memory_.get(), UPCIEDEV_PEER_LEASE, &second), ENXIO);
}

TEST_F(peers, FramesFeedThePeer) {
    const auto sent = pattern(512, 21);
    fill_edu(sent);
    blank(memory_, 8192);
    upciedev_dma_peer_ring ring{};
    ring.frame_length = sent.size();
    ring.peer_offset = 1024;
    ring.step = 1024;
    ring.frames = 3;
    ring.bar = memory_bar;
    ring.peer = memory_.get();
    ASSERT_EQ(control(writer_.get(), UPCIEDEV_DMA_PEER_RING, &ring), 0);
    ASSERT_EQ(start(writer_, start_of(0, 0, 3)), 0);
    for (std::uint64_t seen = 0; seen < 3; ++seen)
        ASSERT_EQ(exchange(writer_, {}, seen), 0);
    for (std::uint64_t i = 0; i < 3; ++i)
        EXPECT_EQ(bytes_of(memory_, 1024 * (i + 1), sent.size()), sent);
    EXPECT_EQ(bytes_of(memory_, 1024 + 512, 1)[0], 0xee);
}

// The transfer is refused, or ends: nothing is written once the peer has left.
TEST_F(peers, APeerThatLeavesEndsTheTransfer) {
    fill_edu(pattern(4095, 1));
    auto what = transfer_to(memory_, 0, 4095);
    background busy{[&] { return until_it_ends(writer_, what); }};
    {
        const unbound gone{the(role::memory)};
        EXPECT_EQ(busy.join().error, EHOSTDOWN);
        EXPECT_EQ(move(what), EHOSTDOWN) << "the file of the peer is stale";
    }
    memory_ = open_board(role::memory);
    auto again = transfer_to(memory_, 0, 4095);
    EXPECT_EQ(move(again), 0);
}

TEST_F(peers, AnInitiatorThatLeavesEndsTheTransfer) {
    auto what = transfer_to(memory_, 0, 4095);
    background busy{[&] { return until_it_ends(writer_, what); }};
    const unbound gone{the(role::spare_edu)};
    EXPECT_EQ(busy.join().error, ENODEV);
}

TEST_F(peers, BothLeaveAtTheSameMoment) {
    for (int round = 0; round < 5; ++round) {
        const auto edu = open_board(role::spare_edu), memory = open_board(role::memory);
        const auto channel = channel_of(edu, from_board);
        auto what = transfer_to(memory, 0, 4095);
        background busy{[&] { return until_it_ends(channel, what); }};
        std::thread one{[] { unbind(the(role::spare_edu)); }};
        std::thread other{[] { unbind(the(role::memory)); }};
        one.join();
        other.join();
        const int error = busy.join().error;
        EXPECT_TRUE(error == ENODEV || error == EHOSTDOWN) << error;
        bind(the(role::spare_edu));
        bind(the(role::memory));
    }
}

TEST_F(peers, CountersReturn) {
    const auto before = counters();
    {
        const auto channel = channel_of(edu_, from_board);
        auto what = transfer_to(memory_, 0, 64);
        EXPECT_EQ(control(channel.get(), UPCIEDEV_DMA_PEER, &what), 0);
        EXPECT_EQ(counters().at("dma_files"), before.at("dma_files") + 1);
    }
    EXPECT_EQ(counters(), before);
}

} // namespace peer_test
} // namespace raw
