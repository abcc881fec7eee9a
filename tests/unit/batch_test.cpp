// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sys/time.h>

namespace batch_test {

using namespace test;
using namespace std::chrono_literals;
using testing::HasSubstr;

struct batch_test : testing::Test, fixture {};

TEST_F(batch_test, does_all_in_order_and_answers) {
    auto batch = board.batch();
    sim->set("BIG", 0x11223344);
    const auto gain = board.reg("adc.ch[1].GAIN");
    batch.write(gain, 2.5);
    const auto after = batch.read(gain);
    batch.write(board.reg("CTRL").field("RATE"), 4.0);
    const auto rate = batch.read(board.reg("CTRL").field("RATE"));
    const auto big = batch.read(board.reg("BIG"));
    batch.wait(gain, 0xffff, 0x2800, 1ms);
    EXPECT_EQ(batch.size(), 6U);
    EXPECT_EQ(error_of([&] { (void)after.raw(); }).first, errc::not_supported);
    batch.run();
    EXPECT_EQ(batch.done(), 6U);
    EXPECT_EQ(after.get(), value(2.5));
    EXPECT_EQ(after.raw(), 0x2800U);
    EXPECT_EQ(rate.get(), value(4.0));
    EXPECT_EQ(big.raw(), 0x11223344U);
}

TEST_F(batch_test, writes_names) {
    auto batch = board.batch();
    sim->set("CTRL", 0);
    batch.write(board.reg("CTRL").field("MODE"), "external");
    batch.write(board.reg("SOURCE"), "external");
    EXPECT_EQ(error_of([&] { batch.write(board.reg("CTRL").field("MODE"), "sideways"); }).first,
              errc::bad_value);
    EXPECT_EQ(error_of([&] { batch.write(board.reg("PLAIN"), "external"); }).first,
              errc::bad_value);
    batch.run();
    EXPECT_EQ(sim->get("CTRL"), 0x20U);
    EXPECT_EQ(sim->get("SOURCE"), 2U);
    EXPECT_EQ(batch.size(), 2U);
}

TEST_F(batch_test, a_signal_ends_a_wait) {
    struct sigaction quiet = {};
    quiet.sa_handler = [](int) {};
    ASSERT_EQ(sigaction(SIGALRM, &quiet, nullptr), 0);
    const itimerval often{{0, 20'000}, {0, 20'000}}; // one may come between two pauses
    ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
    auto batch = board.batch();
    batch.wait(board.reg("PLAIN"), 1, 1, 10s);
    EXPECT_EQ(error_of([&] { batch.run(); }).first, errc::interrupted);
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
}

TEST_F(batch_test, runs_again_with_the_same_operations) {
    auto batch = board.batch();
    batch.write(board.reg("CTRL").field("MODE"), 2);
    const auto plain = batch.read(board.reg("PLAIN"));
    batch.run();
    sim->set("CTRL", 0);
    sim->set("PLAIN", 9);
    batch.run();
    EXPECT_EQ(sim->get("CTRL"), 0x20U);
    EXPECT_EQ(plain.raw(), 9U);
}

TEST_F(batch_test, names_the_access_that_failed) {
    auto batch = board.batch();
    const auto first = batch.read(board.reg("ID"));
    batch.wait(board.reg("PLAIN"), 1, 1, 1ms);
    const auto last = batch.read(board.reg("ID"));
    const auto [code, text] = error_of([&] { batch.run(); });
    EXPECT_EQ(code, errc::timeout);
    EXPECT_THAT(text, testing::StartsWith("slot 4 tester: PLAIN: "));
    EXPECT_EQ(batch.done(), 1U);
    EXPECT_EQ(first.raw(), 0xc0ffee01U);
    EXPECT_EQ(error_of([&] { (void)last.raw(); }).first, errc::not_supported);
}

TEST_F(batch_test, refuses_what_cannot_be_when_it_is_added) {
    auto batch = board.batch();
    EXPECT_EQ(error_of([&] { batch.write_raw(board.reg("ID"), 1); }).first, errc::read_only);
    EXPECT_EQ(error_of([&] { (void)batch.read(board.reg("SECRET")); }).first, errc::write_only);
    EXPECT_EQ(error_of([&] { batch.write(board.reg("adc.ch[0].GAIN"), 9.0); }).first,
              errc::out_of_range);
    EXPECT_EQ(error_of([&] { batch.wait(board.reg("ID"), 1, 1, 11s); }).first, errc::out_of_range);
    const fixture other;
    EXPECT_THAT(error_of([&] { (void)batch.read(other.board.reg("ID")); }).second,
                HasSubstr("another board"));
    EXPECT_EQ(batch.size(), 0U);
}

TEST_F(batch_test, is_empty_after_clear_and_keeps_old_answers) {
    auto batch = board.batch();
    batch.run();
    const auto id = batch.read(board.reg("ID"));
    batch.run();
    batch.clear();
    EXPECT_EQ(batch.size(), 0U);
    EXPECT_EQ(id.raw(), 0xc0ffee01U);
}

TEST_F(batch_test, a_board_that_left_throws_board_gone) {
    auto batch = board.batch();
    (void)batch.read(board.reg("PLAIN"));
    sim->unplug();
    EXPECT_EQ(error_of([&] { batch.run(); }).first, errc::board_gone);
    try {
        batch.run();
    } catch (const error& e) {
        EXPECT_EQ(e.cause(), std::errc::no_such_device);
        EXPECT_EQ(e.at("elsewhere").cause(), e.cause());
    }
    EXPECT_EQ(batch.done(), 0U);
}

} // namespace batch_test
