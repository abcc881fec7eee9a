// SPDX-License-Identifier: BSD-3-Clause
// One board's memory into another's, in a simulated crate.
#include "pattern.hpp"
#include "thrown.hpp"

#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace copy_test {

using namespace upciedev;
using namespace std::chrono_literals;
using test::pattern;
using testing::HasSubstr;

/// Two digitizers, two carriers and a board that is no peer.
class copies : public testing::Test {
  protected:
    explicit copies(const std::string& policy = "") : whole(made(policy)) {}
    static crate made(const std::string& policy) {
        const std::string devices = UPCIEDEV_SOURCE_DIR "/devices/";
        const auto file = std::filesystem::temp_directory_path() /
                          ("upciedev-copies-" + std::to_string(getpid()) + ".yaml");
        std::ofstream(file) << "format: 1\ncrate: test\n"
                            << policy << "slots:\n"
                            << "  2: {board: " << devices << "demo/vadc10.yaml}\n"
                            << "  3: {board: " << devices << "demo/vadc10.yaml}\n"
                            << "  8: {board: " << devices << "demo/vio.yaml}\n"
                            << "  9: {board: " << devices << "demo/vio.yaml}\n"
                            << "  10: {board: " << devices << "demo/vllrf.yaml}\n"
                            << "  11: {board: " << devices << "demo/vsg.yaml}\n"
                            << "  12: {board: " UPCIEDEV_SOURCE_DIR
                               "/tests/every-feature/board.yaml}\n";
        auto opened = crate::open("sim:" + file.string());
        std::filesystem::remove(file);
        return opened;
    }
    [[nodiscard]] static sim_board& sim(const board& which) {
        return dynamic_cast<sim_board&>(which.way());
    }
    [[nodiscard]] static std::span<std::uint8_t> memory(const board& which, unsigned bar) {
        const auto all = sim(which).hardware().memory(bar);
        return {reinterpret_cast<std::uint8_t*>(all.data()), all.size()};
    }
    [[nodiscard]] static std::vector<std::uint8_t> bytes_of(const board& which, unsigned bar,
                                                            std::size_t at, std::size_t size) {
        const auto part = memory(which, bar).subspan(at, size);
        return {part.begin(), part.end()};
    }
    static void fill(const board& which, unsigned bar, std::size_t at,
                     const std::vector<std::uint8_t>& bytes) {
        std::ranges::copy(bytes, memory(which, bar).subspan(at).begin());
    }
    [[nodiscard]] static std::uint64_t unsupported(const board& which) {
        return which.health().errors.value_or(error_counts{}).nonfatal;
    }
    static void redirect(const board& which, bool on = true) {
        sim(which).hardware().fault(model_fault::acs_redirect, on);
    }

    crate whole;
    board adc = whole.board(2), other = whole.board(3), io = whole.board(8),
          carrier = whole.board(9), llrf = whole.board(10), old = whole.board(12);
    const region source = adc.dma("read").region(4096, 65536);
    const region tables = llrf.bar("tables").region(0, 4096); // no engine of its board reaches it
    const region target = io.area("WINDOW").region(8192 / 4, 65536 / 4);
};

class lenient_copies : public copies {
  protected:
    lenient_copies() : copies("peer_reads: true\npeer_root_complex: true\n") {}
};

constexpr unsigned ddr = 2, window = 4; // BARs

TEST_F(copies, go_straight_through_the_switch) {
    const auto data = pattern(65536);
    fill(adc, ddr, 4096, data);
    const auto how = copy(source, target);
    EXPECT_EQ(how.route.way, peer_way::direct);
    EXPECT_FALSE(how.bounced);
    EXPECT_EQ(how.bytes, 65536U);
    EXPECT_EQ(how.arrival, arrival::issued);
    EXPECT_EQ(how.text(), "direct (switch)");
    EXPECT_EQ(bytes_of(io, window, 8192, 65536), data);
    EXPECT_EQ(bytes_of(io, window, 8191, 1).front(), 0);
    EXPECT_EQ(bytes_of(io, window, 8192 + 65536, 1).front(), 0);
}

