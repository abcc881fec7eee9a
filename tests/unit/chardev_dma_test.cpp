// SPDX-License-Identifier: BSD-3-Clause
// DMA channels of the driver, which this test plays.
#include "transport/driver/chardev.hpp"
#include "transport/driver/chardev_dma.hpp"

#include <linux/upciedev.h>
#include <upciedev/error.hpp>
#include <upciedev/extend/memory_transport.hpp>

#include <gmock/gmock.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <sys/mman.h>
#include <vector>

namespace {
int peer_node = -1;
} // namespace

namespace upciedev::inline v1::detail {

/// The driver that this test plays has one node.
int node_of(transport& /*way*/) noexcept {
    return peer_node;
}

} // namespace upciedev::inline v1::detail

namespace {

using namespace upciedev;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int node = 1000, channel_file = 1001;
constexpr std::uint64_t page = 4096;

struct fake_driver {
    upciedev_dma_info info{};
    int info_error = 0, open_error = 0, call_error = 0;
    std::vector<unsigned long> calls;
    upciedev_dma_transfer transfer{};
    upciedev_dma_start start{};
    upciedev_dma_ring ring{};
    upciedev_dma_peer peer{};
    upciedev_dma_peer_ring peer_ring{};
    std::vector<std::uint32_t> given;
    upciedev_dma_exchange exchange{};
    alignas(page) std::array<std::byte, 4 * page> memory{}; // head, then three frames
    int open_maps = 0, open_files = 0;
    bool head_is_writable = false;
};

fake_driver* driver = nullptr;

int fail(int number) {
    if (number == 0) return 0;
    errno = number;
    return -1;
}

template <class T>
T& as(void* argument) {
    return *static_cast<T*>(argument);
}

int open_channel(upciedev_dma_open& what) {
    if (driver->open_error != 0) return fail(driver->open_error);
    what.fd = channel_file;
    ++driver->open_files;
    return 0;
}

int make_ring(upciedev_dma_ring& what) {
    driver->ring = what;
    what.head_length = page;
    what.position = page;
    what.step = page;
    return fail(driver->call_error);
}

int exchange(const upciedev_dma_exchange& what) {
    driver->exchange = what;
    const auto* indices = reinterpret_cast<const std::uint32_t*>(what.indices);
    driver->given.assign(indices, indices + what.count);
    return fail(driver->call_error);
}

int of_node(unsigned long request, void* argument) {
    if (request == UPCIEDEV_DMA_INFO) {
        auto& info = as<upciedev_dma_info>(argument);
        const auto asked = info;
        info = driver->info;
        return asked.size == sizeof info ? fail(driver->info_error) : fail(EINVAL);
    }
    return request == UPCIEDEV_DMA_OPEN ? open_channel(as<upciedev_dma_open>(argument))
                                        : fail(ENOTTY);
}

int of_channel(unsigned long request, void* argument) {
    driver->calls.push_back(request);
    if (request == UPCIEDEV_DMA_RING) return make_ring(as<upciedev_dma_ring>(argument));
    if (request == UPCIEDEV_DMA_EXCHANGE) return exchange(as<upciedev_dma_exchange>(argument));
    if (request == UPCIEDEV_DMA_START) driver->start = as<upciedev_dma_start>(argument);
    if (request == UPCIEDEV_DMA_TRANSFER) {
        auto& what = as<upciedev_dma_transfer>(argument);
        driver->transfer = what;
        what.done = 77;
        what.bounced = 3;
    }
    if (request == UPCIEDEV_DMA_PEER) {
        auto& what = as<upciedev_dma_peer>(argument);
        driver->peer = what;
        what.done = 66;
        what.route = UPCIEDEV_ROUTE_ROOT;
        what.reason = UPCIEDEV_REASON_ACS;
    }
    if (request == UPCIEDEV_DMA_PEER_RING) {
        driver->peer_ring = as<upciedev_dma_peer_ring>(argument);
        as<upciedev_dma_peer_ring>(argument).head_length = page;
    }
    return fail(driver->call_error);
}

} // namespace

extern "C" {

int fake_ioctl(int file, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    return file == node ? of_node(request, argument) : of_channel(request, argument);
}

int fake_close(int) {
    --driver->open_files;
    return 0;
}

void* fake_mmap(void*, std::size_t length, int rights, int, int file, off_t position) {
    const auto from = static_cast<std::uint64_t>(position);
    if (file != channel_file || from + length > driver->memory.size()) return MAP_FAILED;
    if (from == 0 && (rights & PROT_WRITE) != 0) driver->head_is_writable = true;
    ++driver->open_maps;
    return &driver->memory.at(from);
}

int fake_munmap(void*, std::size_t) {
    --driver->open_maps;
    return 0;
}

} // extern "C"

