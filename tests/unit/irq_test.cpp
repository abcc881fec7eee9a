// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <gmock/gmock.h>
#include <poll.h>

#include <csignal>
#include <pthread.h>
#include <thread>

namespace irq_test {

using namespace upciedev;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string demo = "sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/full.yaml";

class irq_test : public testing::Test {
  protected:
    crate crate_ = crate::open(demo);
    board adc_ = find();
    sim_board& sim_ = dynamic_cast<sim_board&>(adc_.way());

    board find() {
        for (const auto& entry : crate_.list())
            if (entry.name == "vadc10") return crate_.board(*entry.slot);
        throw std::runtime_error("no vadc10");
    }
    void raise(std::string_view name) { sim_.hardware().interrupt(name); }
    void acquire() {
        adc_.write("CTRL.SINGLE", 1);
        adc_.write("CTRL.ARM", 1);
        adc_.write("CTRL.SOFT_TRIGGER", 1);
    }
    void expect_gone(irq& done) {
        EXPECT_THAT([&] { (void)done.wait(10s); },
                    testing::ThrowsMessage<error>(HasSubstr("interrupt done")));
    }
};

TEST_F(irq_test, tells_the_end_of_an_acquisition) {
    auto done = adc_.irq("done");
    const auto before = std::chrono::steady_clock::now();
    acquire();
    const auto event = done.wait(10s);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name, "done");
    EXPECT_TRUE(event->has("done"));
    EXPECT_FALSE(event->has("overflow"));
    EXPECT_NE(event->status & 4, 0U);
    EXPECT_EQ(event->lost, 0U);
    EXPECT_EQ(event->vector, 0U);
    EXPECT_GE(event->time, before);
    EXPECT_LE(event->time, std::chrono::steady_clock::now());
    EXPECT_EQ(adc_.read("IRQ_STATUS.DONE").as<int>(), 0); // acknowledged
    EXPECT_FALSE(done.wait(0ms));
}

TEST_F(irq_test, misses_nothing_between_subscribing_and_waiting) {
    auto done = adc_.irq("done");
    for (int i = 0; i < 3; ++i) {
        raise("done");
        std::this_thread::sleep_for(20ms);
    }
    for (std::uint64_t i = 0; i < 3; ++i) {
        const auto event = done.wait(10s);
        ASSERT_TRUE(event);
        EXPECT_EQ(event->sequence, i);
    }
    EXPECT_FALSE(done.wait(50ms));
}

TEST_F(irq_test, tells_nothing_of_what_was_before) {
    raise("done");
    EXPECT_EQ(adc_.read("IRQ_STATUS.DONE").as<int>(), 1);
    auto done = adc_.irq("done");
    EXPECT_FALSE(done.wait(50ms));
    raise("done");
    EXPECT_TRUE(done.wait(10s));
}

TEST_F(irq_test, enables_a_cause_as_long_as_somebody_subscribes) {
    const auto enabled = [&] { return adc_.read("IRQ_ENABLE.DONE").as<int>(); };
    EXPECT_EQ(enabled(), 0);
    {
        auto first = adc_.irq("done");
        EXPECT_EQ(enabled(), 1);
        { auto second = adc_.irq("done"); }
        EXPECT_EQ(enabled(), 1);
    }
    EXPECT_EQ(enabled(), 0);
}

TEST_F(irq_test, nobody_switches_off_what_others_subscribed_to) {
    auto done = adc_.irq("done");
    adc_.reg("IRQ_ENABLE").write_raw(0);
    adc_.write("IRQ_ENABLE.DONE", 0);
    adc_.bar(0).write(0x2c, 0);
    acquire();
    EXPECT_TRUE(done.wait(10s));
}

TEST_F(irq_test, leaves_registers_alone_that_nobody_subscribed_to) {
    { auto done = adc_.irq("done"); }
    sim_.set("IRQ_ENABLE.DONE", 1); // a user's write leaves it to the simulation
    raise("done");
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(adc_.read("IRQ_STATUS.DONE").as<int>(), 1);
}

TEST_F(irq_test, tells_every_subscriber_everything) {
    auto first = adc_.irq("done");
    auto second = adc_.irq("done");
    raise("done");
    EXPECT_TRUE(first.wait(10s));
    EXPECT_TRUE(second.wait(10s));
}

TEST_F(irq_test, tells_only_of_what_was_subscribed_to) {
    auto done = adc_.irq("done");
    auto both = adc_.irqs({"overflow", "done"});
    EXPECT_THAT(both.names(), ElementsAre("done", "overflow"));
    EXPECT_EQ(adc_.irqs().names().size(), adc_.description()->irqs.size());
    raise("overflow");
    const auto event = both.wait(10s);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name, "overflow");
    EXPECT_THAT(event->causes, ElementsAre("overflow"));
    EXPECT_FALSE(done.wait(20ms));
}

