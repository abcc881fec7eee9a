// SPDX-License-Identifier: BSD-3-Clause
// The driver behind a host bridge that is not of QEMU: where bus addresses are not those of the
// CPU, and where switch ports have ACS. Runs with tests/guest/hostbridge, see
// tests/guest/runs.toml.
#include "emulated_crate.hpp"
#include "modules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include <unistd.h>

namespace raw {
namespace host_bridge_test {

using namespace emulated;
using namespace std::chrono_literals;

constexpr unsigned from_slot = 21, to_slot = 22;
constexpr std::uint32_t no_port = ~0U;

std::uint32_t devfn_of_port(unsigned slot) {
    return (slot - first_slot) << 3U;
}

class host_bridge : public testing::Test {
  protected:
    static void SetUpTestSuite() { load(); }
    static void TearDownTestSuite() { unload(); }
    void SetUp() override { boards_.emplace(from_slot, to_slot); }
    void TearDown() override {
        boards_.reset();
        root_passes(false);
    }
    const pair& boards() const { return *boards_; }

    // Writes a pattern into both memories; returns what the target holds now.
    std::vector<std::byte> prepare() const {
        fill_memory(boards().source, ++seed_);
        fill_memory(boards().target, ++seed_);
        return memory_of(boards().target);
    }
    // The target's memory after @p length bytes of the source came to @p at.
    std::vector<std::byte> expected(std::vector<std::byte> memory, std::uint64_t at,
                                    std::size_t length) const {
        const auto sent = memory_of(boards().source);
        std::copy_n(sent.begin(), length, memory.begin() + static_cast<std::ptrdiff_t>(at));
        return memory;
    }
    void expect_arrives(std::uint64_t at, std::size_t length, std::uint32_t route) const {
        const auto before = prepare();
        const auto landed = counter(to_slot, "landed");
        auto what = boards().request(at, length);
        ASSERT_EQ(boards().move(what), 0);
        EXPECT_EQ(what.route, route);
        EXPECT_EQ(what.done, length);
        EXPECT_EQ(counter(to_slot, "landed"), landed + length);
        const auto wanted = expected(before, at, length);
        EXPECT_EQ(mismatch(memory_of(boards().target), wanted), memory_bytes);
    }
    // Neither asked for nor got: refused, and the target saw nothing.
    void expect_refused(std::uint32_t reason, std::uint32_t port_devfn = no_port) const {
        const auto way = boards().route();
        EXPECT_EQ(way.route, unsigned{UPCIEDEV_ROUTE_REFUSED});
        EXPECT_EQ(way.reason, reason);
        if (port_devfn != no_port) {
            EXPECT_EQ(way.flags & UPCIEDEV_ROUTE_BRIDGE, unsigned{UPCIEDEV_ROUTE_BRIDGE});
            EXPECT_EQ(way.domain, domain);
            EXPECT_EQ(way.bus, 2U);
            EXPECT_EQ(way.devfn, port_devfn);
        }
        const auto before = prepare();
        const auto landed = counter(to_slot, "landed");
        auto what = boards().request(0, 4096);
        EXPECT_EQ(boards().move(what), EACCES);
        EXPECT_EQ(what.done, 0U);
        EXPECT_EQ(what.reason, reason);
        EXPECT_EQ(counter(to_slot, "landed"), landed);
        EXPECT_EQ(mismatch(memory_of(boards().target), before), memory_bytes);
    }