namespace {

class other_board final : public memory_transport {
  public:
    [[nodiscard]] std::string name() const override { return "other"; }
    [[nodiscard]] board_identity identity() const override { return {}; }
    [[nodiscard]] bar_facts bar(unsigned /*index*/) const override { return {}; }
    [[nodiscard]] bool writable() const noexcept override { return true; }
    volatile std::byte* map(unsigned /*bar*/, std::uint64_t /*offset*/, std::uint64_t /*length*/,
                            bool /*for_writing*/) noexcept override {
        return nullptr;
    }
    [[nodiscard]] bool gone() const noexcept override { return false; }
};

class chardev_dma_test : public testing::Test {
  protected:
    chardev_dma_test() {
        driver = &fake_;
        std::strcpy(fake_.info.name, "read");
        fake_.info.alignment = 4;
        fake_.info.address_bits = 40;
        fake_.info.max_length = 65536;
        fake_.info.memory = 1U << 20U;
        fake_.info.flags = UPCIEDEV_DMA_STOPPABLE;
    }
    static std::unique_ptr<dma_source> open() {
        return detail::open_driver_channel(node, 3, "0000:03:00.0");
    }
    template <class Act>
    static errc refused(const Act& act) {
        try {
            act();
        } catch (const error& reason) {
            return reason.kind();
        }
        return {};
    }

