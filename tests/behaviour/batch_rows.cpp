// SPDX-License-Identifier: BSD-3-Clause
// Batches and waiting.
#include "stand.hpp"

#include <chrono>

namespace batch_rows {

using namespace behaviour;
using namespace std::chrono_literals;
using upciedev::errc;

class batch_row : public row {};

auto scratch() {
    return find_registers(is_scratch);
}

constexpr auto no_scratch = "no register without a meaning to write to";

TEST_F(batch_row, runs_in_the_order_given) {
    NEED(found, find_registers(is_answering), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        auto batch = each.board.batch();
        std::vector<upciedev::batch::result> answers;
        for (std::uint64_t i = 0; i < 32; ++i) {
            batch.write_raw(reg, i * 7);
            answers.push_back(batch.read(reg));
        }
        EXPECT_EQ(batch.size(), 64);
        batch.run();
        EXPECT_EQ(batch.done(), 64);
        for (std::uint64_t i = 0; i < 32; ++i)
            EXPECT_EQ(answers[i].raw(), each.answer(i * 7));
    }
}

TEST_F(batch_row, touches_nothing_before_it_runs) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        reg.write_raw(0x11);
        auto batch = each.board.batch();
        batch.write_raw(reg, 0x22);
        const auto answer = batch.read(reg);
        EXPECT_EQ(reg.raw(), 0x11);
        EXPECT_THROW(std::ignore = answer.raw(), upciedev::error);
        batch.run();
        EXPECT_EQ(answer.raw(), 0x22);
    }
}

TEST_F(batch_row, stops_at_the_first_error_and_tells_how_far_it_came) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        auto batch = each.board.batch();
        batch.write_raw(reg, 1);
        const auto before = batch.read(reg);
        batch.wait(reg, 0xff, 2, 2ms); // never: nobody writes 2 before it
        batch.write_raw(reg, 3);
        const auto behind = batch.read(reg);
        expect_error(errc::timeout, [&] { batch.run(); }, {each.path});
        EXPECT_EQ(batch.done(), 2);
        EXPECT_EQ(before.raw(), 1);
        EXPECT_EQ(reg.raw(), 1) << "what stands behind the error must not be carried out";
        EXPECT_THROW(std::ignore = behind.raw(), upciedev::error);
    }
}

TEST_F(batch_row, can_be_cleared_and_used_again) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        auto batch = each.board.batch();
        batch.write_raw(reg, 5);
        batch.run();
        batch.clear();
        EXPECT_EQ(batch.size(), 0);
        reg.write_raw(6);
        const auto answer = batch.read(reg);
        batch.run();
        EXPECT_EQ(answer.raw(), 6) << "the write before clear() must not come again";
    }
}

TEST_F(batch_row, waits_for_bits_that_are_there) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        reg.write_raw(0x51);
        EXPECT_EQ(reg.wait_raw(0xf0, 0x50, 1s), 0x51);
        auto batch = each.board.batch();
        batch.wait(reg, 0x0f, 0x01, 1s);
        EXPECT_NO_THROW(batch.run());
    }
}

TEST_F(batch_row, waits_until_the_board_has_done_its_work) {
    NEED(found, find_registers([](const auto& what) { return what.path == "FACTORIAL"; }),
         "no edu, whose factorial takes its time");
    FOR_EACH(each, found) {
        const auto factorial = each.reg();
        const auto status = each.board.reg("STATUS");
        auto batch = each.board.batch();
        batch.write_raw(factorial, 10);
        batch.wait(status, status.field("COMPUTING").description().mask(), 0, 5s);
        const auto answer = batch.read(factorial);
        batch.run();
        EXPECT_EQ(answer.raw(), 3628800U);
    }
}

TEST_F(batch_row, waiting_ends_in_time) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        reg.write_raw(0x51);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(reg.wait_raw(0xf0, 0x60, 20ms), std::nullopt);
        const auto took = std::chrono::steady_clock::now() - begin;
        EXPECT_GE(took, 20ms);
        EXPECT_LT(took, 10s); // generous: guests run without KVM
    }
}

TEST_F(batch_row, writes_engineering_values) {
    const auto scaled = [](const auto& what) {
        return is_plain(what) && !what.convert.is_identity() && what.fields.empty();
    };
    NEED(found, find_registers(scaled), "no scaled register");
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        for (const auto& wanted : exact_values(*each.about)) {
            auto batch = each.board.batch();
            batch.write(reg, wanted);
            const auto answer = batch.read(reg);
            batch.run();
            EXPECT_EQ(answer.get(), wanted);
            EXPECT_EQ(answer.raw(), encode(each.about->convert, wanted));
        }
    }
}

} // namespace batch_rows
