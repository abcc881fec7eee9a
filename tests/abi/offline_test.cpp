// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_OFFLINE and UPCIEDEV_ONLINE: a board that loses its configuration while it is off.
#include "gone_board.hpp"
#include "harness.hpp"
#include "offline.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace raw {
namespace offline_test {

constexpr std::size_t command_at = 0x04, bars_at = 0x10, bars_end = 0x28;
constexpr std::size_t bridge_control_at = 0x3e, capabilities_at = 0x34;
constexpr std::uint16_t bridge_serr = 0x2, reporting = 0xf;

const board& subject() {
    return the(role::spare_edu);
}

std::string port_config(const board& which) {
    const auto folder = std::filesystem::canonical("/sys/bus/pci/devices/" + which.address);
    return folder.parent_path() / "config";
}

template <class number>
number at(const std::string& path, std::size_t offset) {
    number value{};
    EXPECT_EQ(
        ::pread(open_node(path, O_RDONLY).get(), &value, sizeof(value), static_cast<off_t>(offset)),
        static_cast<ssize_t>(sizeof(value)));
    return value;
}

void set(const std::string& path, std::size_t offset, std::uint16_t value) {
    EXPECT_EQ(::pwrite(open_node(path).get(), &value, sizeof(value), static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof(value)));
}

std::size_t express_capability(const std::string& path) {
    std::size_t here = at<std::uint8_t>(path, capabilities_at);
    while (here != 0 && at<std::uint8_t>(path, here) != 0x10)
        here = at<std::uint8_t>(path, here + 1);
    return here;
}

std::uint16_t reports_of(const std::string& port) {
    return at<std::uint16_t>(port, express_capability(port) + 8) & reporting;
}

// All reports of the port above are on, and in the end as they were.
class reporting_port {
  public:
    explicit reporting_port(const board& which)
        : config_{port_config(which)}, control_at_{express_capability(config_) + 8},
          control_{at<std::uint16_t>(config_, control_at_)}, bridge_{at<std::uint16_t>(
                                                                 config_, bridge_control_at)} {
        set(config_, control_at_, control_ | reporting);
        set(config_, bridge_control_at, bridge_ | bridge_serr);
    }
    ~reporting_port() {
        set(config_, control_at_, control_);
        set(config_, bridge_control_at, bridge_);
    }
    reporting_port(const reporting_port&) = delete;
    reporting_port& operator=(const reporting_port&) = delete;
    bool serr() const { return (at<std::uint16_t>(config_, bridge_control_at) & bridge_serr) != 0; }
    std::uint16_t reports() const { return reports_of(config_); }

