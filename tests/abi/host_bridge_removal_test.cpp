// SPDX-License-Identifier: BSD-3-Clause
// Boards behind the emulated host bridge leave during transfers: nothing lands after that, however
// ill the engine is. Runs with tests/guest/hostbridge, see tests/guest/runs.toml.
#include "emulated_crate.hpp"
#include "modules.hpp"
#include "offline.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <thread>

#include <unistd.h>

namespace raw {
namespace host_bridge_removal_test {

using namespace emulated;
using namespace std::chrono_literals;

constexpr unsigned from_slot = 21, to_slot = 22;

// One transfer after the other until one fails.
class stream_of_transfers {
  public:
    explicit stream_of_transfers(const pair& boards)
        : thread_{[this, &boards] {
              while (error_ == 0)
                  error_ = boards.move(0, memory_bytes);
          }} {}
    int join() {
        thread_.join();
        return error_;
    }

  private:
    int error_ = 0;
    std::thread thread_;
};

void expect_nothing_lands(unsigned slot) {
    const auto landed = counter(slot, "landed");
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(counter(slot, "landed"), landed) << "written after the board had left";
}

// Waits until something of the transfers arrives there.
void await_landing(unsigned slot) {
    const auto landed = counter(slot, "landed");
    EXPECT_TRUE(eventually([&] { return counter(slot, "landed") > landed; }));
}

void expect_works(unsigned seed) {
    const pair boards{from_slot, to_slot};
    fill_memory(boards.source, seed);
    ASSERT_EQ(boards.move(0, 65536), 0);
    const auto sent = memory_of(boards.source), received = memory_of(boards.target);
    EXPECT_TRUE(std::equal(sent.begin(), sent.begin() + 65536, received.begin()));
}

bool all_ones(const std::vector<std::byte>& memory) {
    return std::ranges::all_of(memory, [](std::byte each) { return each == std::byte{0xff}; });
}

class host_bridge_removal : public testing::Test {
  protected:
    static void SetUpTestSuite() { load(); }
    static void TearDownTestSuite() { unload(); }
};

enum class way { removed, unbound, pulled, powered_off, reset };
constexpr unsigned ways = 5;

struct leaving {
    unsigned slot;
    way by;
    milliseconds after;
};

std::ostream& operator<<(std::ostream& out, const leaving& what) {
    constexpr const char* names[] = {"removed", "unbound", "pulled", "powered off", "reset"};
    return out << "slot " << what.slot << ' ' << names[static_cast<int>(what.by)] << " after "
               << what.after.count() << " ms";
}

void leave(const leaving& what, const board& which) {
    switch (what.by) {
    case way::removed:
        return emulated::remove(what.slot);
    case way::unbound:
        return unbind(which);
    case way::pulled:
        return pull(what.slot);
    case way::powered_off:
        return power(what.slot, false);
    case way::reset:
        ASSERT_EQ(control_at(open_node(which.node).get(), UPCIEDEV_RESET, 0), 0);
    }
}

void come_back(const leaving& what, const board& which) {
    switch (what.by) {
    case way::removed:
        return rescan(what.slot);
    case way::unbound:
        return bind(which);
    case way::pulled:
        return plug(what.slot);
    case way::powered_off:
        return power(what.slot, true);
    case way::reset:
        return; // by itself
    }
}

void one_round(const leaving& what) {
    SCOPED_TRACE(testing::PrintToString(what));
    const auto which = at_slot(what.slot);
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        std::this_thread::sleep_for(what.after);
        leave(what, which);
        if (what.by != way::pulled) expect_nothing_lands(to_slot);
        const int error = busy.join();
        EXPECT_EQ(error, what.slot == to_slot ? EHOSTDOWN : ENODEV);
        expect_nothing_lands(to_slot);
    }
    // Its driver leaves in its own time, and then the node
    const auto left = [&] { return ::access(which.node.c_str(), F_OK) != 0; };
    ASSERT_TRUE(what.by == way::reset || eventually(left));
    come_back(what, which);
    const auto target = open_slot(to_slot);
    if (what.slot != to_slot || what.by != way::pulled) return;
    EXPECT_TRUE(all_ones(memory_of(target))) << "written while it was not there";
}

TEST_F(host_bridge_removal, EitherEndInAnyWayAtAnyMoment) {
    constexpr unsigned rounds = 30;
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    for (unsigned round = 0; round < rounds && !HasFailure(); ++round) {
        const auto slot = round % 2 == 0 ? from_slot : to_slot;
        auto by = static_cast<way>(round / 2 % ways);
        // Linux's hot plug wakes the wrong thread there for its file `power`, and the writer waits
        // for ever
        if (by == way::powered_off && is_realtime()) by = way::removed;
        one_round({slot, by, milliseconds{random() % 60}});
    }
    expect_works(1);
}

TEST_F(host_bridge_removal, BothAreUnboundAtTheSameMoment) {
    const auto one = at_slot(from_slot), other = at_slot(to_slot);
    for (int round = 0; round < 5; ++round) {
        const pair there{from_slot, to_slot}, back{to_slot, from_slot};
        stream_of_transfers first{there}, second{back};
        await_landing(to_slot);
        await_landing(from_slot);
        std::thread leaves{[&] { unbind(one); }};
        unbind(other);
        leaves.join();
        for (const int error : {first.join(), second.join()})
            EXPECT_TRUE(error == ENODEV || error == EHOSTDOWN) << error;
        expect_nothing_lands(from_slot);
        expect_nothing_lands(to_slot);
        bind(one);
        bind(other);
    }
    expect_works(2);
}

// The port above holds its board in reset: it does not answer.
class held_in_reset {
  public:
    explicit held_in_reset(unsigned slot)
        : config_{open_node("/sys/bus/pci/devices/" + port_of(slot) + "/config")} {
        write(on);
    }
    ~held_in_reset() { write(0); }
    held_in_reset(const held_in_reset&) = delete;
    held_in_reset& operator=(const held_in_reset&) = delete;

