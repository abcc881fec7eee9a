// SPDX-License-Identifier: BSD-3-Clause
// One board's memory into another's, between the stretches that board files leave to tests.
#include "stand.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace peer_rows {

using namespace behaviour;
using namespace std::chrono_literals;
using upciedev::errc;
using upciedev::region;

class peer_row : public row {};

using word_list = std::vector<std::uint32_t>;

word_list word_pattern(std::size_t count, unsigned seed) {
    return pattern<std::uint32_t>(count, seed);
}

/// What tests may write of a board's peer window.
struct scratch {
    upciedev::board board;
    upciedev::bar bar;
    std::uint64_t offset, size; ///< bytes

    [[nodiscard]] std::string name() const { return board.label(); }
    [[nodiscard]] region all() const { return bar.region(offset, size); }
    [[nodiscard]] std::size_t count() const { return size / 4; }
    void fill(const word_list& data) const { bar.write_block(offset, data); }
    [[nodiscard]] word_list contents() const {
        word_list data(count());
        bar.read_block(offset, data);
        return data;
    }
    /// The channel reads it.
    [[nodiscard]] bool is_read_by(const found_channel& each) const {
        const auto& what = each.channel.description();
        if (each.board.label() != board.label() || what.to_board || what.area.empty()) return false;
        const auto& memory = board.description()->find_area(what.area);
        return memory.bar == bar.index() && memory.offset <= offset &&
               offset + size <= memory.offset + each.size();
    }
};

std::vector<scratch> find_scratch() {
    std::vector<scratch> found;
    for (const auto& each : boards()) {
        const auto& board = each.board;
        if (!board.description() || !board.way().capabilities().has(upciedev::capability::peer))
            continue;
        for (const auto& what : board.description()->bars)
            if (what.scratch && board.bar(what.index).facts().peer)
                found.push_back(
                    {board, board.bar(what.index), what.scratch->offset, what.scratch->size});
    }
    return found;
}

struct peer_pair {
    scratch from, to;
    upciedev::board board; ///< that moves
    [[nodiscard]] std::string name() const {
        return from.board.label() + " to " + to.board.label();
    }
    [[nodiscard]] upciedev::peer_route route() const {
        return from.board.route_to(to.board, to.bar.index());
    }
};

constexpr std::size_t most_targets = 2; // of one board

/// \param open whether the way leads there
std::vector<peer_pair> find_peer_pairs(bool open) {
    std::vector<peer_pair> found;
    const auto all = find_scratch();
    const auto channels = find_channels();
    for (const auto& from : all) {
        const auto reads = [&](const auto& each) { return from.is_read_by(each); };
        if (std::ranges::none_of(channels, reads)) continue;
        std::size_t targets = 0;
        for (const auto& to : all) {
            const peer_pair each{from, to, from.board};
            if (from.board.label() == to.board.label() || from.size != to.size ||
                each.route().open() != open || targets++ == most_targets)
                continue;
            found.push_back(each);
        }
    }
    return found;
}

constexpr auto no_peers =
    "no two boards whose board files leave peer memory to tests, and an engine";
constexpr auto no_refused = "no way between such boards is refused here";

TEST_F(peer_row, a_copy_arrives_in_the_other_board) {
    NEED(found, find_peer_pairs(true), no_peers);
    FOR_EACH(each, found) {
        const auto data = word_pattern(each.from.count(), 1);
        each.from.fill(data);
        each.to.fill(word_list(each.to.count()));
        const auto how = upciedev::copy(each.from.all(), each.to.all(), {.verify = true});
        EXPECT_TRUE(how.route.open()) << how.text();
        EXPECT_FALSE(how.bounced);
        EXPECT_EQ(how.bytes, each.from.size);
        EXPECT_EQ(how.arrival, upciedev::arrival::verified);
        EXPECT_EQ(each.to.contents(), data);
        EXPECT_EQ(each.from.contents(), data);
    }
}

