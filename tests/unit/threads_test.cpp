// SPDX-License-Identifier: BSD-3-Clause
// What many threads may share: crate, board, reg, field, area. Under ThreadSanitizer as well
// (tools/sanitize.sh).
#include "test_board.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/crate.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace threads_test {

using namespace test;

constexpr unsigned workers = 4;
const std::string demo_crate = "sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml";

/// The same work in each of some threads, which get numbers 0, 1, ...
template <class Work>
void in_threads(Work work) {
    std::vector<std::jthread> threads;
    threads.reserve(workers);
    for (unsigned number = 0; number < workers; ++number)
        threads.emplace_back(work, number);
}

TEST(threads, open_boards_of_one_crate) {
    const auto lab = crate::open(demo_crate);
    std::atomic<unsigned> opened{0};
    in_threads([&](unsigned) {
        for (const auto& entry : lab.list()) {
            const auto one = lab.board(entry.slot.value());
            EXPECT_FALSE(one.name().empty());
            ++opened;
        }
    });
    EXPECT_EQ(opened, workers * lab.list().size());
}

TEST(threads, resolve_names_of_one_board) {
    const auto adc = crate::open(demo_crate).board(4);
    in_threads([&](unsigned number) {
        for (unsigned i = 0; i < 100; ++i)
            EXPECT_EQ(adc.reg("adc.ch[" + std::to_string(i % 8) + "].GAIN").description().path,
                      adc.reg("adc.ch[" + std::to_string(number) + "].GAIN").description().path);
    });
}

TEST(threads, fields_of_one_register_do_not_undo_each_other) {
    constexpr unsigned rounds = 2000;
    const auto adc = crate::open(demo_crate).board(4);
    const auto scratch = adc.reg("SCRATCH");
    scratch.write_raw(0);
    in_threads([&](unsigned number) {
        for (unsigned value = 1; value <= rounds; ++value)
            scratch.modify_raw(0xffU << 8 * number, (value & 0xffU) << 8 * number);
    });
    EXPECT_EQ(scratch.raw(), (rounds & 0xffU) * 0x01010101U);
}

TEST(threads, mapped_registers_hold_what_some_thread_wrote) {
    const auto adc = crate::open(demo_crate).board(4);
    const auto length = adc.reg("LENGTH");
    in_threads([&](unsigned number) {
        for (unsigned i = 0; i < 5000; ++i) {
            length.write_raw(0x100 + number);
            EXPECT_EQ(length.raw() & ~std::uint64_t{3}, 0x100U);
        }
    });
}

TEST(threads, areas_and_batches) {
    const auto adc = crate::open(demo_crate).board(4);
    in_threads([&](unsigned number) {
        const auto samples = adc.area("ADC.RAM");
        const std::vector<std::int16_t> mine(256, static_cast<std::int16_t>(number + 1));
        for (unsigned i = 0; i < 50; ++i) {
            samples.write<std::int16_t>(number * 256, mine);
            auto batch = adc.batch();
            batch.write(adc.reg("TABLE[" + std::to_string(number) + "]"), i);
            const auto answer = batch.read(adc.reg("TABLE[" + std::to_string(number) + "]"));
            batch.run();
            EXPECT_EQ(answer.raw(), i);
            EXPECT_EQ(samples.read<std::int16_t>(number * 256, 256), mine);
        }
    });
}

TEST(threads, a_board_pulled_out_under_them) {
    const auto way = std::make_shared<sim_board>(
        load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc8.yaml"), 4);
    const board adc(way, load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc8.yaml"));
    std::atomic<unsigned> working{0}, told{0};
    std::jthread hand{[&] {
        while (working < workers)
            std::this_thread::yield();
        way->unplug();
    }};
    in_threads([&](unsigned) {
        const auto scratch = adc.reg("SCRATCH");
        const auto ctrl = adc.reg("CTRL").field("DECIMATION");
        try {
            for (bool first = true;; first = false) {
                scratch.write_raw(scratch.raw() & 0xffffU);
                ctrl.write(1);
                if (first) ++working;
            }
        } catch (const error& gone) {
            EXPECT_EQ(gone.kind(), errc::board_gone) << gone.what();
            ++told;
        }
    });
    EXPECT_EQ(told, workers);
}

} // namespace threads_test