TEST_F(irq_test, has_a_descriptor_that_is_readable_while_there_are_events) {
    auto done = adc_.irq("done");
    pollfd wanted{done.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&wanted, 1, 0), 0);
    raise("done");
    EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
    EXPECT_EQ(done.drain().size(), 1U);
    EXPECT_EQ(::poll(&wanted, 1, 0), 0);
}

TEST_F(irq_test, can_be_iterated_over) {
    auto done = adc_.irq("done");
    raise("done");
    for (const auto& event : done) {
        EXPECT_EQ(event.name, "done");
        break;
    }
}

/// Each is served before the next, so that none is merged with another.
TEST_F(irq_test, tells_how_many_a_slow_reader_has_lost) {
    constexpr std::uint64_t many = 5000, kept = 4096;
    auto quick = adc_.irq("done");
    auto slow = adc_.irq("done");
    for (std::uint64_t i = 0; i < many; ++i) {
        raise("done");
        const auto event = quick.wait(10s);
        ASSERT_TRUE(event);
        if (event->masked) quick.unmask();
    }
    const auto events = slow.drain();
    ASSERT_EQ(events.size(), kept);
    EXPECT_EQ(events.front().lost, many - kept);
    EXPECT_EQ(events.front().sequence, many - kept);
    EXPECT_EQ(events.back().lost, 0U);
    EXPECT_EQ(events.back().sequence, many - 1);
}

TEST_F(irq_test, masks_a_storm_until_it_is_told_to_go_on) {
    auto done = adc_.irq("done");
    sim_.hardware().fault(model_fault::interrupt_stuck, true);
    raise("done");
    const auto end = std::chrono::steady_clock::now() + 10s;
    auto event = done.wait(10s);
    while (event && !event->masked && std::chrono::steady_clock::now() < end)
        event = done.wait(10s);
    ASSERT_TRUE(event);
    if (!event->masked) GTEST_SKIP() << "no storm: this build serves too few interrupts a second";
    EXPECT_FALSE(done.wait(200ms)); // it is quiet
    sim_.hardware().fault(model_fault::interrupt_stuck, false);
    done.unmask();
    EXPECT_TRUE(done.wait(10s)); // what was still pending
    (void)done.drain();
    raise("done");
    const auto again = done.wait(10s);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->masked);
}

TEST_F(irq_test, does_not_tell_interrupts_without_a_cause) {
    auto done = adc_.irq("done");
    sim_.hardware().fault(model_fault::interrupt_storm, true);
    EXPECT_FALSE(done.wait(100ms));
    raise("done");
    EXPECT_TRUE(done.wait(10s));
}

TEST_F(irq_test, runs_out_of_time_where_the_message_is_lost) {
    auto done = adc_.irq("done");
    sim_.hardware().fault(model_fault::interrupt_lost, true);
    raise("done");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(done.wait(50ms));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
}

TEST_F(irq_test, ends_a_wait_when_the_board_leaves) {
    auto done = adc_.irq("done");
    raise("done");
    ASSERT_TRUE(done.wait(10s));
    const std::jthread puller([&] {
        std::this_thread::sleep_for(50ms);
        sim_.unplug();
    });
    expect_gone(done);
    EXPECT_THROW((void)done.drain(), error);
    EXPECT_THROW(done.unmask(), error);
    EXPECT_THROW((void)adc_.irq("done"), error);
}

TEST_F(irq_test, ends_with_a_reset_and_can_be_made_again) {
    auto done = adc_.irq("done");
    const std::jthread resetter([&] {
        std::this_thread::sleep_for(50ms);
        sim_.reset();
    });
    expect_gone(done);
    auto again = adc_.irq("done");
    raise("done");
    EXPECT_TRUE(again.wait(10s));
}

TEST_F(irq_test, outlives_its_crate) {
    auto done = [] {
        const auto crate = crate::open(demo);
        for (const auto& entry : crate.list())
            if (entry.name == "vadc10") return crate.board(*entry.slot).irq("done");
        throw std::runtime_error("no vadc10");
    }();
    EXPECT_FALSE(done.wait(1ms));
}

TEST_F(irq_test, ends_by_a_stop_token) {
    auto done = adc_.irq("done");
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(50ms);
        stop.request_stop();
    });
    try {
        (void)done.wait(10s, stop.get_token());
        FAIL() << "it was not stopped";
    } catch (const error& reason) {
        EXPECT_EQ(reason.kind(), errc::interrupted);
    }
}

TEST_F(irq_test, ends_by_a_signal) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    auto done = adc_.irq("done");
    const std::jthread killer([waiting = pthread_self()] {
        std::this_thread::sleep_for(100ms);
        pthread_kill(waiting, SIGUSR1);
    });
    EXPECT_THROW((void)done.wait(10s), error);
}

TEST_F(irq_test, names_the_nearest_where_there_is_none) {
    EXPECT_THAT([&] { (void)adc_.irq("dome"); },
                testing::ThrowsMessage<error>(
                    HasSubstr("vadc10: no interrupt 'dome'; did you mean 'done'?")));
}

} // namespace irq_test
