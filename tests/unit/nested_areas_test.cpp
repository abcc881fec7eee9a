// SPDX-License-Identifier: BSD-3-Clause
// Areas of a simulated board that overlap, against a model that knows each byte by itself.
// UPCIEDEV_SEED=N repeats a run.
#include "test_board.hpp"

#include <upciedev/extend/model.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <random>

namespace nested_areas_test {

using namespace test;
using code = operation::code;

constexpr std::uint64_t bar_size = 4096;
constexpr unsigned rounds = 300, accesses = 200;

struct view {
    std::uint64_t begin, end;
    upciedev::access rights;
};

board_description_ptr board_with(const std::vector<view>& views) {
    auto board = std::make_shared<board_description>();
    board->name = "nested";
    board->bars.resize(1);
    board->bars[0].name = "memory";
    board->bars[0].size = bar_size;
    for (const auto& each : views) {
        const auto path = "VIEW" + std::to_string(board->areas.size());
        board->areas.push_back(
            make_area(path, 0, each.begin, each.end - each.begin, unsigned_type(8)));
        board->areas.back().access = each.rights;
    }
    board->build_index();
    return board;
}

/// A byte may be read if one of its views may, and written likewise; it is kept where both is so.
class naive_memory {
  public:
    explicit naive_memory(const std::vector<view>& views) {
        for (const auto& each : views)
            for (auto at = each.begin; at < each.end; ++at) {
                bytes_[at].readable |= each.rights != upciedev::access::wo;
                bytes_[at].writable |= each.rights != upciedev::access::ro;
            }
    }
    [[nodiscard]] std::uint64_t read(std::uint64_t offset, unsigned bytes) const {
        std::uint64_t bits = 0;
        for (unsigned i = 0; i < bytes; ++i)
            if (bytes_[offset + i].readable)
                bits |= std::uint64_t{bytes_[offset + i].value} << (8 * i);
        return bits;
    }
    void write(std::uint64_t offset, unsigned bytes, std::uint64_t bits) {
        for (unsigned i = 0; i < bytes; ++i) {
            auto& at = bytes_[offset + i];
            if (at.readable && at.writable) at.value = static_cast<std::uint8_t>(bits >> (8 * i));
        }
    }

  private:
    struct byte {
        bool readable = false, writable = false;
        std::uint8_t value = 0;
    };
    std::array<byte, bar_size> bytes_{};
};

class dice {
  public:
    dice() : engine_(seed()) {}
    std::uint64_t below(std::uint64_t end) {
        return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_);
    }
    std::uint64_t bits() { return engine_(); }

  private:
    static std::uint64_t seed() {
        const char* wish = std::getenv("UPCIEDEV_SEED"); // NOLINT(concurrency-mt-unsafe)
        const auto chosen =
            wish != nullptr ? std::strtoull(wish, nullptr, 0) : std::random_device{}();
        std::cout << "UPCIEDEV_SEED=" << chosen << '\n';
        return chosen;
    }
    std::mt19937_64 engine_;
};

/// Few places, so that many views begin or end at the same one, and some are within others.
std::vector<view> random_views(dice& random) {
    constexpr std::uint64_t places = 24;
    std::vector<view> views(1 + random.below(8));
    for (auto& each : views) {
        each.begin = 3 * random.below(places);
        each.end = each.begin + 3 * (1 + random.below(places));
        each.rights = std::array{upciedev::access::rw, upciedev::access::rw, upciedev::access::ro,
                                 upciedev::access::wo}
                          .at(random.below(4));
    }
    return views;
}

operation block_of(code what, std::uint64_t offset, std::span<std::uint8_t> data) {
    operation op;
    op.op = what;
    op.width = 8;
    op.offset = offset;
    op.count = static_cast<std::uint32_t>(data.size());
    op.value = reinterpret_cast<std::uintptr_t>(data.data());
    return op;
}

std::uint64_t read_of(sim_board& sim, std::uint64_t offset, unsigned bytes) {
    operation op;
    op.offset = offset;
    op.width = static_cast<std::uint8_t>(8 * bytes);
    EXPECT_FALSE(sim.run({&op, 1}).error);
    return op.value;
}