TEST_F(peer_row, a_doorbell_comes_last) {
    NEED(found, find_peer_pairs(true), no_peers);
    FOR_EACH(each, found) {
        auto data = word_pattern(each.from.count(), 2);
        each.from.fill(data);
        each.to.fill(word_list(each.to.count()));
        const auto half = each.from.size / 2;
        const auto part = [&](const scratch& of, std::uint64_t at, std::uint64_t size) {
            return of.bar.region(of.offset + at, size);
        };
        const upciedev::doorbell bell{part(each.from, half, 64), part(each.to, half, 64)};
        const auto how =
            upciedev::copy(part(each.from, 0, half), part(each.to, 0, half), {.doorbell = bell});
        EXPECT_EQ(how.arrival, upciedev::arrival::doorbell);
        std::fill(data.begin() + static_cast<std::ptrdiff_t>((half + 64) / 4), data.end(), 0U);
        const auto end = std::chrono::steady_clock::now() + 10s; // it was issued, not more
        while (each.to.contents() != data && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(1ms);
        EXPECT_EQ(each.to.contents(), data);
    }
}

TEST_F(peer_row, a_refused_copy_explains_itself_and_goes_by_memory) {
    NEED(found, find_peer_pairs(false), no_refused);
    FOR_EACH(each, found) {
        const auto before = each.to.contents();
        each.from.fill(word_pattern(each.from.count(), 3));
        expect_error(errc::not_permitted, [&] { upciedev::copy(each.from.all(), each.to.all()); });
        EXPECT_EQ(each.to.contents(), before);
        const auto how = upciedev::copy(each.from.all(), each.to.all(),
                                        {.fallback = upciedev::fallback::bounce, .verify = true});
        EXPECT_TRUE(how.bounced);
        EXPECT_EQ(each.to.contents(), each.from.contents());
    }
}

TEST_F(peer_row, a_copy_by_memory_arrives) {
    NEED(found, find_scratch(), no_peers);
    if (found.size() < 2) GTEST_SKIP() << no_peers;
    const auto &from = found.front(), &to = found.back();
    const auto data = word_pattern(from.count() - 1, 4);
    from.bar.write_block(from.offset, data);
    to.fill(word_list(to.count()));
    // At an odd place the engines cannot, the processor can.
    const auto how = upciedev::copy(from.bar.region(from.offset, from.size - 5),
                                    to.bar.region(to.offset + 1, to.size - 5),
                                    {.fallback = upciedev::fallback::bounce, .verify = true});
    EXPECT_EQ(how.bytes, from.size - 5);
    EXPECT_EQ(how.arrival, upciedev::arrival::verified);
    EXPECT_EQ(to.contents().front() >> 8U, data.front() & 0xffffffU);
}

TEST_F(peer_row, both_ways_at_once) {
    NEED(found, find_peer_pairs(true), no_peers);
    std::vector<peer_pair> both;
    for (const auto& one : found)
        for (const auto& other : found)
            if (both.empty() && one.from.board.label() == other.to.board.label() &&
                one.to.board.label() == other.from.board.label())
                both = {one, other};
    if (both.empty()) GTEST_SKIP() << "no two boards with an engine each";
    const auto half = both.front().from.size / 2;
    const auto upper = [&](const scratch& of) { return of.bar.region(of.offset + half, half); };
    const auto lower = [&](const scratch& of) { return of.bar.region(of.offset, half); };
    for (const auto& each : both)
        each.from.fill(word_pattern(each.from.count(), 5));
    const auto run = [&](const peer_pair& each) {
        for (int i = 0; i < 20; ++i)
            upciedev::copy(lower(each.from), upper(each.to), {.timeout = 30s});
    };
    {
        const std::jthread one([&] { run(both[0]); }), other([&] { run(both[1]); });
    }
    const auto data = word_pattern(both.front().from.count() / 2, 5);
    for (const auto& each : both) {
        upciedev::copy(lower(each.from), upper(each.to), {.verify = true});
        word_list got(data.size());
        each.to.bar.read_block(each.to.offset + half, got);
        EXPECT_EQ(got, data) << each.name();
    }
}

TEST_F(peer_row, a_stream_feeds_the_other_board) {
    NEED(found, find_peer_pairs(true), no_peers);
    FOR_EACH(each, found) {
        const auto data = word_pattern(each.from.count(), 6);
        each.from.fill(data);
        each.to.fill(word_list(each.to.count()));
        const auto& what = *std::ranges::find_if(each.from.board.description()->dma,
                                                 [](const auto& one) { return !one.to_board; });
        const auto& memory = each.from.board.description()->find_area(what.area);
        const std::uint64_t frame = each.to.size / 4;
        auto stream = each.from.board.dma(what.name).stream_to(
            each.to.all(), frame,
            {.offset = each.from.offset - memory.offset, .step = frame, .count = 4});
        std::uint64_t number = 0;
        for (const auto& one : stream) {
            EXPECT_EQ(one.sequence(), number++);
            EXPECT_TRUE(one.bytes().empty());
        }
        EXPECT_EQ(number, 4U);
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (each.to.contents() != data && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(1ms);
        EXPECT_EQ(each.to.contents(), data);
    }
}

TEST_F(peer_row, leases_keep_each_other_away) {
    NEED(found, find_scratch(), no_peers);
    FOR_EACH(each, found) {
        const auto area_of = [&]() -> const upciedev::area_description* {
            for (const auto& what : each.board.description()->areas)
                if (what.bar == each.bar.index() && what.offset <= each.offset &&
                    each.offset + each.size <= what.offset + what.size())
                    return &what;
            return nullptr;
        };
        const auto* what = area_of();
        if (what == nullptr) continue;
        const auto area = each.board.area(what->path);
        const auto first = (each.offset - what->offset) / what->element_size();
        auto held = area.lease(first, 4);
        expect_error(errc::busy, [&] { std::ignore = area.lease(first + 3, 2); });
        EXPECT_TRUE(area.lease(first + 4, 4).held());
        held.release();
        EXPECT_TRUE(area.lease(first + 3, 2).held());
    }
}

} // namespace peer_rows
