// SPDX-License-Identifier: BSD-3-Clause
// Peer to peer between models: digitizer to I/O carrier, long transfers, engines that are ill, and
// either end leaving in the midst. Runs in the boot for DMA, see tests/guest/runs.toml.
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <thread>

namespace raw {
namespace peer_models_test {

using namespace std::chrono_literals;

constexpr unsigned samples_bar = 2, window_bar = 4;
constexpr std::uint64_t window_bytes = 1U << 20U;

upciedev_peer_route way_of(const file& from, const file& to) {
    upciedev_peer_route what{};
    what.size = sizeof(what);
    what.peer = to.get();
    what.bar = window_bar;
    EXPECT_EQ(control(from.get(), UPCIEDEV_PEER_ROUTE, &what), 0);
    return what;
}

// A file of the board as it is now; it may still be on its way back.
file reopened(role which) {
    int fd = -1;
    if (!eventually([&] { return (fd = ::open(the(which).node.c_str(), O_RDWR)) >= 0; }))
        throw std::runtime_error("it does not come back: " + the(which).node);
    return file{fd};
}

void force_iova(bool on) {
    write_file("/sys/module/upciedev/parameters/force_iova", on ? "Y" : "N");
}

// QEMU sends all DMA through its IOMMU, if it has one.
class peer_models : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const auto way = way_of(open_board(role::digitizer), open_board(role::carrier));
        translated_ = (way.flags & UPCIEDEV_ROUTE_TRANSLATED) != 0;
        force_iova(translated_);
    }
    static void TearDownTestSuite() { force_iova(false); }
    static std::uint32_t expected_route() {
        return translated_ ? UPCIEDEV_ROUTE_ROOT_IOMMU : UPCIEDEV_ROUTE_DIRECT;
    }
    void SetUp() override { open(); }
    void open() {
        digitizer_ = open_board(role::digitizer);
        carrier_ = open_board(role::carrier);
        auto [error, channel] = open_channel(digitizer_, 0);
        ASSERT_EQ(error, 0);
        channel_ = std::move(channel);
    }
    void fill_samples(std::size_t bytes, std::uint64_t seed) const {
        const map samples{digitizer_.get(), UPCIEDEV_POS(samples_bar, 0), bytes};
        fill({samples.bytes(), bytes}, seed);
    }
    std::size_t first_difference(std::uint64_t at, std::size_t bytes, std::uint64_t seed) const {
        const map window{carrier_.get(), UPCIEDEV_POS(window_bar, 0), window_bytes};
        return mismatch({window.bytes() + at, bytes}, filled(bytes, seed));
    }
    upciedev_dma_peer to_carrier(std::uint64_t at, std::uint64_t length) const {
        upciedev_dma_peer what{};
        what.peer = carrier_.get();
        what.bar = window_bar;
        what.peer_offset = at;
        what.length = length;
        what.timeout_ms = patient_ms;
        return what;
    }
    int move(upciedev_dma_peer& what) const {
        return control(channel_.get(), UPCIEDEV_DMA_PEER, &what);
    }

    static inline bool translated_ = false;
    file digitizer_, carrier_, channel_;
};

class peer_blocked : public peer_models {};