  private:
    static constexpr off_t bridge_control = 0x3e;
    static constexpr std::uint16_t on = 0x40;
    void write(std::uint16_t value) const {
        EXPECT_EQ(::pwrite(config_.get(), &value, sizeof(value), bridge_control),
                  static_cast<ssize_t>(sizeof(value)));
    }
    file config_;
};

TEST_F(host_bridge_removal, ABoardThatIsOffIsWaitedFor) {
    const auto which = at_slot(from_slot);
    const auto off = take_off(open_node(which.node));
    ASSERT_EQ(off.error, 0);
    {
        const held_in_reset silent{from_slot};
        EXPECT_EQ(bring_back(off.held, nullptr, 50), ETIMEDOUT);
        background waiter{[&] { return batch_result{bring_back(off.held), 0}; }};
        waiter.interrupt();
        EXPECT_EQ(waiter.join().error, EINTR);
        EXPECT_EQ(open_error(which), ENODEV);
    }
    {
        std::optional<held_in_reset> silent{from_slot};
        background waiter{[&] { return batch_result{bring_back(off.held), 0}; }};
        silent.reset();
        EXPECT_EQ(waiter.join().error, 0);
    }
    expect_works(6);
}

// An engine that is deaf to "stop" loses Bus Master, and is reset.
class host_bridge_deaf : public host_bridge_removal {
  protected:
    void SetUp() override {
        expect_kernel_message("does not stop: cut off from the bus");
        set(from_slot, "runs_on", true);
    }
    void TearDown() override { set(from_slot, "runs_on", false); }
};

TEST_F(host_bridge_deaf, NothingLandsAfterThePeerHasLeft) {
    const auto target = at_slot(to_slot);
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        const auto landed = counter(to_slot, "landed");
        EXPECT_GT(landed, 0U);
        unbind(target);
        expect_nothing_lands(to_slot);
        EXPECT_EQ(busy.join(), EHOSTDOWN);
    }
    set(from_slot, "runs_on", false);
    bind(target);
    expect_nothing_lands(to_slot);
    expect_works(3);
}

