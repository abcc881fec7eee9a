// SPDX-License-Identifier: BSD-3-Clause
#include "test_board.hpp"

#include <upciedev/board_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <thread>

namespace sim_test {

using namespace test;
using testing::HasSubstr;
using code = operation::code;

operation make_op(code what, std::uint64_t offset, std::uint64_t value = 0, unsigned width = 32,
                  std::uint64_t mask = 0) {
    operation op;
    op.op = what;
    op.offset = offset;
    op.value = value;
    op.width = static_cast<std::uint8_t>(width);
    op.mask = mask;
    return op;
}

struct sim : testing::Test, fixture {
    std::uint64_t read(std::uint64_t offset, unsigned width = 32) const {
        auto op = make_op(code::read, offset, 0, width);
        EXPECT_EQ(sim_->run({&op, 1}).error.value(), 0);
        return op.value;
    }
    int write(std::uint64_t offset, std::uint64_t value, unsigned width = 32) const {
        auto op = make_op(code::write, offset, value, width);
        return sim_->run({&op, 1}).error.value();
    }
    int errno_of(operation op) const { return sim_->run({&op, 1}).error.value(); }
    bool mapped(unsigned bar, std::uint64_t offset, std::uint64_t length, bool writing) const {
        return sim_->map(bar, offset, length, writing) != nullptr;
    }
    sim_board* sim_ = fixture::sim.get();
};

long resident_kib() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    long total = 0, resident = 0;
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = -1;
    std::fclose(file);
    return resident * 4;
}

TEST_F(sim, powers_on_with_reset_values) {
    EXPECT_EQ(read(0x0), 0xc0ffee01U);
    EXPECT_EQ(read(0x14), 0xff00U);
}

TEST_F(sim, ignores_writes_to_read_only_and_reads_write_only_as_zero) {
    EXPECT_EQ(write(0x0, 1), 0);
    EXPECT_EQ(read(0x0), 0xc0ffee01U);
    EXPECT_EQ(write(0x4, 0x55), 0);
    EXPECT_EQ(read(0x4), 0U);
}

TEST_F(sim, clears_on_read) {
    sim_->set("EVENTS", 17);
    EXPECT_EQ(read(0x8), 17U);
    EXPECT_EQ(read(0x8), 0U);
}

TEST_F(sim, pops_a_fifo_and_reads_zero_when_it_is_empty) {
    const std::vector<std::uint64_t> numbers{1, 2};
    sim_->push("FIFO", numbers);
    EXPECT_EQ(write(0xc, 3), 0); // the FIFO may be written: a loop
    EXPECT_EQ(read(0xc), 1U);
    EXPECT_EQ(read(0xc), 2U);
    EXPECT_EQ(read(0xc), 3U);
    EXPECT_EQ(read(0xc), 0U);
    EXPECT_EQ(error_of([&] { sim_->push("CTRL", numbers); }).first, errc::not_supported);
}

TEST_F(sim, reads_a_fifo_by_a_block_on_one_address) {
    const std::vector<std::uint64_t> numbers{7, 8, 9};
    sim_->push("FIFO", numbers);
    std::vector<std::uint32_t> got(4, 0xff);
    auto op = make_op(code::read_block, 0xc, reinterpret_cast<std::uintptr_t>(got.data()));
    op.count = 4;
    op.flags = operation::fixed;
    EXPECT_EQ(errno_of(op), 0);
    EXPECT_THAT(got, testing::ElementsAre(7, 8, 9, 0));
}

