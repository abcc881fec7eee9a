// SPDX-License-Identifier: BSD-3-Clause
// upciedev_peer_transfer(), called by plugin/test_peers.c in the process that writes to its file.
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace raw {
namespace peer_plugin_test {

using namespace std::chrono_literals;

constexpr std::uint32_t held = 0xffffffff; // instead of a slot: the board of the last time
constexpr std::uint64_t all_bytes = 4095;  // which takes edu 100 ms

struct wish {
    std::uint32_t channel = from_board;
    std::uint64_t offset = 0;
    std::uint32_t from_slot = the(role::spare_edu).info.slot;
    std::uint32_t to_slot = the(role::memory).info.slot;
    std::uint32_t bar = memory_bar;
    std::uint64_t peer_offset = 0;
    std::uint64_t length = 16;
    std::uint32_t timeout_ms = patient_ms;
};

int ask(const wish& w) {
    std::ostringstream text;
    text << the(role::spare_edu).info.root << ' ' << w.from_slot << ' ' << w.channel << ' '
         << w.offset << ' ' << the(role::memory).info.root << ' ' << w.to_slot << ' ' << w.bar
         << ' ' << w.peer_offset << ' ' << w.length << ' ' << w.timeout_ms;
    const auto asked = text.str();
    const auto node = open_node(parameter("test_peers", "transfer"), O_WRONLY);
    return ::write(node.get(), asked.data(), asked.size()) < 0 ? errno : 0;
}

struct answer {
    std::uint64_t done;
    std::uint32_t route, reason;
};

answer result() {
    std::istringstream text{read_file(parameter("test_peers", "result"))};
    answer found{};
    text >> found.done >> found.route >> found.reason;
    EXPECT_TRUE(text);
    return found;
}

class peer_plugin : public testing::Test {
  protected:
    static void SetUpTestSuite() { offer_memory({&the(role::memory)}); }
    static void TearDownTestSuite() { offer_no_more(); }
    void SetUp() override {
        ASSERT_EQ(load_module("test_peers"), 0);
        edu_ = open_board(role::spare_edu);
        memory_ = open_board(role::memory);
        fill_edu(edu_, pattern(all_bytes, 40));
        blank(memory_, window_length);
    }
    void TearDown() override { EXPECT_EQ(unload_module("test_peers"), 0); }

    file edu_, memory_;
};

TEST_F(peer_plugin, BytesArriveAndNoOthers) {
    ASSERT_EQ(ask({.offset = 8, .peer_offset = 4000, .length = 1000}), 0);
    EXPECT_EQ(result().done, 1000U);
    EXPECT_EQ(result().route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    EXPECT_EQ(bytes_of(memory_, 4000, 1000), pattern(1000, 48));
    EXPECT_EQ(bytes_of(memory_, 3999, 1)[0], blank_byte);
    EXPECT_EQ(bytes_of(memory_, 5000, 1)[0], blank_byte);
}

TEST_F(peer_plugin, WrongRequestsAreRefused) {
    upciedev_bar_info bar{};
    ASSERT_EQ(bar_info(memory_.get(), memory_bar, bar), 0);
    EXPECT_EQ(ask({.to_slot = 99}), ENOENT) << "no such slot";
    EXPECT_EQ(ask({.from_slot = 99}), ENOENT);
    EXPECT_EQ(ask({.peer_offset = bar.length - 15}), ERANGE);
    EXPECT_EQ(ask({.peer_offset = ~0ULL}), ERANGE);
    EXPECT_EQ(ask({.length = ~0ULL}), ERANGE);
    EXPECT_EQ(ask({.offset = edu_memory}), ERANGE);
    EXPECT_EQ(ask({.length = 0}), EINVAL);
    EXPECT_EQ(ask({.channel = 2}), EINVAL);
    EXPECT_EQ(ask({.bar = UPCIEDEV_NR_BARS}), EINVAL);
    EXPECT_EQ(ask({.bar = 3}), ENXIO);
    EXPECT_EQ(ask({.timeout_ms = 0}), EINVAL);
    EXPECT_EQ(ask({.timeout_ms = UPCIEDEV_DMA_MAX_MS + 1}), EINVAL);
    EXPECT_EQ(ask({.from_slot = the(role::memory).info.slot}), EINVAL) << "it has no engine";
    EXPECT_EQ(ask({.bar = registers_bar}), EACCES);
    EXPECT_EQ(result().reason, unsigned{UPCIEDEV_REASON_WINDOW});
    EXPECT_EQ(ask({.to_slot = the(role::spare_edu).info.slot, .bar = registers_bar}), EACCES);
    EXPECT_EQ(result().reason, unsigned{UPCIEDEV_REASON_SELF});
    EXPECT_TRUE(untouched(memory_)) << "something came";
}

TEST_F(peer_plugin, ReadingAPeerIsForTheAdministratorToAllow) {
    EXPECT_EQ(ask({.channel = to_board}), EACCES);
    EXPECT_EQ(result().reason, unsigned{UPCIEDEV_REASON_READ});
    const policy reads{"peer_reads", true};
    EXPECT_EQ(ask({.channel = to_board}), 0);
    std::vector<unsigned char> received(16);
    ASSERT_EQ(transfer(channel_of(edu_, from_board), 0, received.data(), received.size()), 0);
    EXPECT_EQ(received, std::vector<unsigned char>(16, blank_byte));
}

TEST_F(peer_plugin, ALeaseIsAlwaysAnothers) {
    upciedev_peer_lease lease{};
    lease.bar = memory_bar;
    lease.length = 4096;
    ASSERT_EQ(control(memory_.get(), UPCIEDEV_PEER_LEASE, &lease), 0);
    file taken{lease.fd};
    EXPECT_EQ(ask({.peer_offset = 4095}), EBUSY);
    EXPECT_TRUE(untouched(memory_)) << "something came";
    EXPECT_EQ(ask({.peer_offset = 4096}), 0);
    taken.close();
    EXPECT_EQ(ask({.peer_offset = 4095}), 0);
}

TEST_F(peer_plugin, AClaimOfThePeerKeepsItOut) {
    upciedev_claim claim{};
    claim.op = UPCIEDEV_CLAIM_TAKE;
    ASSERT_EQ(control(memory_.get(), UPCIEDEV_CLAIM, &claim), 0);
    file taken{claim.lease};
    EXPECT_EQ(ask({}), EBUSY);
    EXPECT_TRUE(untouched(memory_)) << "something came";
    taken.close();
    EXPECT_EQ(ask({}), 0);
}

// edu has no stop, but comes to rest by itself.
TEST_F(peer_plugin, TimeOutEndsIt) {
    EXPECT_EQ(ask({.length = all_bytes, .timeout_ms = 10}), ETIMEDOUT);
    EXPECT_EQ(result().done, 0U);
}

// Each takes 100 ms: whatever happens does so during one, or between two, of boards that are held
// since an earlier one.
batch_result until_it_ends() {
    int error = 0;
    for (int i = 0; i < 50 && error == 0; ++i)
        error = ask({.from_slot = held, .to_slot = held, .length = all_bytes});
    return {error, 0};
}

TEST_F(peer_plugin, ASignalEndsIt) {
    ASSERT_EQ(ask({}), 0);
    background busy{until_it_ends};
    busy.interrupt();
    EXPECT_EQ(busy.join().error, EINTR);
    EXPECT_EQ(ask({}), 0);
}

TEST_F(peer_plugin, AKillEndsIt) {
    child busy{[] {
        for (;;)
            ask({.length = all_bytes});
        return 0;
    }};
    await_call(busy);
    EXPECT_EQ(busy.kill(), killed_by(SIGKILL));
    EXPECT_EQ(ask({}), 0);
}

TEST_F(peer_plugin, APeerThatLeavesEndsIt) {
    ASSERT_EQ(ask({}), 0);
    background busy{until_it_ends};
    const unbound gone{the(role::memory)};
    EXPECT_EQ(busy.join().error, EHOSTDOWN);
    EXPECT_EQ(ask({.from_slot = held, .to_slot = held}), EHOSTDOWN) << "it is stale for ever";
    EXPECT_EQ(ask({}), ENOENT);
}

TEST_F(peer_plugin, AnInitiatorThatLeavesEndsIt) {
    ASSERT_EQ(ask({}), 0);
    background busy{until_it_ends};
    const unbound gone{the(role::spare_edu)};
    EXPECT_EQ(busy.join().error, ENODEV);
    EXPECT_EQ(ask({.from_slot = held, .to_slot = held}), ENODEV) << "it is stale for ever";
    EXPECT_EQ(ask({}), ENOENT);
}

TEST_F(peer_plugin, AChannelIsOpenOnlyMeanwhile) {
    const auto before = counters();
    ASSERT_EQ(ask({}), 0);
    EXPECT_EQ(counters().at("dma_files"), before.at("dma_files"));
}

// The module's transfer belongs to no file, so that there is no holder.
TEST_F(peer_plugin, KeepsOthersFromClaimingTheBoardThatItWritesInto) {
    std::atomic<bool> enough = false;
    background writer{[&] {
        int error = 0; // EBUSY: the claim that is tried was taken for a moment
        while ((error == 0 || error == EBUSY) && !enough)
            error = ask({.length = all_bytes});
        return batch_result{error, 0};
    }};
    upciedev_claim claim{};
    int refused = 0;
    EXPECT_TRUE(eventually([&] {
        claim = {};
        claim.op = UPCIEDEV_CLAIM_TAKE;
        refused = control(memory_.get(), UPCIEDEV_CLAIM, &claim);
        if (refused == 0) ::close(claim.lease);
        return refused == EBUSY || writer.ended();
    }));
    EXPECT_EQ(refused, EBUSY);
    EXPECT_EQ(claim.state, std::uint32_t{UPCIEDEV_CLAIM_DMA});
    EXPECT_EQ(claim.holder, 0);
    enough = true;
    const int error = writer.join().error;
    EXPECT_TRUE(error == 0 || error == EBUSY) << error;
}

} // namespace peer_plugin_test
} // namespace raw