TEST_F(copies, of_areas_find_the_engine_by_themselves) {
    const auto data = pattern(2000);
    fill(adc, ddr, 400, data);
    const auto samples = adc.area("DDR");
    const auto size = samples.description().element_size();
    copy(samples.region(400 / size, 2000 / size), io.bar("window").region(0, 2000));
    EXPECT_EQ(bytes_of(io, window, 0, 2000), data);
}

TEST_F(copies, say_when_they_were_verified) {
    fill(adc, ddr, 4096, pattern(65536, 7));
    EXPECT_EQ(copy(source, target, {.verify = true}).arrival, arrival::verified);
}

TEST_F(copies, ring_the_doorbell_after_the_data) {
    fill(adc, ddr, 0, pattern(64));
    const doorbell bell{adc.dma("read").region(0, 4), io.area("WINDOW").region(0, 1)};
    EXPECT_EQ(copy(source, target, {.doorbell = bell}).arrival, arrival::doorbell);
    EXPECT_EQ(bytes_of(io, window, 0, 4), bytes_of(adc, ddr, 0, 4));
}

TEST_F(copies, refuse_a_doorbell_that_could_overtake) {
    const doorbell elsewhere{other.dma("read").region(0, 4), io.area("WINDOW").region(0, 1)};
    const auto reason = thrown_by([&] { copy(source, target, {.doorbell = elsewhere}); });
    EXPECT_EQ(reason.kind(), errc::bad_value);
    EXPECT_THAT(reason.what(), HasSubstr("overtake"));
}

TEST_F(copies, explain_themselves_when_the_switch_is_told_to_forbid_it) {
    fill(adc, ddr, 4096, pattern(65536));
    redirect(adc);
    const auto reason = thrown_by([&] { copy(source, target); });
    EXPECT_EQ(reason.kind(), errc::not_permitted);
    EXPECT_THAT(reason.what(), HasSubstr("slot 8 vio: WINDOW, bytes 8192 to 73727"));
    EXPECT_THAT(reason.what(),
                HasSubstr("slot 2 vadc10 cannot reach it, refused: ACS redirect on the port of "
                          "slot 2"));
    EXPECT_THAT(reason.remedy(), HasSubstr("fallback 'bounce'"));
    EXPECT_EQ(bytes_of(io, window, 8192, 65536), std::vector<std::uint8_t>(65536));
    EXPECT_EQ(unsupported(io), 0U);
    redirect(adc, false);
    EXPECT_EQ(copy(source, target).route.way, peer_way::direct);
    redirect(io);
    EXPECT_EQ(adc.route_to(io, "window", "read").verdict(),
              "refused: ACS redirect on the port of slot 8");
}

TEST_F(copies, fall_back_to_memory_where_asked) {
    const auto data = pattern(65536);
    fill(adc, ddr, 4096, data);
    redirect(adc);
    const auto how = copy(source, target, {.fallback = fallback::bounce});
    EXPECT_TRUE(how.bounced && how.read_by_dma && how.written_by_dma);
    EXPECT_EQ(how.arrival, arrival::arrived);
    EXPECT_EQ(how.text(), "bounced, read by DMA, written by DMA (refused: ACS redirect on the "
                          "port of slot 2)");
    EXPECT_EQ(bytes_of(io, window, 8192, 65536), data);
}