TEST_F(host_bridge_deaf, NothingLandsAfterItHasLeftItself) {
    const auto source = at_slot(from_slot);
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        unbind(source);
        expect_nothing_lands(to_slot);
        EXPECT_EQ(busy.join(), ENODEV);
    }
    bind(source);
    const pair boards{from_slot, to_slot}; // its Bus Master is on again
    expect_nothing_lands(to_slot);
    set(from_slot, "runs_on", false);
    expect_works(4);
}

// Its engine is waited for meanwhile, a quarter of a second.
TEST_F(host_bridge_deaf, NoCallReachesABoardThatEnds) {
    const auto source = at_slot(from_slot);
    const auto user = open_node(source.node);
    const map status{user.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
    ASSERT_EQ(status.error(), 0);
    const auto& gone = reinterpret_cast<const volatile upciedev_status*>(status.bytes())->gone;
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        std::thread leaves{[&] { unbind(source); }};
        while (gone == 0) {
        }
        std::uint32_t value = 0;
        EXPECT_EQ(read32(user.get(), 0, 0, value), ENODEV);
        upciedev_op met[] = {poll_op(0, 0, 0, 1ms)};
        met[0].mask = 0;
        EXPECT_EQ(run(user.get(), met).error, ENODEV);
        leaves.join();
        EXPECT_EQ(busy.join(), ENODEV);
    }
    bind(source);
    set(from_slot, "runs_on", false);
    expect_works(11);
}

TEST_F(host_bridge_deaf, TakenOffItIsResetBeforeItIsBack) {
    const auto source = at_slot(from_slot);
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        const auto off = take_off(open_node(source.node));
        ASSERT_EQ(off.error, 0);
        EXPECT_EQ(busy.join(), ENODEV);
        expect_nothing_lands(to_slot);
        EXPECT_EQ(open_error(source), ENODEV) << "no reset brings it back before";
        ASSERT_EQ(bring_back(off.held), 0);
    }
    const pair boards{from_slot, to_slot}; // its Bus Master is on again
    expect_nothing_lands(to_slot);
    set(from_slot, "runs_on", false);
    expect_works(7);
}

TEST_F(host_bridge_deaf, ALimitOfTimeCutsItOff) {
    {
        const pair boards{from_slot, to_slot};
        auto what = boards.request(0, memory_bytes);
        what.timeout_ms = 200;
        EXPECT_EQ(boards.move(what), ETIMEDOUT);
        expect_nothing_lands(to_slot);
    }
    set(from_slot, "runs_on", false);
    expect_works(5);
}

// With what the kernel does to all boards, for one of them
class host_bridge_deaf_power : public host_bridge_deaf {
  protected:
    static void SetUpTestSuite() {
        host_bridge_deaf::SetUpTestSuite();
        ASSERT_EQ(load_module("test_power"), 0);
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(unload_module("test_power"), 0);
        host_bridge_deaf::TearDownTestSuite();
    }
    static void act(const std::string& how, const board& which) {
        write_file(parameter("test_power", "act"), how + ' ' + which.address);
    }
};

// What ends a board without resetting it: its engine, which was cut off, must not go on when the
// next board is given Bus Master.
class host_bridge_deaf_again : public host_bridge_deaf_power,
                               public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(host_bridge_ends, host_bridge_deaf_again,
                         testing::Values("thaw", "recover", "recover_reset"),
                         [](const auto& info) { return std::string{info.param}; });

TEST_P(host_bridge_deaf_again, ComesBackAfterAReset) {
    const auto source = at_slot(from_slot);
    {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        act(GetParam(), source);
        EXPECT_EQ(busy.join(), ENODEV);
    }
    {
        const pair boards{from_slot, to_slot}; // its Bus Master is on again
        expect_nothing_lands(to_slot);
    }
    set(from_slot, "runs_on", false);
    expect_works(6);
}

