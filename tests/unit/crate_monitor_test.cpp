// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/crate_monitor.hpp>

#include <gmock/gmock.h>
#include <poll.h>

#include <csignal>
#include <pthread.h>
#include <thread>

namespace crate_monitor_test {

using namespace upciedev;
using namespace std::chrono_literals;

const std::string demo = "sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml";

TEST(crate_monitor, tells_a_board_that_leaves_and_comes_back) {
    auto crate = crate::open(demo);
    crate_monitor monitor(crate);
    auto adc = crate.board("adc");
    adc.remove();
    const auto left = monitor.wait(10s);
    ASSERT_TRUE(left);
    EXPECT_FALSE(left->arrived);
    EXPECT_EQ(left->board.alias, "adc");
    EXPECT_EQ(left->board.slot, 4U);
    crate.rescan();
    const auto arrived = monitor.wait(10s);
    ASSERT_TRUE(arrived);
    EXPECT_TRUE(arrived->arrived);
    EXPECT_EQ(arrived->board.slot, 4U);
    adc.reopen();
    EXPECT_FALSE(adc.gone());
}

TEST(crate_monitor, tells_both_where_a_board_was_away_between_two_looks) {
    auto crate = crate::open(demo);
    crate_monitor monitor(crate);
    crate.board("adc").remove();
    crate.rescan();
    const auto first = monitor.wait(10s);
    const auto second = monitor.wait(10s);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(first->arrived);
    EXPECT_TRUE(second->arrived);
}

TEST(crate_monitor, gives_nothing_in_time_if_nothing_happens) {
    crate_monitor monitor(crate::open(demo));
    EXPECT_FALSE(monitor.wait(0ms));
    EXPECT_FALSE(monitor.wait(600ms)); // it has looked at least once
}

TEST(crate_monitor, has_a_descriptor_for_poll) {
    auto crate = crate::open(demo);
    crate_monitor monitor(crate);
    crate.board("adc").remove();
    pollfd wanted{monitor.descriptor(), POLLIN, 0};
    ASSERT_EQ(::poll(&wanted, 1, 10'000), 1);
    ASSERT_TRUE(monitor.wait(0ms));
    EXPECT_FALSE(monitor.wait(0ms));
}

TEST(crate_monitor, iterates_over_changes) {
    auto crate = crate::open(demo);
    crate_monitor monitor(crate);
    crate.board("adc").remove();
    crate.rescan();
    std::vector<bool> seen;
    for (const auto& change : monitor) {
        seen.push_back(change.arrived);
        if (seen.size() == 2) break;
    }
    EXPECT_THAT(seen, testing::ElementsAre(false, true));
}

template <class F>
errc code_of(F&& wait) {
    try {
        wait();
    } catch (const error& problem) {
        return static_cast<errc>(problem.code().value());
    }
    return {};
}

TEST(crate_monitor, ends_when_it_shall_stop) {
    crate_monitor monitor(crate::open(demo));
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        stop.request_stop();
    });
    EXPECT_EQ(code_of([&] { (void)monitor.wait(1h, stop.get_token()); }), errc::interrupted);
    EXPECT_EQ(code_of([&] { (void)monitor.wait(1h, stop.get_token()); }), errc::interrupted);
}

TEST(crate_monitor, ends_on_a_signal) {
    struct sigaction handler {};
    handler.sa_handler = [](int) {};
    handler.sa_flags = SA_RESTART;
    ASSERT_EQ(sigaction(SIGUSR1, &handler, nullptr), 0);
    crate_monitor monitor(crate::open(demo));
    const auto waiting = pthread_self();
    std::jthread later([&](const std::stop_token& done) {
        while (!done.stop_requested()) { // until one comes during the wait
            std::this_thread::sleep_for(20ms);
            pthread_kill(waiting, SIGUSR1);
        }
    });
    EXPECT_EQ(code_of([&] { (void)monitor.wait(1h); }), errc::interrupted);
}

TEST(crate_monitor, watches_this_machine) {
    crate_monitor monitor(crate::open("local"));
    EXPECT_GE(monitor.descriptor(), 0);
    EXPECT_FALSE(monitor.wait(10ms));
}

} // namespace crate_monitor_test