TEST_F(copies, use_the_processor_where_there_is_no_engine) {
    const auto data = pattern(1023);
    fill(other, ddr, 1, data);
    const auto from = other.bar("ddr").region(1, 1023); // no multiple of the alignment
    EXPECT_EQ(thrown_by([&] { copy(from, adc.bar("ddr").region(3, 1023)); }).kind(),
              errc::bad_value);
    const auto how =
        copy(from, adc.bar("ddr").region(3, 1023), {.fallback = fallback::bounce, .verify = true});
    EXPECT_TRUE(how.bounced && how.read_by_dma);
    EXPECT_FALSE(how.written_by_dma);
    EXPECT_EQ(bytes_of(adc, ddr, 3, 1023), data);
    EXPECT_EQ(bytes_of(adc, ddr, 2, 1).front(), 0);
    EXPECT_EQ(bytes_of(adc, ddr, 1026, 1).front(), 0);
}

/// The engine of vsg takes lists, which only its card's plugin can write.
TEST_F(copies, do_without_an_engine_that_this_way_cannot_drive) {
    const auto memory = whole.board(11).bar("ram").region(4096, 65536);
    fill(whole.board(11), ddr, 4096, pattern(65536));
    EXPECT_EQ(thrown_by([&] { copy(memory, target); }).kind(), errc::not_permitted)
        << "the carrier's engine could read it";
    const auto how = copy(memory, target, {.fallback = fallback::bounce});
    EXPECT_TRUE(how.bounced && !how.read_by_dma && how.written_by_dma);
    EXPECT_EQ(bytes_of(io, window, 8192, 65536), pattern(65536));
}

TEST_F(copies, refuse_what_cannot_be) {
    const auto kind = [&](const region& to) { return thrown_by([&] { copy(source, to); }).kind(); };
    EXPECT_EQ(kind(io.bar("window").region(0, 65532)), errc::bad_value) << "another size";
    EXPECT_EQ(kind(adc.area("DDR").region(0, 65536 / adc.area("DDR").description().element_size())),
              errc::not_permitted)
        << "the same board";
    EXPECT_EQ(adc.route_to(io, "regs").verdict(), "refused: the peer does not offer that BAR");
    EXPECT_EQ(adc.route_to(adc, "ddr").reason, peer_reason::self);
    EXPECT_EQ(thrown_by([&] { std::ignore = io.area("WINDOW").region(0, 0); }).kind(),
              errc::bad_value);
    EXPECT_EQ(thrown_by([&] { std::ignore = io.area("WINDOW").region(1 << 20, 1); }).kind(),
              errc::out_of_range);
    EXPECT_EQ(thrown_by([&] { std::ignore = adc.route_to(io, "nothing"); }).kind(),
              errc::no_such_register);
    EXPECT_EQ(thrown_by([&] { std::ignore = adc.route_to(io, "window", "raed"); }).where(),
              "slot 2 vadc10");
    const board unknown(std::make_shared<sim_board>(adc.description(), 5), nullptr);
    EXPECT_THAT(thrown_by([&] { std::ignore = unknown.route_to(io, "window", "read"); }).what(),
                HasSubstr("no board file describes it"));
}

TEST_F(copies, to_a_high_window_are_refused_to_an_engine_with_few_address_bits) {
    ASSERT_EQ(old.dma("read").facts().address_bits, 40U);
    EXPECT_EQ(old.route_to(io, "window", "read").verdict(),
              "refused: the engine cannot emit an address as high as the window's");
    EXPECT_EQ(old.route_to(io, "window").way, peer_way::direct) << "another engine of it might";
}

TEST_F(copies, between_crates_go_by_memory_only) {
    const auto elsewhere = crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/full.yaml");
    const auto far = elsewhere.board(8).bar("window").region(0, 65536);
    const auto reason = thrown_by([&] { copy(source, far); });
    EXPECT_THAT(reason.what(), HasSubstr("know nothing of each other"));
    EXPECT_TRUE(copy(source, far, {.fallback = fallback::bounce, .verify = true}).bounced);
}