    fake_driver fake_;
};

TEST_F(chardev_dma_test, tells_what_the_driver_knows) {
    const auto channel = open();
    EXPECT_EQ(channel->facts().name, "read");
    EXPECT_FALSE(channel->facts().to_board);
    EXPECT_TRUE(channel->facts().stoppable);
    EXPECT_EQ(channel->facts().alignment, 4U);
    EXPECT_EQ(channel->facts().address_bits, 40U);
    EXPECT_EQ(channel->facts().max_length, 65536U);
    EXPECT_EQ(channel->facts().memory, 1U << 20U);
    EXPECT_EQ(channel->descriptor(), channel_file);
    EXPECT_TRUE(detail::knows_channels(node));
}

TEST_F(chardev_dma_test, closes_its_file) {
    { const auto channel = open(); }
    EXPECT_EQ(fake_.open_files, 0);
}

TEST_F(chardev_dma_test, says_why_a_channel_cannot_be_opened) {
    const auto why = [&](int info_error, int open_error) {
        fake_.info_error = info_error;
        fake_.open_error = open_error;
        return refused([] { std::ignore = open(); });
    };
    EXPECT_EQ(why(EINVAL, 0), errc::not_supported);
    EXPECT_FALSE(detail::knows_channels(node));
    EXPECT_EQ(why(ENODEV, 0), errc::board_gone);
    EXPECT_EQ(why(0, EOPNOTSUPP), errc::not_supported);
    EXPECT_EQ(why(0, EDQUOT), errc::busy);
    EXPECT_EQ(why(0, EBADF), errc::not_permitted);
    EXPECT_EQ(why(0, EBUSY), errc::busy);
    EXPECT_EQ(why(0, ENODEV), errc::board_gone);
}

TEST_F(chardev_dma_test, hands_transfers_to_the_driver_as_they_are) {
    const auto channel = open();
    dma_transfer what;
    what.offset = 0x1'0000'0004;
    what.address = 0x1234;
    what.length = 99;
    what.timeout_ms = 17;
    EXPECT_FALSE(channel->transfer(what));
    EXPECT_EQ(fake_.transfer.offset, 0x1'0000'0004U);
    EXPECT_EQ(fake_.transfer.address, 0x1234U);
    EXPECT_EQ(fake_.transfer.length, 99U);
    EXPECT_EQ(fake_.transfer.timeout_ms, 17U);
    EXPECT_EQ(what.done, 77U);
    EXPECT_EQ(what.bounced, 3U);
    for (const int failed : {ENODEV, ETIMEDOUT, EINTR, ECANCELED, EIO, ENOMEM, EBUSY}) {
        fake_.call_error = failed;
        EXPECT_EQ(channel->transfer(what), std::error_code(failed, std::generic_category()));
    }
    channel->cancel();
    EXPECT_EQ(fake_.calls.back(), UPCIEDEV_DMA_CANCEL);
}

TEST_F(chardev_dma_test, maps_the_ring_and_keeps_it_beyond_the_file) {
    dma_ring ring;
    {
        const auto channel = open();
        EXPECT_FALSE(channel->make_ring(4000, 3, ring));
        EXPECT_EQ(fake_.ring.frame_length, 4000U);
        EXPECT_EQ(fake_.ring.frames, 3U);
    }
    EXPECT_EQ(fake_.open_files, 0);
    EXPECT_EQ(fake_.open_maps, 2);
    EXPECT_FALSE(fake_.head_is_writable);
    EXPECT_EQ(static_cast<const void*>(ring.head), fake_.memory.data());
    EXPECT_EQ(static_cast<const void*>(ring.queue), fake_.memory.data() + 64);
    EXPECT_EQ(ring.frames, &fake_.memory.at(page));
    EXPECT_EQ(ring.step, page);
    ring = {};
    EXPECT_EQ(fake_.open_maps, 0);
}

TEST_F(chardev_dma_test, refuses_a_ring_that_cannot_be_mapped) {
    const auto channel = open();
    dma_ring ring;
    errno = ENOMEM;
    EXPECT_TRUE(channel->make_ring(4096, 100, ring));
    EXPECT_EQ(ring.frames, nullptr);
    EXPECT_EQ(fake_.open_maps, 0);
    fake_.call_error = ENOMEM;
    EXPECT_EQ(channel->make_ring(4096, 3, ring), std::errc::not_enough_memory);
}

TEST_F(chardev_dma_test, starts_stops_and_exchanges) {
    const auto channel = open();
    dma_start how;
    how.offset = 1;
    how.step = 2;
    how.count = 3;
    how.causes = 4;
    how.timeout_ms = 5;
    EXPECT_FALSE(channel->start(how));
    EXPECT_EQ(fake_.start.offset, 1U);
    EXPECT_EQ(fake_.start.step, 2U);
    EXPECT_EQ(fake_.start.count, 3U);
    EXPECT_EQ(fake_.start.causes, 4U);
    EXPECT_EQ(fake_.start.timeout_ms, 5U);
    const std::array<std::uint32_t, 2> back{2, 0};
    EXPECT_FALSE(channel->exchange(back, 100, 7));
    EXPECT_THAT(fake_.given, ElementsAre(2U, 0U));
    EXPECT_EQ(fake_.exchange.timeout_ms, 100U);
    EXPECT_EQ(fake_.exchange.seen, 7U);
    fake_.call_error = ENODATA;
    EXPECT_EQ(channel->exchange({}, 100, 7), std::errc::no_message_available);
    fake_.call_error = 0;
    EXPECT_FALSE(channel->stop());
    EXPECT_EQ(fake_.calls.back(), UPCIEDEV_DMA_STOP);
}

TEST_F(chardev_dma_test, names_the_peer_by_its_open_file) {
    other_board peer;
    const auto channel = open();
    dma_peer_transfer what;
    what.offset = 1;
    what.peer_offset = 2;
    what.length = 3;
    what.bar = 4;
    what.timeout_ms = 5;
    EXPECT_EQ(channel->transfer_with_peer(what, peer), std::errc::cross_device_link);
    EXPECT_TRUE(fake_.calls.empty()) << "what the driver does not know is not asked for";
    peer_node = 1007;
    EXPECT_FALSE(channel->transfer_with_peer(what, peer));
    EXPECT_EQ(fake_.peer.peer, 1007);
    EXPECT_EQ(fake_.peer.offset, 1U);
    EXPECT_EQ(fake_.peer.peer_offset, 2U);
    EXPECT_EQ(fake_.peer.length, 3U);
    EXPECT_EQ(fake_.peer.bar, 4U);
    EXPECT_EQ(fake_.peer.timeout_ms, 5U);
    EXPECT_EQ(what.done, 66U);
    EXPECT_EQ(what.way, static_cast<std::uint32_t>(peer_way::root_complex));
    EXPECT_EQ(what.reason, static_cast<std::uint32_t>(peer_reason::acs));
    fake_.call_error = EHOSTDOWN;
    EXPECT_EQ(channel->transfer_with_peer(what, peer).value(), EHOSTDOWN);
    peer_node = -1;
}

TEST_F(chardev_dma_test, maps_only_the_head_of_a_ring_in_a_peer) {
    other_board peer;
    dma_ring made;
    {
        const auto channel = open();
        dma_peer_ring how;
        how.frame_length = how.step = 4096;
        how.frames = 3;
        how.peer_offset = 8192;
        EXPECT_EQ(channel->make_peer_ring(how, peer, made), std::errc::cross_device_link);
        peer_node = 1007;
        EXPECT_FALSE(channel->make_peer_ring(how, peer, made));
        peer_node = -1;
        EXPECT_EQ(fake_.peer_ring.peer, 1007);
        EXPECT_EQ(fake_.peer_ring.peer_offset, 8192U);
    }
    EXPECT_EQ(made.frames, nullptr);
    EXPECT_EQ(made.step, 4096U);
    EXPECT_EQ(static_cast<const void*>(made.head), fake_.memory.data());
    EXPECT_EQ(fake_.open_maps, 1);
    EXPECT_FALSE(fake_.head_is_writable);
    made = {};
    EXPECT_EQ(fake_.open_maps, 0);
}

} // namespace