// One that only a reset of its bus resets, for which its driver needs the locks of the port above.
class host_bridge_without_flr : public host_bridge_deaf_power {
  protected:
    void SetUp() override {
        host_bridge_deaf::SetUp();
        exchange(true);
    }
    void TearDown() override {
        host_bridge_deaf::TearDown();
        exchange(false);
    }
    // The board of another kind comes to its slot
    static void exchange(bool no_flr) {
        const auto before = at_slot(from_slot);
        set(from_slot, "no_flr", no_flr);
        pull(from_slot);
        ASSERT_TRUE(eventually([&] { return ::access(before.node.c_str(), F_OK) != 0; }));
        plug(from_slot);
        (void)at_slot(from_slot);
    }
    static void cut_off_by(const std::function<void()>& end) {
        const pair boards{from_slot, to_slot};
        stream_of_transfers busy{boards};
        await_landing(to_slot);
        end();
        EXPECT_EQ(busy.join(), ENODEV);
        expect_nothing_lands(to_slot);
    }
    static void expect_was_reset() {
        {
            const pair boards{from_slot, to_slot}; // its Bus Master is on again
            expect_nothing_lands(to_slot);
        }
        set(from_slot, "runs_on", false);
        expect_works(8);
    }
};

TEST_F(host_bridge_without_flr, ItsBusIsResetAfterASuspend) {
    const auto source = at_slot(from_slot);
    cut_off_by([&] { act("thaw", source); });
    expect_was_reset();
}

TEST_F(host_bridge_without_flr, TheNextDriverResetsWhatTheLastOneLeft) {
    const auto source = at_slot(from_slot);
    expect_kernel_message("not reset: its DMA goes on");
    cut_off_by([&] { unbind(source); });
    bind(source);
    expect_was_reset();
}

TEST_F(host_bridge_without_flr, SoItDoesWhereTheDeviceWasMadeAnew) {
    expect_kernel_message("not reset: its DMA goes on");
    cut_off_by([] { emulated::remove(from_slot); });
    rescan(from_slot);
    expect_was_reset();
}

// Its FPGA was loaded with another image: the kernel has to look at it anew.
TEST_F(host_bridge_removal, AnotherBoardIsNotBroughtBack) {
    const auto which = at_slot(from_slot);
    set_image(from_slot, 4711);
    const auto off = take_off(open_node(which.node));
    ASSERT_EQ(off.error, 0);
    { const held_in_reset loading{from_slot}; }
    EXPECT_EQ(bring_back(off.held), ESTALE);
    EXPECT_EQ(open_error(which), ENODEV);
    EXPECT_EQ(bring_back(off.held), ESTALE);
    write_file("/sys/bus/pci/devices/" + which.address + "/remove", "1");
    EXPECT_EQ(bring_back(off.held), ENODEV);
    rescan(from_slot);
    expect_works(9);
    EXPECT_EQ(at_slot(from_slot).info.subdevice, 4711U);
    set_image(from_slot, 0);
    pull(from_slot);
    ASSERT_TRUE(eventually([&] { return ::access(which.node.c_str(), F_OK) != 0; }));
    plug(from_slot);
    expect_works(10);
}

// The whole crate goes, with boards at work.
TEST(host_bridge_unloading, EndsTransfers) {
    for (int round = 0; round < 5; ++round) {
        load();
        {
            const pair boards{from_slot, to_slot};
            stream_of_transfers busy{boards};
            await_landing(to_slot);
            EXPECT_EQ(unload_module("test_bridge"), 0);
            const int error = busy.join();
            EXPECT_TRUE(error == ENODEV || error == EHOSTDOWN) << error;
        }
        EXPECT_EQ(unload_module("test_peer"), 0);
    }
}

} // namespace host_bridge_removal_test
} // namespace raw