TEST_F(copies, reads_from_peers_are_refused_by_policy) {
    const auto reason = thrown_by([&] { copy(tables, io.dma("write").region(0, 4096)); });
    EXPECT_EQ(reason.kind(), errc::not_permitted);
    EXPECT_THAT(reason.what(), HasSubstr("refused: reading from peers is not allowed"));
    EXPECT_THAT(reason.what(), HasSubstr("peer_reads"));
}

/// The mistake of the seed story: the address by which the processor sees the other board.
TEST_F(copies, by_the_address_of_the_processor_reach_nobody) {
    auto* const mapped = io.way().map(window, 0, 4096, true);
    ASSERT_NE(mapped, nullptr);
    auto& hardware = sim(adc).hardware();
    const auto write = [&](const char* path, std::uint64_t bits) {
        const auto at = adc.description()->find_register(path);
        hardware.write(at.description->bar, at.offset, at.description->width, bits);
    };
    const auto run = [&](std::uint64_t destination) {
        write("dma.DESTINATION", destination);
        write("dma.SOURCE", 0);
        write("dma.LENGTH", 4096);
        write("dma.CONTROL", 1);
        for (int i = 0; i < 2000 && adc.read("dma.STATUS.BUSY").to_double() != 0; ++i)
            std::this_thread::sleep_for(1ms);
    };
    fill(adc, ddr, 0, pattern(4096));
    run(reinterpret_cast<std::uintptr_t>(mapped));
    EXPECT_EQ(adc.read("dma.STATUS.ERROR").to_double(), 1);
    EXPECT_EQ(unsupported(adc), 1U) << "nobody answers there";
    EXPECT_EQ(bytes_of(io, window, 0, 4096), std::vector<std::uint8_t>(4096));
    run(sim_bus_address(8, window));
    EXPECT_EQ(adc.read("dma.STATUS.ERROR").to_double(), 0);
    EXPECT_EQ(bytes_of(io, window, 0, 4096), pattern(4096));
    run(sim_bus_address(8, window, std::uint64_t{1} << 20));
    EXPECT_EQ(unsupported(io), 1U) << "behind its window: it counts";
}

TEST_F(lenient_copies, go_through_the_root_complex) {
    const auto data = pattern(65536);
    fill(adc, ddr, 4096, data);
    redirect(adc);
    const auto how = copy(source, target);
    EXPECT_EQ(how.route.way, peer_way::root_complex);
    EXPECT_EQ(how.text(), "through root complex: ACS redirect on the port of slot 2");
    EXPECT_EQ(bytes_of(io, window, 8192, 65536), data);
}

TEST_F(lenient_copies, let_the_target_read_where_the_source_has_no_engine) {
    const auto data = pattern(4096);
    fill(llrf, 4, 0, data);
    const auto how = copy(tables, io.bar("window").region(0, 4096));
    EXPECT_EQ(how.route.way, peer_way::direct);
    EXPECT_FALSE(how.bounced);
    EXPECT_EQ(bytes_of(io, window, 0, 4096), data);
}

TEST_F(copies, board_that_has_gone_is_told_apart) {
    sim(io).unplug();
    const auto reason = thrown_by([&] { copy(source, target); });
    EXPECT_EQ(reason.kind(), errc::board_gone);
    sim(adc).unplug();
    EXPECT_EQ(thrown_by([&] { copy(source, carrier.bar("window").region(0, 65536)); }).kind(),
              errc::board_gone);
}

TEST_F(copies, peer_that_leaves_on_the_way) {
    const auto large = adc.dma("read").region(0, 1 << 20);
    const auto into = io.bar("window").region(0, 1 << 20);
    sim(adc).hardware().fault(model_fault::engine_runs_on, true); // it never ends by itself
    std::jthread puller([&] {
        std::this_thread::sleep_for(20ms);
        sim(io).unplug();
    });
    const auto reason = thrown_by([&] { copy(large, into, {.timeout = 10s}); });
    EXPECT_EQ(reason.kind(), errc::board_gone) << reason.what();
    EXPECT_THAT(reason.where(), HasSubstr("slot 8"));
}