// The switch would turn them round; QEMU's IOMMU does not know the address and says so.
TEST_F(peer_blocked, AnAddressThatNobodyMappedIsBlocked) {
    ASSERT_TRUE(translated_) << "for a boot with an IOMMU";
    expect_kernel_message("DMAR");
    fill_samples(4096, 11);
    auto what = to_carrier(0, 4096);
    ASSERT_EQ(move(what), 0);
    fill_samples(4096, 12);
    force_iova(false);
    EXPECT_EQ(way_of(digitizer_, carrier_).route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    EXPECT_EQ(move(what), EIO);
    force_iova(true);
    EXPECT_EQ(first_difference(0, 4096, 11), 4096U) << "something arrived";
}

TEST_F(peer_models, DigitizerWritesIntoTheCarrier) {
    fill_samples(window_bytes, 1);
    auto all = to_carrier(0, window_bytes);
    ASSERT_EQ(move(all), 0);
    EXPECT_EQ(all.done, window_bytes);
    EXPECT_EQ(all.route, expected_route());
    EXPECT_EQ(first_difference(0, window_bytes, 1), window_bytes);
    fill_samples(4096, 2);
    auto some = to_carrier(window_bytes - 1000, 1000);
    ASSERT_EQ(move(some), 0);
    EXPECT_EQ(first_difference(window_bytes - 1000, 1000, 2), 1000U);
    auto odd = to_carrier(2, 1000);
    EXPECT_EQ(move(odd), EINVAL) << "its engine moves words";
    auto long_one = to_carrier(4, window_bytes);
    EXPECT_EQ(move(long_one), ERANGE);
}

TEST_F(peer_models, DigitizersWriteIntoEachOther) {
    const auto other = open_board(role::second_digitizer);
    auto [error, back] = open_channel(other, 0);
    ASSERT_EQ(error, 0);
    fill_samples(65536, 3);
    upciedev_dma_peer there{}, here{};
    there.peer = other.get();
    here.peer = digitizer_.get();
    there.bar = here.bar = samples_bar;
    there.length = here.length = 65536;
    there.timeout_ms = here.timeout_ms = patient_ms;
    here.peer_offset = 1U << 20U;
    int first = 0;
    std::thread one{[&] { first = move(there); }};
    EXPECT_EQ(control(back.get(), UPCIEDEV_DMA_PEER, &here), 0);
    one.join();
    EXPECT_EQ(first, 0);
    const map samples{other.get(), UPCIEDEV_POS(samples_bar, 0), 65536};
    EXPECT_EQ(mismatch({samples.bytes(), 65536}, filled(65536, 3)), 65536U);
}

TEST_F(peer_models, AClaimOfThePeerKeepsOthersOut) {
    const auto other = open_board(role::carrier);
    upciedev_claim claim{};
    claim.op = UPCIEDEV_CLAIM_TAKE;
    ASSERT_EQ(control(other.get(), UPCIEDEV_CLAIM, &claim), 0);
    const file lease{claim.lease};
    auto what = to_carrier(0, 64);
    EXPECT_EQ(move(what), EBUSY);
    what.peer = other.get();
    EXPECT_EQ(move(what), 0);
}

// Memory of a board that none of us made, under the generic driver
TEST_F(peer_models, DigitizerWritesIntoTheBufferOfAnNvme) {
    constexpr std::uint64_t bytes = 300'000;
    offer_memory({&the(role::nvme)});
    {
        const auto nvme = open_board(role::nvme);
        const map buffer{nvme.get(), UPCIEDEV_POS(memory_bar, 0), window_bytes};
        fill({buffer.bytes(), window_bytes}, 20);
        fill_samples(bytes, 21);
        auto what = to_carrier(4096, bytes);
        what.peer = nvme.get();
        what.bar = memory_bar;
        EXPECT_EQ(move(what), 0);
        EXPECT_EQ(what.route, expected_route());
        EXPECT_EQ(mismatch({buffer.bytes() + 4096, bytes}, filled(bytes, 21)), bytes);
        auto around = filled(window_bytes, 20);
        fill(std::span(around).subspan(4096, bytes), 21);
        EXPECT_EQ(mismatch({buffer.bytes(), window_bytes}, around), window_bytes);
    }
    offer_no_more();
}

// The engine goes on after "stop": when the carrier has left, nothing may arrive in its memory.
TEST_F(peer_models, NothingArrivesAfterThePeerHasLeft) {
    expect_kernel_message("does not stop: cut off from the bus");
    fill_samples(65536, 5);
    fault runs_on{the(role::digitizer), "engine_runs_on"};
    auto what = to_carrier(0, 65536);
    background busy{[&] { return batch_result{move(what), 0}; }};
    unbind(the(role::carrier));
    EXPECT_EQ(busy.join().error, EHOSTDOWN);
    runs_on.switch_off();
    bind(the(role::carrier));
    carrier_ = open_board(role::carrier);
    const map window{carrier_.get(), UPCIEDEV_POS(window_bar, 0), window_bytes};
    fill({window.bytes(), 65536}, 6);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(first_difference(0, 65536, 6), 65536U) << "written after the engine was cut off";
    // The digitizer was reset meanwhile, and works
    (void)reopened(role::digitizer);
    open();
    fill_samples(4096, 7);
    auto after = to_carrier(0, 4096);
    ASSERT_EQ(move(after), 0);
    EXPECT_EQ(first_difference(0, 4096, 7), 4096U);
}

enum class means { unbind, remove, reset };

void take_away(role which, means how) {
    const auto& leaver = the(which);
    if (how == means::unbind) unbind(leaver);
    if (how == means::remove) write_file("/sys/bus/pci/devices/" + leaver.address + "/remove", "1");
    if (how == means::reset) {
        EXPECT_EQ(control(reopened(which).get(), UPCIEDEV_RESET, nullptr), 0);
    }
}

void give_back(role which, means how) {
    if (how == means::unbind) bind(the(which));
    if (how == means::remove) { // The boot may have boards elsewhere that this run is not to see.
        const auto bus = the(which).address.substr(0, sizeof("0000:00") - 1);
        write_file("/sys/class/pci_bus/" + bus + "/rescan", "1");
    }
}

unsigned long number_from(const char* variable, unsigned long otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::stoul(text) : otherwise;
}

class peer_removals : public peer_models {
  protected:
    void SetUp() override {}
    // Transfers until an end leaves, as is rolled; once it has, nothing may arrive any more.
    void round(std::mt19937_64& dice) {
        digitizer_ = reopened(role::digitizer);
        carrier_ = reopened(role::carrier);
        channel_ = open_channel(digitizer_, 0).channel;
        const bool target = dice() % 2 == 0;
        const auto which = target ? role::carrier : role::digitizer;
        const auto how = static_cast<means>(dice() % 3);
        const std::chrono::microseconds moment{dice() % 40'000};
        std::optional<fault> runs_on; // it goes on after "stop"
        if (dice() % 4 == 0) runs_on.emplace(the(role::digitizer), "engine_runs_on");
        int error = 0;
        std::thread busy{[&] {
            auto what = to_carrier(0, window_bytes);
            while (error == 0)
                error = move(what);
        }};
        std::this_thread::sleep_for(moment);
        take_away(which, how);
        if (!target) poison();
        busy.join();
        EXPECT_EQ(error, target ? EHOSTDOWN : ENODEV);
        give_back(which, how);
        carrier_ = reopened(role::carrier);
        if (target) poison();
        std::this_thread::sleep_for(runs_on ? 50ms : 2ms);
        EXPECT_EQ(first_difference(0, window_bytes, poison_seed), window_bytes) << "it went on";
    }
    void poison() const {
        const map window{carrier_.get(), UPCIEDEV_POS(window_bar, 0), window_bytes};
        fill({window.bytes(), window_bytes}, poison_seed);
    }
    static constexpr std::uint64_t poison_seed = 99;
};

TEST_F(peer_removals, EitherEndLeavesAtAnyMoment) {
    expect_kernel_message("does not stop: cut off from the bus");
    constexpr unsigned rounds = 50;
    const auto seed = number_from("UPCIEDEV_PEER_SEED", std::random_device{}());
    std::cout << "UPCIEDEV_PEER_SEED=" << seed << '\n';
    std::mt19937_64 dice{seed};
    const auto before = counters();
    for (unsigned i = 0; i < rounds; ++i) {
        SCOPED_TRACE("removal " + std::to_string(i) +
                     ", UPCIEDEV_PEER_SEED=" + std::to_string(seed));
        ASSERT_NO_FATAL_FAILURE(round(dice));
        if (HasFailure()) break;
    }
    digitizer_.close();
    carrier_.close();
    channel_.close();
    EXPECT_EQ(counters(), before);
}

} // namespace peer_models_test
} // namespace raw