  private:
    std::string config_;
    std::size_t control_at_;
    std::uint16_t control_, bridge_;
};

// As loading its FPGA leaves a board.
void lose_configuration(const board& which) {
    const auto path = config_file(which);
    for (auto each = bars_at; each < bars_end; each += 2)
        set(path, each, 0);
    set(path, command_at, 0);
}

std::uint64_t bar0(const board& which) {
    return at<std::uint32_t>(config_file(which), bars_at);
}

void expect_off(const board& which) {
    EXPECT_EQ(open_error(which), ENODEV);
    EXPECT_EQ(read_file("/sys/class/upciedev/" + which.address + "/generation"), "0\n");
    EXPECT_EQ(at<std::uint16_t>(config_file(which), command_at) & 4, 0) << "Bus Master";
}

void expect_works(const board& which) {
    std::uint32_t id = 0;
    EXPECT_EQ(read32(open_node(which.node).get(), 0, 0, id), 0);
    EXPECT_EQ(id & 0xff, 0xedU);
}

void reset_by_sysfs(const board& which) {
    write_file("/sys/bus/pci/devices/" + which.address + "/reset", "1");
}

TEST(offline, TheBoardEndsAndAnotherOneComesBack) {
    const auto before = open_node(subject().node), writer = open_node(subject().node);
    background waiter{[&] {
        upciedev_op ops[] = {poll_op(0, 0, 0x0ddba11, longest_poll)};
        return run(before.get(), ops);
    }};
    const auto address = bar0(subject());
    const auto off = take_off(writer);
    ASSERT_EQ(off.error, 0);
    EXPECT_EQ(waiter.join().error, ENODEV);
    expect_gone(before.get());
    expect_gone(writer.get());
    expect_off(subject());
    lose_configuration(subject());
    ASSERT_NE(bar0(subject()), address);
    std::uint64_t generation = 0;
    ASSERT_EQ(bring_back(off.held, &generation), 0);
    EXPECT_EQ(bar0(subject()), address);
    upciedev_board_info info{};
    info.size = sizeof(info);
    ASSERT_EQ(control(open_node(subject().node).get(), UPCIEDEV_GET_INFO, &info), 0);
    EXPECT_EQ(info.generation, generation);
    EXPECT_GT(generation, subject().info.generation);
    expect_works(subject());
    expect_gone(before.get());
    EXPECT_EQ(bring_back(off.held), EALREADY);
}

TEST(offline, ThePortAboveReportsNoErrorsMeanwhile) {
    const reporting_port port{subject()};
    ASSERT_TRUE(port.serr());
    ASSERT_EQ(port.reports(), reporting);
    {
        const auto off = take_off(open_node(subject().node));
        ASSERT_EQ(off.error, 0);
        EXPECT_FALSE(port.serr());
        EXPECT_EQ(port.reports(), 0);
        EXPECT_EQ(bring_back(off.held), 0);
        EXPECT_TRUE(port.serr());
        EXPECT_EQ(port.reports(), reporting);
    }
    auto off = take_off(open_node(subject().node));
    ASSERT_EQ(off.error, 0);
    {
        const unbound taken{subject()};
        EXPECT_EQ(port.reports(), 0) << "as long as the file is open";
    }
    EXPECT_EQ(port.reports(), 0);
    off.held.close();
    EXPECT_TRUE(port.serr());
    EXPECT_EQ(port.reports(), reporting);
}

TEST(offline, ClosedItStaysOffUntilItIsBoundAgain) {
    {
        const auto off = take_off(open_node(subject().node));
        ASSERT_EQ(off.error, 0);
    }
    expect_off(subject());
    { const unbound taken{subject()}; }
    expect_works(subject());
}

TEST(offline, ClosedItStaysOffUntilItIsReset) {
    {
        const auto off = take_off(open_node(subject().node));
        ASSERT_EQ(off.error, 0);
        lose_configuration(subject());
        reset_by_sysfs(subject());
        expect_off(subject());
    }
    expect_off(subject());
    reset_by_sysfs(subject());
    expect_works(subject());
}

TEST(offline, ItIsUnboundMeanwhile) {
    auto off = take_off(open_node(subject().node));
    ASSERT_EQ(off.error, 0);
    {
        const unbound taken{subject()};
        EXPECT_EQ(bring_back(off.held), ENODEV);
    }
    expect_works(subject());
    EXPECT_EQ(bring_back(off.held), ENODEV);
    const auto board = open_node(subject().node);
    off.held.close();
    std::uint32_t id = 0;
    EXPECT_EQ(read32(board.get(), 0, 0, id), 0) << "the next board is another's";
}

void shell(const std::string& command) {
    const auto whole = ABI_SCRIPTS "/" + command;
    ASSERT_EQ(std::system(whole.c_str()), 0) << command; // NOLINT(cert-env33-c): our own scripts
}

TEST(offline, ItIsPulledMeanwhile) {
    const auto slot = std::to_string(subject().info.slot);
    const reporting_port port{subject()};
    auto off = take_off(open_node(subject().node));
    ASSERT_EQ(off.error, 0);
    shell("surprise-remove " + slot);
    EXPECT_EQ(bring_back(off.held), ENODEV);
    shell("replug " + slot);
    shell("bind-crate");
    ASSERT_TRUE(eventually([] { return !driver_of(subject()).empty(); }));
    expect_works(subject());
    EXPECT_EQ(port.reports(), 0);
    off.held.close();
    EXPECT_EQ(port.reports(), reporting);
    expect_works(subject());
}

TEST(offline, EachArgumentIsChecked) {
    const auto board = open_node(subject().node);
    for (auto spoil : {+[](upciedev_offline& what) { what.flags = 1; },
                       +[](upciedev_offline& what) { what.reserved[0] = 1; },
                       +[](upciedev_offline& what) { what.reserved[1] = 1; }}) {
        upciedev_offline what{};
        spoil(what);
        EXPECT_EQ(control(board.get(), UPCIEDEV_OFFLINE, &what), EINVAL);
    }
    EXPECT_EQ(control(board.get(), UPCIEDEV_OFFLINE, nullptr), EFAULT);
    const lone_page page;
    page.protect(PROT_READ);
    EXPECT_EQ(control(board.get(), UPCIEDEV_OFFLINE, page.begin()), EFAULT);
    EXPECT_EQ(take_off(open_node(subject().node, O_RDONLY)).error, EBADF);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(board.get(), 0, 0, id), 0) << "nothing has ended";
}

TEST(offline, EachArgumentOfTheWayBackIsChecked) {
    const auto off = take_off(open_node(subject().node));
    ASSERT_EQ(off.error, 0);
    for (auto spoil : {+[](upciedev_online& what) { what.timeout_ms = 0; },
                       +[](upciedev_online& what) { what.timeout_ms = UPCIEDEV_ONLINE_MAX_MS + 1; },
                       +[](upciedev_online& what) { what.flags = 1; },
                       +[](upciedev_online& what) { what.reserved[0] = 1; },
                       +[](upciedev_online& what) { what.reserved[1] = 1; }}) {
        upciedev_online what{};
        what.timeout_ms = long_enough_ms;
        spoil(what);
        EXPECT_EQ(control(off.held.get(), UPCIEDEV_ONLINE, &what), EINVAL);
    }
    EXPECT_EQ(control(off.held.get(), UPCIEDEV_ONLINE, nullptr), EFAULT);
    EXPECT_EQ(control(off.held.get(), UPCIEDEV_RESET, nullptr), ENOTTY);
    expect_off(subject());
    EXPECT_EQ(bring_back(off.held), 0);
}

TEST(offline, IsForTheAdministrator) {
    EXPECT_EQ(in_child_without_rawio([] { return take_off(open_node(subject().node)).error; }),
              EPERM);
    expect_works(subject());
}

TEST(offline, IsForTheHolderOfTheClaim) {
    const auto mine = open_node(subject().node), other = open_node(subject().node);
    upciedev_claim claim{};
    ASSERT_EQ(control(mine.get(), UPCIEDEV_CLAIM, &claim), 0);
    const file lease{claim.lease};
    EXPECT_EQ(take_off(other).error, EBUSY);
    const auto off = take_off(mine);
    EXPECT_EQ(off.error, 0);
    EXPECT_EQ(bring_back(off.held), 0);
}

TEST(offline, OneAtATimeAndNothingIsLeft) {
    const auto before = counters();
    {
        const auto one = open_node(subject().node), two = open_node(subject().node);
        const auto off = take_off(one);
        ASSERT_EQ(off.error, 0);
        EXPECT_EQ(take_off(two).error, ENODEV);
        EXPECT_EQ(bring_back(off.held), 0);
    }
    EXPECT_TRUE(eventually([&] { return counters() == before; }));
}

} // namespace offline_test
} // namespace raw