TEST_F(copies, end_by_time_and_by_stop_token) {
    sim(adc).hardware().fault(model_fault::engine_hangs, true);
    EXPECT_EQ(thrown_by([&] { copy(source, target, {.timeout = 20ms}); }).kind(), errc::timeout);
    std::stop_source stop;
    std::jthread ender([&] {
        std::this_thread::sleep_for(20ms);
        stop.request_stop();
    });
    EXPECT_EQ(
        thrown_by([&] { copy(source, target, {.timeout = 60s, .stop = stop.get_token()}); }).kind(),
        errc::interrupted);
}

TEST_F(copies, leases_exclude_each_other) {
    const auto window_area = io.area("WINDOW");
    auto first = window_area.lease(0, 4096);
    const auto reason = thrown_by([&] { std::ignore = window_area.lease(4095, 10); });
    EXPECT_EQ(reason.kind(), errc::busy);
    EXPECT_THAT(reason.what(), HasSubstr("slot 8 vio: WINDOW"));
    const auto behind = window_area.lease(4096, 10);
    first.release();
    EXPECT_TRUE(window_area.lease(0, 4096).held());
    EXPECT_EQ(thrown_by([&] { std::ignore = io.area("EEPROM").lease(0, 1); }).kind(),
              errc::not_supported);
}

TEST_F(copies, streams_feed_another_board) {
    constexpr std::uint64_t frame = 4096;
    const auto data = pattern(64 * frame, 5);
    fill(adc, ddr, 0, data);
    auto stream = adc.dma("read").stream_to(io.bar("window").region(0, 8 * frame), frame,
                                            {.step = frame, .count = 64});
    EXPECT_EQ(stream.depth(), 8U);
    std::uint64_t number = 0;
    for (auto& each : stream) {
        ASSERT_TRUE(each.bytes().empty());
        ASSERT_EQ(each.sequence(), number);
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(number * frame);
        ASSERT_EQ(bytes_of(io, window, each.index() * frame, frame),
                  (std::vector<std::uint8_t>(begin, begin + frame)));
        ++number;
    }
    EXPECT_EQ(number, 64U);
    redirect(adc);
    EXPECT_EQ(thrown_by([&] { std::ignore = adc.dma("read").stream_to(target, frame); }).kind(),
              errc::not_permitted);
}

TEST_F(copies, streams_end_when_the_peer_leaves) {
    auto stream =
        adc.dma("read").stream_to(io.bar("window").region(0, 8 * 4096), 4096, {.count = 0});
    ASSERT_TRUE(stream.next(10s));
    sim(io).unplug();
    const auto reason = thrown_by([&] {
        while (stream.next(10s)) {
        }
    });
    EXPECT_EQ(reason.kind(), errc::board_gone) << reason.what();
}

TEST(peer_route, verdicts_are_for_people) {
    EXPECT_EQ((peer_route{.way = peer_way::direct, .bridge = "0000:01:00.0"}).verdict(),
              "direct (switch)");
    EXPECT_EQ(
        (peer_route{.way = peer_way::refused, .reason = peer_reason::acs, .bridge = "0000:02:01.0"})
            .verdict(),
        "refused: ACS redirect on 0000:02:01.0");
    EXPECT_EQ((peer_route{.way = peer_way::root_complex_iommu, .bridge = {}}).verdict(),
              "through root complex (IOMMU)");
    EXPECT_EQ(
        (peer_route{.way = peer_way::root_complex, .reason = peer_reason::roots, .bridge = {}})
            .verdict(),
        "through root complex: no switch in common");
    for (unsigned i = 1; i < 10; ++i) {
        const peer_route route{
            .way = peer_way::refused, .reason = static_cast<peer_reason>(i), .bridge = {}};
        EXPECT_FALSE(route.remedy().empty()) << name_of(route.reason);
    }
}

} // namespace copy_test