TEST_F(sim, honours_effects_of_writing) {
    EXPECT_EQ(write(0x10, 0x2), 0); // one to clear
    EXPECT_EQ(read(0x10), 0x5U);
    sim_->set("CTRL", 0x000f'0000);
    EXPECT_EQ(write(0x14, 0x0101'0000), 0); // clears bit 16, sets bit 24
    EXPECT_EQ(read(0x14), 0x010e'0000U);
    EXPECT_EQ(write(0x14, 0x0200'0000), 0); // toggles bit 25
    EXPECT_EQ(read(0x14), 0x030e'0000U);
    EXPECT_EQ(write(0x14, 0x0210'0000), 0); // toggles it back; the strobe leaves nothing
    EXPECT_EQ(read(0x14), 0x010e'0000U);
    EXPECT_EQ(write(0x14, 0x8000'0000), 0); // a read-only field
    EXPECT_EQ(read(0x14), 0x010e'0000U);
}

TEST_F(sim, serves_partial_and_wider_accesses) {
    EXPECT_EQ(read(0x0, 8), 0x01U);
    EXPECT_EQ(read(0x2, 16), 0xc0ffU);
    EXPECT_EQ(write(0x1000, 0x1122334455667788, 64), 0);
    EXPECT_EQ(read(0x1000), 0x55667788U);
    EXPECT_EQ(read(0x1004), 0x11223344U);
    EXPECT_EQ(write(0x1001, 0xaa, 8), 0);
    EXPECT_EQ(read(0x1000), 0x5566aa88U);
    sim_->set("IRQ_STATUS", 0xffff);
    EXPECT_EQ(write(0x11, 0xf0, 8), 0); // clears bits 15:12 only
    EXPECT_EQ(read(0x10), 0x0fffU);
}

TEST_F(sim, swaps_big_endian_registers) {
    sim_->set("BIG", 0x11223344);
    EXPECT_EQ(read(0x3c), 0x44332211U);
    EXPECT_EQ(read(0x3c, 8), 0x11U); // the highest byte comes first
}

TEST_F(sim, reads_zero_where_nothing_is) {
    EXPECT_EQ(write(0x500, 0x1234), 0);
    EXPECT_EQ(read(0x500), 0U);
}

TEST_F(sim, modifies_and_returns_the_old_bits) {
    sim_->set("PLAIN", 0x1111'2222);
    auto op = make_op(code::modify, 0x1000, 0x00ab, 32, 0x00ff);
    EXPECT_EQ(sim_->run({&op, 1}).error.value(), 0);
    EXPECT_EQ(op.value, 0x1111'2222U);
    EXPECT_EQ(read(0x1000), 0x1111'22abU);
}

TEST_F(sim, refuses_writes_to_guarded_registers_in_every_way) {
    EXPECT_EQ(write(0x20, 1, 64), EPERM);
    EXPECT_EQ(write(0x24, 1), EPERM);
    EXPECT_EQ(errno_of(make_op(code::modify, 0x20, 1, 32, 1)), EPERM);
    std::vector<std::uint32_t> zeros(16);
    auto op = make_op(code::write_block, 0x0, reinterpret_cast<std::uintptr_t>(zeros.data()));
    op.count = 16;
    EXPECT_EQ(errno_of(op), EPERM);
    EXPECT_EQ(read(0x20, 64), 0U); // reading is free
    EXPECT_FALSE(mapped(0, 0x20, 8, true));
}

TEST_F(sim, refuses_malformed_accesses_as_the_driver_does) {
    EXPECT_EQ(errno_of(make_op(code::read, 0x2)), EINVAL);
    EXPECT_EQ(errno_of(make_op(code::read, 0x0, 0, 24)), EINVAL);
    EXPECT_EQ(errno_of(make_op(static_cast<code>(9), 0x0)), EINVAL);
    EXPECT_EQ(errno_of(make_op(code::write, 0x1000, 0x1'0000'0000)), EINVAL);
    EXPECT_EQ(errno_of(make_op(code::read, 0x0, 0, 32, 1)), EINVAL);
    EXPECT_EQ(errno_of(make_op(code::read, 0x10000)), ERANGE);
    EXPECT_EQ(errno_of(make_op(code::read, ~std::uint64_t{7}, 0, 64)), ERANGE);
    auto op = make_op(code::read_block, 0x0);
    op.count = 0;
    EXPECT_EQ(errno_of(op), EINVAL);
    op.count = 0xffffffff;
    EXPECT_EQ(errno_of(op), ERANGE);
    op = make_op(code::read, 0x0);
    op.flags = operation::fixed;
    EXPECT_EQ(errno_of(op), EINVAL);
    op.flags = 0;
    op.bar = 1;
    EXPECT_EQ(errno_of(op), ENXIO);
    op.bar = 255;
    EXPECT_EQ(errno_of(op), ENXIO);
}

TEST_F(sim, stops_at_the_first_error) {
    std::array ops{make_op(code::write, 0x1000, 1), make_op(code::read, 0x2),
                   make_op(code::write, 0x1000, 2)};
    const auto came = sim_->run(ops);
    EXPECT_EQ(came.done, 1U);
    EXPECT_EQ(came.error.value(), EINVAL);
    EXPECT_EQ(read(0x1000), 1U);
}

TEST_F(sim, polls_until_the_bits_come_or_time_is_out) {
    auto op = make_op(code::poll, 0x1000, 5, 32, 0xf);
    op.count = 1000;
    EXPECT_EQ(errno_of(op), ETIMEDOUT);
    std::jthread other([&] { sim_->set("PLAIN", 0x35); });
    op.count = 5'000'000;
    EXPECT_EQ(sim_->run({&op, 1}).error.value(), 0);
    EXPECT_EQ(op.value, 0x35U);
}

TEST_F(sim, maps_only_pages_without_effects) {
    EXPECT_FALSE(mapped(0, 0x14, 4, false)); // FIFO in the page
    EXPECT_TRUE(mapped(0, 0x1000, 4, true));
    EXPECT_TRUE(mapped(0, 0x2000, 4, false));
    EXPECT_FALSE(mapped(0, 0x2000, 4, true)); // read-only in the page
    EXPECT_FALSE(mapped(0, 0x1000, 0x1004, true));
    EXPECT_TRUE(mapped(0, 0x1000, 0x1004, false));
    EXPECT_FALSE(mapped(0, 0x10000, 4, false));
    EXPECT_FALSE(mapped(0, 0xfffc, 8, false));
    EXPECT_FALSE(mapped(1, 0, 4, false));
    EXPECT_FALSE(mapped(7, 0, 4, false));
}

TEST_F(sim, map_and_calls_see_the_same_memory) {
    auto* word = reinterpret_cast<volatile std::uint32_t*>(sim_->map(0, 0x1000, 4, true));
    *word = 0x1234;
    EXPECT_EQ(read(0x1000), 0x1234U);
    EXPECT_EQ(write(0x1000, 0x5678), 0);
    EXPECT_EQ(*word, 0x5678U);
}

TEST_F(sim, large_bars_cost_no_memory) {
    const long before = resident_kib();
    const sim_board another(make_tester());
    EXPECT_EQ(another.bar(2).size, std::uint64_t{512} << 20);
    EXPECT_LT(resident_kib() - before, 4096);
}

TEST_F(sim, a_write_combined_bar_says_so) {
    const sim_board adc(load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc8.yaml"));
    EXPECT_FALSE(adc.bar(0).write_combined);
    EXPECT_TRUE(adc.bar(2).write_combined);
    EXPECT_EQ(adc.bar(2).mapping, "all");
}

TEST_F(sim, unplugged_it_fails_calls_and_maps_read_all_ones) {
    auto* word = reinterpret_cast<volatile std::uint32_t*>(sim_->map(0, 0x1000, 4, true));
    auto* last = sim_->map(2, (std::uint64_t{512} << 20) - 1, 1, true);
    *word = 1;
    sim_->unplug();
    EXPECT_TRUE(sim_->gone());
    EXPECT_NE(*sim_->gone_flag(), 0U);
    EXPECT_EQ(*word, 0xffffffffU);
    EXPECT_EQ(std::to_integer<int>(*last), 0xff);
    *word = 1; // goes nowhere
    EXPECT_EQ(errno_of(make_op(code::read, 0x1000)), ENODEV);
    EXPECT_EQ(errno_of(make_op(code::poll, 0x1000)), ENODEV);
    EXPECT_FALSE(mapped(0, 0x1000, 4, false));
}

TEST(sim_board, takes_values_at_power_on_in_engineering_units) {
    const sim_board board(
        make_tester(), 4,
        {.simulate = {{"adc.ch[3].GAIN", -1.5}, {"CTRL.RATE", 10.0}, {"TEMPERATURE", 25.0}}});
    EXPECT_EQ(board.get("adc.ch[3].GAIN"), 0xe800U);
    EXPECT_EQ(board.get("adc.ch[2].GAIN"), 0U);
    EXPECT_EQ(board.get("CTRL"), 20U << 8);
    EXPECT_EQ(board.get("TEMPERATURE"), 180U);
}

TEST(sim_board, names_wrong_values_at_power_on) {
    EXPECT_EQ(error_of([] {
                  sim_board(make_tester(), 4, {.simulate = {{"CTRL.RATTE", 1.0}}});
              }).first,
              errc::no_such_register);
    EXPECT_EQ(error_of([] {
                  sim_board(make_tester(), 4, {.simulate = {{"BYTE", 256.0}}});
              }).first,
              errc::out_of_range);
}

board_description_ptr make_edu() {
    auto board = std::make_shared<board_description>();
    board->name = "edu";
    board->bars.resize(1);
    board->bars[0].name = "regs";
    board->bars[0].size = 0x100000;
    board->registers = {make_register("ID", 0, 0x0),          make_register("LIVENESS", 0, 0x4),
                        make_register("FACTORIAL", 0, 0x8),   make_register("STATUS", 0, 0x20),
                        make_register("IRQ_STATUS", 0, 0x24), make_register("IRQ_RAISE", 0, 0x60),
                        make_register("IRQ_ACK", 0, 0x64)};
    board->registers[0].access = access::ro;
    board->registers[4].access = access::ro;
    board->registers[5].access = access::wo;
    board->registers[6].access = access::wo;
    board->build_index();
    return board;
}

TEST(edu_model, inverts_computes_and_interrupts) {
    const board edu(std::make_shared<sim_board>(make_edu()), make_edu());
    edu.reg("LIVENESS").write_raw(0x12345678);
    EXPECT_EQ(edu.reg("LIVENESS").raw(), 0xedcba987U);
    edu.reg("STATUS").write_raw(0x80);
    edu.reg("FACTORIAL").write_raw(10);
    EXPECT_EQ(edu.reg("FACTORIAL").raw(), 3628800U);
    EXPECT_EQ(edu.reg("IRQ_STATUS").raw(), 1U);
    edu.reg("IRQ_RAISE").write_raw(0x6);
    edu.reg("IRQ_ACK").write_raw(0x3);
    EXPECT_EQ(edu.reg("IRQ_STATUS").raw(), 4U);
    edu.reg("FACTORIAL").write_raw(0xffffffff);
    EXPECT_EQ(edu.reg("FACTORIAL").raw(), 0U);
}

} // namespace sim_test