    static inline std::uint64_t seed_ = 0;
    std::optional<pair> boards_;
};

TEST_F(host_bridge, SlotsAreOfItsDomain) {
    for (auto slot = first_slot; slot <= last_slot; ++slot) {
        const auto board = at_slot(slot);
        EXPECT_EQ(board.info.domain, domain);
        EXPECT_EQ(board.info.slot, slot);
    }
}

TEST_F(host_bridge, BusAddressesAreNotTheCpus) {
    const auto target = at_slot(to_slot);
    EXPECT_EQ(bus_address(target, memory_bar) - cpu_address(target, memory_bar),
              0xd0000000U - 0x18000000U);
}

// peer.gen.h, as upciedev-gencard makes it of `guards: {rest: true}` and `guard: admin`.
TEST_F(host_bridge, GuardsOfAGeneratedCard) {
    constexpr unsigned regs = 0;
    constexpr std::uint64_t scratch = 0x4, not_described = 0x8, host = 0x80, flash = 0xf00;
    const auto write = [](std::uint64_t at) {
        return [at] { return write32(open_slot(from_slot).get(), regs, at, 0); };
    };
    const auto read = [](std::uint64_t at) {
        std::uint32_t value = 0;
        return read32(open_slot(from_slot).get(), regs, at, value);
    };
    EXPECT_EQ(write(scratch)(), 0);
    EXPECT_EQ(write(not_described)(), EPERM);
    EXPECT_EQ(read(not_described), EPERM);
    EXPECT_EQ(write(host)(), EPERM);
    EXPECT_EQ(read(host), 0);
    EXPECT_EQ(write(flash)(), 0);
    EXPECT_EQ(in_child_without_rawio(write(flash)), EPERM);
    EXPECT_EQ(in_child_without_rawio(write(scratch)), 0);
}

TEST_F(host_bridge, DirectTransfersArriveUnderAnOffset) {
    const auto way = boards().route();
    EXPECT_EQ(way.route, unsigned{UPCIEDEV_ROUTE_DIRECT});
    EXPECT_EQ(way.domain, domain);
    EXPECT_EQ(way.bus, 1U) << "the switch's upstream port";
    const auto by_switch = counter(from_slot, "through_switch");
    const auto ended = counter("root_unsupported");
    expect_arrives(0, memory_bytes, UPCIEDEV_ROUTE_DIRECT);
    expect_arrives(4099, 1001, UPCIEDEV_ROUTE_DIRECT);
    expect_arrives(memory_bytes - 1, 1, UPCIEDEV_ROUTE_DIRECT);
    EXPECT_EQ(counter(from_slot, "through_switch"), by_switch + memory_bytes + 1002);
    EXPECT_EQ(counter("root_unsupported"), ended);
}

TEST_F(host_bridge, FramesArriveUnderAnOffset) {
    const auto before = prepare();
    upciedev_dma_peer_ring ring{};
    ring.frame_length = ring.step = 4096;
    ring.frames = 4;
    ring.peer_offset = 8192;
    ring.bar = memory_bar;
    ring.peer = boards().target.get();
    ASSERT_EQ(control(boards().channel.get(), UPCIEDEV_DMA_PEER_RING, &ring), 0);
    ASSERT_EQ(start(boards().channel, start_of(0, 4096, 4)), 0);
    for (std::uint64_t seen = 0; seen < 4; ++seen)
        ASSERT_EQ(exchange(boards().channel, {}, seen), 0);
    EXPECT_EQ(mismatch(memory_of(boards().target), expected(before, 8192, 16384)), memory_bytes);
}

TEST_F(host_bridge, MemoryOfTheHostIsReachedAsEver) {
    prepare();
    const auto in_memory = counter(from_slot, "to_memory");
    std::vector<std::byte> received(100'001);
    ASSERT_EQ(transfer(boards().channel, 0, received.data(), received.size()), 0);
    EXPECT_EQ(mismatch(received, memory_of(boards().source)), received.size());
    EXPECT_EQ(counter(from_slot, "to_memory"), in_memory + received.size());
}

TEST_F(host_bridge, BoardsOfAllSlotsReachEachOther) {
    for (auto from = first_slot; from <= last_slot; ++from)
        for (auto to = first_slot; to <= last_slot; ++to) {
            if (from == to) continue;
            const pair both{from, to};
            fill_memory(both.source, from * 10 + to);
            ASSERT_EQ(both.move(0, memory_bytes), 0);
            EXPECT_EQ(mismatch(memory_of(both.target), memory_of(both.source)), memory_bytes);
        }
}

// What the seed's story did: an address for the engine by hand, and the wrong kind of it.
class host_bridge_by_hand : public host_bridge {
  protected:
    static constexpr std::uint64_t host = 0x80, offset = 0x88, length = 0x8c, control_at = 0x90,
                                   status = 0x94;
    static void SetUpTestSuite() {
        load();
        load_card("unguard=1");
    }
    void emit(std::uint64_t address, std::uint32_t bytes) const {
        const int fd = boards().source.get();
        auto op = write_op(registers_bar, host, address, 64);
        ASSERT_EQ(run(fd, op).error, 0);
        ASSERT_EQ(write32(fd, registers_bar, offset, 0), 0);
        ASSERT_EQ(write32(fd, registers_bar, length, bytes), 0);
        ASSERT_EQ(write32(fd, registers_bar, control_at, 1), 0);
        auto end = poll_op(registers_bar, control_at, 0, longest_poll);
        ASSERT_EQ(run(fd, end).error, 0);
        std::uint32_t error = 1;
        ASSERT_EQ(read32(fd, registers_bar, status, error), 0);
        EXPECT_EQ(error, 0U) << "an engine does not hear what became of its writes";
    }
    std::uint64_t cpu() const { return cpu_address(at_slot(to_slot), memory_bar); }
    std::uint64_t bus() const { return bus_address(at_slot(to_slot), memory_bar); }
};

TEST_F(host_bridge_by_hand, TheCpusAddressLeadsNowhere) {
    const auto before = prepare();
    const auto landed = counter(to_slot, "landed"), ended = counter("root_unsupported");
    emit(cpu(), 4096);
    EXPECT_EQ(counter("root_unsupported"), ended + 4096 / 256);
    EXPECT_EQ(counter(to_slot, "landed"), landed);
    EXPECT_EQ(mismatch(memory_of(boards().target), before), memory_bytes);
    emit(bus(), 4096);
    EXPECT_EQ(counter("root_unsupported"), ended + 4096 / 256);
    EXPECT_EQ(mismatch(memory_of(boards().target), expected(before, 0, 4096)), memory_bytes);
}

// So it is for good reason that the driver refuses.
TEST_F(host_bridge_by_hand, TheSwitchObeysAcs) {
    const auto before = prepare();
    const auto ended = counter("root_unsupported"), landed = counter(to_slot, "landed");
    const access_control redirect{from_slot, request_redirect};
    emit(bus(), 4096);
    EXPECT_EQ(counter("root_unsupported"), ended + 4096 / 256);
    EXPECT_EQ(counter(to_slot, "landed"), landed);
    EXPECT_EQ(mismatch(memory_of(boards().target), before), memory_bytes);
    root_passes(true);
    emit(bus(), 4096);
    EXPECT_EQ(counter(to_slot, "landed"), landed + 4096);
}

TEST_F(host_bridge_by_hand, ATargetThatDoesNotDecodeCountsItself) {
    const auto ended = counter(to_slot, "unsupported");
    emit(bus() + memory_bytes, 256); // in the port's window, behind the BAR
    EXPECT_EQ(counter(to_slot, "unsupported"), ended + 1);
}

TEST_F(host_bridge, AcsAtTheSourceRefuses) {
    const access_control redirect{from_slot, request_redirect};
    expect_refused(UPCIEDEV_REASON_ACS, devfn_of_port(from_slot));
}

TEST_F(host_bridge, AcsAtTheTargetRefuses) {
    const access_control redirect{to_slot, request_redirect | completion_redirect};
    expect_refused(UPCIEDEV_REASON_ACS, devfn_of_port(to_slot));
}

TEST_F(host_bridge, AcsOfCompletionsRefuses) {
    const access_control redirect{from_slot, completion_redirect};
    expect_refused(UPCIEDEV_REASON_ACS, devfn_of_port(from_slot));
}

TEST_F(host_bridge, AcsOfOthersDoesNotMatter) {
    const access_control redirect{last_slot, request_redirect};
    expect_arrives(0, 4096, UPCIEDEV_ROUTE_DIRECT);
}

// The BAR is compared as the bus has it, which is not what the CPU sees.
TEST_F(host_bridge, ABoardThatLostItsAddressIsNotWrittenTo) {
    const auto config = open_node(config_file(at_slot(to_slot)));
    constexpr off_t bar = 0x18;
    std::uint32_t former = 0;
    ASSERT_EQ(::pread(config.get(), &former, 4, bar), 4);
    const std::uint32_t elsewhere = former + memory_bytes;
    ASSERT_EQ(::pwrite(config.get(), &elsewhere, 4, bar), 4);
    const auto way = boards().route();
    auto what = boards().request(0, 4096);
    EXPECT_EQ(boards().move(what), EACCES);
    ASSERT_EQ(::pwrite(config.get(), &former, 4, bar), 4);
    EXPECT_EQ(way.reason, unsigned{UPCIEDEV_REASON_LOST});
    expect_arrives(0, 4096, UPCIEDEV_ROUTE_DIRECT);
}

TEST_F(host_bridge, EachTransferLooksAnew) {
    access_control redirect{from_slot, request_redirect};
    expect_refused(UPCIEDEV_REASON_ACS, devfn_of_port(from_slot));
    redirect.clear();
    expect_arrives(0, 65536, UPCIEDEV_ROUTE_DIRECT);
}

// A root of which nobody knows: the administrator may; a kernel with an opinion has the last word.
TEST_F(host_bridge, TheAdministratorMayVouchForTheRoot) {
    const policy vouched{"peer_root_complex"};
    const access_control redirect{from_slot, request_redirect};
    root_passes(true);
    if (kernel_judges()) {
        expect_kernel_message("Host bridge not in P2PDMA whitelist"); // says the kernel, each time
        expect_refused(UPCIEDEV_REASON_KERNEL);
        return;
    }
    const auto way = boards().route();
    EXPECT_EQ(way.route, unsigned{UPCIEDEV_ROUTE_ROOT});
    EXPECT_EQ(way.reason, unsigned{UPCIEDEV_REASON_ACS});
    EXPECT_EQ(way.devfn, devfn_of_port(from_slot));
    const auto by_root = counter(from_slot, "through_root");
    expect_arrives(0, memory_bytes, UPCIEDEV_ROUTE_ROOT);
    EXPECT_EQ(counter(from_slot, "through_root"), by_root + memory_bytes);
}

// A root port that is known to pass requests on, as Intel's are: not the first device of its bus
class host_bridge_known : public host_bridge {
  protected:
    static void SetUpTestSuite() { load("root_id=0x80862030"); }
};

TEST_F(host_bridge_known, RedirectedRequestsGoThroughTheRoot) {
    const access_control redirect{from_slot, request_redirect};
    root_passes(true);
    const auto by_root = counter(from_slot, "through_root");
    expect_arrives(4096, 65536, UPCIEDEV_ROUTE_ROOT);
    EXPECT_EQ(counter(from_slot, "through_root"), by_root + 65536);
}

// "Done" is issued: where the root's list is wrong, the target's counter tells.
TEST_F(host_bridge_known, DoneIsIssuedNotArrived) {
    const access_control redirect{from_slot, request_redirect};
    const auto before = prepare();
    const auto ended = counter("root_unsupported"), landed = counter(to_slot, "landed");
    auto what = boards().request(0, 65536);
    EXPECT_EQ(boards().move(what), 0);
    EXPECT_EQ(what.route, unsigned{UPCIEDEV_ROUTE_ROOT});
    EXPECT_EQ(counter("root_unsupported"), ended + 65536 / 256);
    EXPECT_EQ(counter(to_slot, "landed"), landed);
    EXPECT_EQ(mismatch(memory_of(boards().target), before), memory_bytes);
}

// Where the machine has an IOMMU, which the kernel then uses for these boards as well. A root port
// that the kernel knows, lest it forbids all ways but the direct one.
class translated_bridge : public host_bridge_by_hand {
  protected:
    static void SetUpTestSuite() {
        load("root_id=0x80862030");
        load_card("unguard=1");
    }
    void SetUp() override {
        host_bridge_by_hand::SetUp();
        root_passes(true);
        ASSERT_NE(boards().route().flags & UPCIEDEV_ROUTE_TRANSLATED, 0U)
            << "for a boot with an IOMMU";
    }
};

TEST_F(translated_bridge, TheKernelHasSetAcs) {
    EXPECT_EQ(acs_of(from_slot) & request_redirect, request_redirect);
}

TEST_F(translated_bridge, RedirectedRequestsAreTranslated) {
    const auto by_root = counter(from_slot, "through_root");
    const auto ended = counter("root_unsupported");
    expect_arrives(0, memory_bytes, UPCIEDEV_ROUTE_ROOT_IOMMU);
    expect_arrives(4099, 1001, UPCIEDEV_ROUTE_ROOT_IOMMU);
    EXPECT_EQ(counter(from_slot, "through_root"), by_root + memory_bytes + 1001);
    EXPECT_EQ(counter("root_unsupported"), ended);
}

// A switch that turns requests round never shows them to the IOMMU.
TEST_F(translated_bridge, DirectTransfersTakeTheBusAddress) {
    const access_control one{from_slot, 0}, other{to_slot, 0};
    const auto by_switch = counter(from_slot, "through_switch");
    expect_arrives(0, memory_bytes, UPCIEDEV_ROUTE_DIRECT);
    EXPECT_EQ(counter(from_slot, "through_switch"), by_switch + memory_bytes);
}

TEST_F(translated_bridge, TheAdministratorMayHaveAllTranslated) {
    const policy forced{"force_iova"};
    const access_control one{from_slot, 0}, other{to_slot, 0};
    const auto by_root = counter(from_slot, "through_root");
    expect_arrives(0, 65536, UPCIEDEV_ROUTE_ROOT_IOMMU);
    EXPECT_EQ(counter(from_slot, "through_root"), by_root + 65536);
}

TEST_F(translated_bridge, AddressesThatNobodyMappedAreBlocked) {
    const auto before = prepare();
    const auto ended = counter("root_unsupported"), landed = counter(to_slot, "landed");
    emit(bus(), 4096); // redirected
    emit(cpu(), 4096);
    EXPECT_EQ(counter("root_unsupported"), ended + 2 * 4096 / 256);
    EXPECT_EQ(counter(to_slot, "landed"), landed);
    EXPECT_EQ(mismatch(memory_of(boards().target), before), memory_bytes);
}

TEST_F(translated_bridge, MemoryOfTheHostIsReachedAsEver) {
    prepare();
    std::vector<std::byte> received(100'001);
    ASSERT_EQ(transfer(boards().channel, 0, received.data(), received.size()), 0);
    EXPECT_EQ(mismatch(received, memory_of(boards().source)), received.size());
}

// The mapping goes with the peer: what an engine still sent would be blocked.
TEST_F(translated_bridge, AMappingEndsWithTheTransfer) {
    ASSERT_EQ(boards().move(0, memory_bytes), 0);
    auto used = read_op(registers_bar, host, 64);
    ASSERT_EQ(run(boards().source.get(), used).error, 0);
    ASSERT_NE(used.value, bus());
    const auto ended = counter("root_unsupported"), landed = counter(to_slot, "landed");
    emit(used.value, 4096);
    EXPECT_EQ(counter("root_unsupported"), ended + 4096 / 256);
    EXPECT_EQ(counter(to_slot, "landed"), landed);
}

} // namespace host_bridge_test
} // namespace raw