void write_to(sim_board& sim, std::uint64_t offset, unsigned bytes, std::uint64_t bits) {
    operation op;
    op.op = code::write;
    op.offset = offset;
    op.width = static_cast<std::uint8_t>(8 * bytes);
    op.value = bits;
    EXPECT_FALSE(sim.run({&op, 1}).error);
}

TEST(nested_areas, a_view_within_another_hides_nothing_behind_it) {
    sim_board sim(board_with({{0, 2048, upciedev::access::rw}, {64, 128, upciedev::access::rw}}),
                  4);
    for (const std::uint64_t offset : {0, 64, 128, 1024, 2040}) {
        write_to(sim, offset, 8, 0x1122334455667788 + offset);
        EXPECT_EQ(read_of(sim, offset, 8), 0x1122334455667788 + offset) << offset;
    }
    write_to(sim, 2048, 8, ~std::uint64_t{0});
    EXPECT_EQ(read_of(sim, 2048, 8), 0U) << "behind both";
}

TEST(nested_areas, of_views_that_begin_together_each_counts) {
    for (const bool long_first : {true, false}) {
        const view inner{64, 72, upciedev::access::ro}, outer{64, 256, upciedev::access::rw};
        sim_board sim(
            board_with(long_first ? std::vector{outer, inner} : std::vector{inner, outer}), 4);
        for (const std::uint64_t offset : {64, 68, 72, 248}) {
            write_to(sim, offset, 4, 99);
            EXPECT_EQ(read_of(sim, offset, 4), 99U) << offset;
        }
    }
}

TEST(nested_areas, are_what_their_bytes_are) {
    dice random;
    for (unsigned round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        const auto views = random_views(random);
        sim_board sim(board_with(views), 4);
        naive_memory naive(views);
        for (unsigned i = 0; i < accesses; ++i) {
            const auto bytes = 1U << random.below(4);
            const auto offset = random.below(160 / bytes) * bytes;
            const auto bits = random.bits() & (~std::uint64_t{0} >> (64 - 8 * bytes));
            write_to(sim, offset, bytes, bits);
            naive.write(offset, bytes, bits);
            const auto look = random.below(160 / bytes) * bytes;
            ASSERT_EQ(read_of(sim, look, bytes), naive.read(look, bytes)) << look;
        }
        for (std::uint64_t at = 0; at < 160; ++at)
            ASSERT_EQ(read_of(sim, at, 1), naive.read(at, 1)) << at;
    }
}

TEST(nested_areas, are_the_same_to_blocks) {
    dice random;
    for (unsigned round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        const auto views = random_views(random);
        sim_board sim(board_with(views), 4);
        naive_memory naive(views);
        std::array<std::uint8_t, 160> data{};
        for (unsigned i = 0; i < accesses / 10; ++i) {
            const auto begin = random.below(data.size()),
                       size = 1 + random.below(data.size() - begin);
            const std::span part(data.data(), size);
            for (std::uint64_t at = 0; at < size; ++at) {
                part[at] = static_cast<std::uint8_t>(random.bits());
                naive.write(begin + at, 1, part[at]);
            }
            auto op = block_of(code::write_block, begin, part);
            ASSERT_FALSE(sim.run({&op, 1}).error);
            op = block_of(code::read_block, 0, data);
            ASSERT_FALSE(sim.run({&op, 1}).error);
            for (std::uint64_t at = 0; at < data.size(); ++at)
                ASSERT_EQ(data.at(at), naive.read(at, 1)) << at;
        }
    }
}

TEST(nested_areas, are_mapped_for_writing_only_where_all_is_kept) {
    const view all{0, bar_size, upciedev::access::rw};
    const auto mapped = [](const std::vector<view>& views, bool writing) {
        return sim_board(board_with(views), 4).map(0, 0, bar_size, writing) != nullptr;
    };
    EXPECT_TRUE(mapped({all, {64, 128, upciedev::access::rw}}, true));
    EXPECT_TRUE(mapped({all, {64, 128, upciedev::access::ro}}, true))
        << "a second view of what can be written";
    EXPECT_FALSE(mapped({{0, 64, upciedev::access::rw}, {32, 128, upciedev::access::ro}}, true));
    EXPECT_FALSE(mapped({{0, 64, upciedev::access::rw}, {32, 128, upciedev::access::wo}}, true));
}

} // namespace nested_areas_test
