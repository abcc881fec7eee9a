// SPDX-License-Identifier: BSD-3-Clause
// Peers under different root ports, and Access Control Services of a port on the way. The boots
// root-bus and epyc have a second switch for it (tests/guest/runs.toml): an edu in slot 41, and in
// slot 43 an ivshmem, above which QEMU has a port with ACS. Below -cpu EPYC Linux trusts the root.
#include "peers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <unistd.h>

namespace raw {
namespace peer_roots_test {

constexpr std::uint32_t near_memory = 3, far_edu = 41, far_memory = 43; // slots
constexpr std::size_t bytes_sent = 1000;

const board& in_slot(std::uint32_t slot) {
    static const auto boards = find_boards();
    const auto found = std::ranges::find(boards, slot, [](const board& b) { return b.info.slot; });
    if (found == boards.end())
        throw std::runtime_error("slot " + std::to_string(slot) +
                                 " is empty: use the boots root-bus and epyc");
    return *found;
}

std::string port_above(const board& which) {
    namespace fs = std::filesystem;
    return fs::canonical("/sys/bus/pci/devices/" + which.address).parent_path();
}

// The control register of a port's ACS; the bits are cleared in the end.
class acs {
  public:
    static constexpr unsigned validation = 1, requests = 4, completions = 8;

    explicit acs(const board& below) : config_{open_node(port_above(below) + "/config")} {
        while (at_ != 0 && (word(at_) & 0xffff) != 0xd)
            at_ = word(at_) >> 20U;
        if (at_ == 0) throw std::runtime_error("no ACS above " + below.address);
    }
    ~acs() { set(0); }
    acs(const acs&) = delete;
    acs& operator=(const acs&) = delete;

    void set(unsigned bits) const {
        const auto value = static_cast<std::uint16_t>(bits);
        EXPECT_EQ(::pwrite(config_.get(), &value, sizeof value, at_ + 6), 2);
        EXPECT_EQ(word(at_ + 4) >> 16U, bits) << "this port of QEMU has other bits";
    }

  private:
    std::uint32_t word(long at) const {
        std::uint32_t value = 0;
        EXPECT_EQ(::pread(config_.get(), &value, sizeof value, at), 4);
        return value;
    }
    file config_;
    long at_ = 0x100;
};

class peer_roots : public testing::Test {
  protected:
    static void SetUpTestSuite() { offer_memory({&in_slot(near_memory), &in_slot(far_memory)}); }
    static void TearDownTestSuite() { offer_no_more(); }
    void SetUp() override {
        fill_edu(edu_, sent_);
        for (const auto* memory : {&near_, &far_})
            blank(*memory, window_length);
    }
    void expect_refused(const file& to, unsigned reason) const {
        EXPECT_EQ(route(edu_, to).route, unsigned{UPCIEDEV_ROUTE_REFUSED});
        EXPECT_EQ(route(edu_, to).reason, reason);
        auto what = transfer_to(to, 64, sent_.size());
        EXPECT_EQ(control(writer_.get(), UPCIEDEV_DMA_PEER, &what), EACCES);
        EXPECT_EQ(what.route, unsigned{UPCIEDEV_ROUTE_REFUSED});
        EXPECT_EQ(what.reason, reason);
        EXPECT_EQ(what.done, 0U);
        EXPECT_TRUE(untouched(to)) << "something came";
    }
    void expect_arrival(const file& to, unsigned kind) const {
        auto what = transfer_to(to, 64, sent_.size());
        EXPECT_EQ(control(writer_.get(), UPCIEDEV_DMA_PEER, &what), 0);
        EXPECT_EQ(what.route, kind);
        EXPECT_EQ(bytes_of(to, 64, sent_.size()), sent_);
        blank(to, window_length);
    }

    std::vector<unsigned char> sent_ = pattern(bytes_sent, 17);
    file edu_ = open_node(in_slot(far_edu).node);
    file near_ = open_node(in_slot(near_memory).node);
    file far_ = open_node(in_slot(far_memory).node);
    file writer_ = channel_of(edu_, from_board);
};

class peer_roots_trusted : public peer_roots {};

TEST_F(peer_roots, AnUnknownRootIsNotTrusted) {
    expect_refused(near_, UPCIEDEV_REASON_ROOTS);
}

// The kernel's refusal is a veto.
TEST_F(peer_roots, TheAdministratorMayKnowThatTheRootCan) {
    {
        const policy known{"peer_root_complex", true};
        if (kernel_judges())
            expect_refused(near_, UPCIEDEV_REASON_KERNEL);
        else
            expect_arrival(near_, UPCIEDEV_ROUTE_ROOT);
    }
    expect_refused(near_, UPCIEDEV_REASON_ROOTS);
}

TEST_F(peer_roots, RedirectOfAPortIsFollowedAtOnce) {
    expect_arrival(far_, UPCIEDEV_ROUTE_DIRECT);
    const acs port{in_slot(far_memory)};
    const auto above = std::filesystem::path(port_above(in_slot(far_memory))).filename().string();
    for (unsigned bits : {acs::requests, acs::completions, acs::requests | acs::completions}) {
        port.set(bits);
        expect_refused(far_, UPCIEDEV_REASON_ACS);
        const auto why = route(edu_, far_);
        std::array<char, 16> address{};
        std::snprintf(address.data(), address.size(), "%04x:%02x:%02x.%x", why.domain, why.bus,
                      why.devfn >> 3U, why.devfn & 7U);
        EXPECT_EQ(address.data(), above) << "the port is named";
        port.set(0);
        expect_arrival(far_, UPCIEDEV_ROUTE_DIRECT);
    }
    port.set(acs::validation);
    expect_arrival(far_, UPCIEDEV_ROUTE_DIRECT);
}

TEST_F(peer_roots_trusted, ARootOfThisProcessorIsGood) {
    EXPECT_EQ(route(edu_, near_).reason, unsigned{UPCIEDEV_REASON_ROOTS});
    expect_arrival(near_, UPCIEDEV_ROUTE_ROOT);
}

TEST_F(peer_roots_trusted, RedirectedRequestsGoThroughTheRoot) {
    const acs port{in_slot(far_memory)};
    port.set(acs::requests | acs::completions);
    EXPECT_EQ(route(edu_, far_).reason, unsigned{UPCIEDEV_REASON_ACS});
    expect_arrival(far_, UPCIEDEV_ROUTE_ROOT);
    port.set(0);
    expect_arrival(far_, UPCIEDEV_ROUTE_DIRECT);
}

} // namespace peer_roots_test
} // namespace raw
