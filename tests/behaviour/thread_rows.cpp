// SPDX-License-Identifier: BSD-3-Clause
// Boards and registers shared by threads.
#include "stand.hpp"

#include <atomic>
#include <thread>

namespace thread_rows {

using namespace behaviour;

class thread_row : public row {};

constexpr int rounds = 200;

/// Runs \p work(number of the thread) in four threads at once; an exception fails the row.
void in_four_threads(const std::function<void(unsigned)>& work) {
    std::vector<std::jthread> threads;
    for (unsigned number = 0; number < 4; ++number)
        threads.emplace_back([&work, number] {
            try {
                work(number);
            } catch (const std::exception& failure) {
                ADD_FAILURE() << failure.what();
            }
        });
}

auto scratch() {
    return find_registers(is_scratch);
}

constexpr auto no_scratch = "no register without a meaning to write to";

TEST_F(thread_row, readers_never_see_half_a_write) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        const auto one = 0x0101010101010101 & low_bits(each.about->width);
        reg.write_raw(one);
        std::atomic<int> strange{0};
        in_four_threads([&](unsigned number) {
            for (int i = 0; i < rounds; ++i)
                if (number == 0)
                    reg.write_raw(one * static_cast<unsigned>(1 + i % 3));
                else if (const auto bits = reg.raw(); bits % one != 0 || bits / one > 3)
                    ++strange;
        });
        EXPECT_EQ(strange, 0);
    }
}

TEST_F(thread_row, modifies_of_one_register_lose_nothing) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto reg = each.reg();
        const restore afterwards(reg);
        reg.write_raw(0);
        std::atomic<int> lost{0};
        in_four_threads([&](unsigned number) { // each has two bits of its own
            const auto mine = std::uint64_t{3} << (2 * number);
            for (unsigned i = 0; i < rounds; ++i) {
                const auto next = std::uint64_t{(i + 1) % 4} << (2 * number);
                const auto before = reg.modify_raw(mine, next);
                if ((before & mine) != std::uint64_t{i % 4} << (2 * number)) ++lost;
            }
        });
        EXPECT_EQ(lost, 0);
        EXPECT_EQ(reg.raw(), 0U) << "200 steps bring every thread's bits back to 0";
    }
}

TEST_F(thread_row, batches_of_several_threads_do_not_mix) {
    NEED(found, scratch(), no_scratch);
    FOR_EACH(each, found) {
        const auto constant = each.board.reg(each.path);
        const restore afterwards(constant);
        constant.write_raw(0x2a);
        in_four_threads([&](unsigned number) {
            const auto reg = each.board.reg(each.path); // resolving is thread-safe, too
            auto batch = each.board.batch();
            std::vector<upciedev::batch::result> answers;
            for (unsigned i = 0; i < 8 + number; ++i)
                answers.push_back(batch.read(reg));
            for (int i = 0; i < rounds / 10; ++i)
                batch.run();
            for (const auto& answer : answers)
                EXPECT_EQ(answer.raw(), 0x2aU);
        });
    }
}

TEST_F(thread_row, boards_are_opened_at_the_same_time) {
    std::vector<stand_board> in_slots;
    for (const auto& each : boards())
        if (each.entry.slot) in_slots.push_back(each);
    ASSERT_FALSE(in_slots.empty());
    std::atomic<int> right{0};
    in_four_threads([&](unsigned number) { // two threads each open the same board
        const auto& mine = in_slots[number / 2 % in_slots.size()];
        if (the_crate().board(*mine.entry.slot).label() == mine.board.label()) ++right;
    });
    EXPECT_EQ(right, 4);
}

} // namespace thread_rows
