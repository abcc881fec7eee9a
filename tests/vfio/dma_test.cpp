// SPDX-License-Identifier: BSD-3-Clause
// The endpoint as bus master: by the client's files and by messages.
#include "client.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace dma_test {

using namespace vfio_test;
using namespace std::chrono_literals;

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string text(std::span<const std::byte> data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

struct dma_stand : stand {
    explicit dma_stand(options settings = {}) : stand(std::move(settings)) {
        host.bus_master(true);
    }
    unique_fd ram = memory_file(0x10000);
};

/// What the server does beside the test, which plays the client.
std::future<std::error_code> in_other_thread(std::function<std::error_code()> what) {
    return std::async(std::launch::async, std::move(what));
}

TEST(dma_by_file, reads_and_writes) {
    dma_stand s;
    EXPECT_EQ(s.host.map(0x100000, 0x4000, s.ram.get(), 3, 0x1000), 0);
    put(s.ram, 0x1010, "from the host");
    std::array<std::byte, 13> got{};
    EXPECT_EQ(s.serving.dma_read(0x100010, got), std::error_code());
    EXPECT_EQ(text(got), "from the host");
    EXPECT_EQ(s.serving.dma_write(0x103ffa, bytes("board!")), std::error_code());
    EXPECT_EQ(contents(s.ram, 0x4ffa, 6), "board!");
    EXPECT_EQ(s.serving.counts().dma_direct_bytes, 19U);
}

TEST(dma_by_file, crosses_maps_as_a_virtual_iommu_makes_them) {
    dma_stand s;
    const std::size_t before = open_descriptors();
    for (unsigned page = 0; page < 8; page++) // in reverse order of the file
        EXPECT_EQ(s.host.map(0x8000 + page * 0x1000, 0x1000, s.ram.get(), 3, (7 - page) * 0x1000),
                  0);
    EXPECT_EQ(open_descriptors(), before + 1) << "one descriptor for one file";
    const std::string much(0x5000, 'x');
    EXPECT_EQ(s.serving.dma_write(0x8800, bytes(much)), std::error_code());
    EXPECT_EQ(contents(s.ram, 0x7000, 0x1000), std::string(0x800, '\0') + std::string(0x800, 'x'));
    EXPECT_EQ(contents(s.ram, 0x2000, 0x1000), std::string(0x800, 'x') + std::string(0x800, '\0'));
    EXPECT_EQ(s.serving.counts().dma_maps, 8U);
    EXPECT_EQ(s.host.unmap(0x8000, 0x8000), 0);
    EXPECT_EQ(s.serving.counts().dma_maps, 0U);
}

TEST(dma, honours_bus_master_enable) {
    dma_stand s;
    EXPECT_EQ(s.host.map(0, 0x1000, s.ram.get()), 0);
    s.host.bus_master(false);
    EXPECT_EQ(s.serving.dma_write(0, bytes("x")), std::errc::operation_not_permitted);
    EXPECT_EQ(s.serving.dma_write(0x5000, bytes("x")), std::errc::operation_not_permitted);
    EXPECT_EQ(contents(s.ram, 0, 1), std::string(1, '\0'));
    s.host.bus_master(true);
    EXPECT_EQ(s.serving.dma_write(0, bytes("x")), std::error_code());
}

TEST(dma, honours_the_direction_of_a_map) {
    dma_stand s;
    EXPECT_EQ(s.host.map(0, 0x1000, s.ram.get(), protocol::map_read), 0);
    EXPECT_EQ(s.serving.dma_write(0, bytes("x")), std::errc::permission_denied);
    EXPECT_EQ(s.host.map(0x1000, 0x1000, s.ram.get(), protocol::map_write), 0);
    std::array<std::byte, 4> got{};
    EXPECT_EQ(s.serving.dma_read(0x1000, got), std::errc::permission_denied);
}

TEST(dma, from_a_device_callback_is_an_error_not_a_deadlock) {
    dma_stand s;
    std::error_code inside;
    s.board.on_write = [&] { inside = s.serving.dma_write(0, bytes("x")); };
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 0, 1), 0);
    EXPECT_EQ(inside, std::errc::resource_deadlock_would_occur);
}

TEST(dma, past_the_end_of_the_address_space_is_refused) {
    dma_stand s;
    EXPECT_EQ(s.serving.dma_write(~0ULL, bytes("xy")), std::errc::invalid_argument);
    EXPECT_EQ(s.serving.dma_write(~0ULL, {}), std::error_code());
}

TEST(dma_by_file, of_a_file_that_became_shorter_is_an_error) {
    dma_stand s;
    EXPECT_EQ(s.host.map(0, 0x10000, s.ram.get()), 0);
    ASSERT_EQ(::ftruncate(s.ram.get(), 0), 0);
    std::array<std::byte, 8> got{};
    EXPECT_EQ(s.serving.dma_read(0x8000, got), std::errc::io_error);
}

TEST(dma_by_message, writes_to_what_has_no_file) {
    dma_stand s;
    EXPECT_EQ(s.host.map(0x9000, 0x1000), 0);
    auto done = in_other_thread([&] { return s.serving.dma_write(0x9ffc, bytes("doorbell")); });
    for (const std::string_view expected : {"door", "bell"}) { // split at the map's end
        received request;
        ASSERT_TRUE(s.host.receive(request));
        EXPECT_EQ(request.head.command, protocol::dma_write);
        EXPECT_EQ(request.as<protocol::dma_access>().count, 4U);
        EXPECT_EQ(text(std::span(request.payload).subspan(16)), expected);
        request.head.flags = protocol::flag_reply;
        request.head.size = 32;
        s.host.send(request.head, std::span(request.payload).first(16));
    }
    EXPECT_EQ(done.get(), std::error_code());
    EXPECT_EQ(s.serving.counts().dma_message_bytes, 8U);
}

TEST(dma_by_message, reads_in_pieces_the_client_takes) {
    auto [ours, theirs] = connected_pair();
    const unique_fd memory = memory_file(1 << 20);
    test_board board;
    server serving(usual_facts(memory.get()), board);
    serving.start_connected(std::move(theirs));
    client host(std::move(ours));
    ASSERT_EQ(host.negotiate(R"({"capabilities": {"max_data_xfer_size": 4, "x": 1}})"), 0);
    host.bus_master(true);
    std::array<std::byte, 6> got{};
    auto done = in_other_thread([&] { return serving.dma_read(0x77, got); });
    for (const std::string_view piece : {"from", "me"}) {
        received request;
        ASSERT_TRUE(host.receive(request));
        EXPECT_EQ(request.as<protocol::dma_access>().count, piece.size());
        const auto data = bytes(piece);
        request.payload.insert(request.payload.end(), data.begin(), data.end());
        request.head.flags = protocol::flag_reply;
        request.head.size += static_cast<std::uint32_t>(piece.size());
        host.send(request.head, request.payload);
    }
    EXPECT_EQ(done.get(), std::error_code());
    EXPECT_EQ(text(got), "fromme");
}

/// The error of a read that the client answers by what `spoil` makes of a right answer.
std::error_code error_of_answer(const std::function<void(received&)>& spoil) {
    dma_stand s;
    std::array<std::byte, 4> got{};
    auto done = in_other_thread([&] { return s.serving.dma_read(0x5000, got); });
    received request;
    EXPECT_TRUE(s.host.receive(request));
    request.head.flags = protocol::flag_reply;
    request.payload.resize(20);
    spoil(request);
    request.head.size = static_cast<std::uint32_t>(16 + request.payload.size());
    s.host.send(request.head, request.payload);
    return done.get();
}

TEST(dma_by_message, passes_the_clients_error_on) {
    EXPECT_EQ(error_of_answer([](received& r) {
                  r.head.flags |= protocol::flag_error;
                  r.head.error = ENODEV;
                  r.payload.clear();
              }),
              std::errc::no_such_device);
}

TEST(dma_by_message, believes_no_wrong_answer) {
    const auto wrong = std::make_error_code(std::errc::protocol_error);
    EXPECT_EQ(error_of_answer([](received& r) { r.payload.resize(19); }), wrong);
    EXPECT_EQ(error_of_answer([](received& r) { r.payload.resize(21); }), wrong);
    EXPECT_EQ(error_of_answer([](received& r) { r.payload.clear(); }), wrong);
    EXPECT_EQ(error_of_answer([](received& r) { r.payload[8] = std::byte{5}; }), wrong);
    EXPECT_EQ(error_of_answer([](received& r) { r.head.command = protocol::dma_write; }), wrong);
    EXPECT_EQ(error_of_answer([](received&) {}), std::error_code());
}

TEST(dma_by_message, gives_up_and_ignores_the_late_answer) {
    options settings;
    settings.dma_timeout = 20ms;
    dma_stand s(settings);
    std::array<std::byte, 4> got{};
    EXPECT_EQ(s.serving.dma_read(0x5000, got), std::errc::timed_out);
    received request;
    ASSERT_TRUE(s.host.receive(request));
    request.head.flags = protocol::flag_reply;
    s.host.send(request.head, request.payload);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0), 0U);
}

TEST(dma_by_message, ends_when_the_client_goes_or_the_server_stops) {
    for (const bool stops : {false, true}) {
        options settings;
        settings.dma_timeout = 60s;
        dma_stand s(settings);
        auto done = in_other_thread([&] { return s.serving.dma_write(0x5000, bytes("x")); });
        received request;
        ASSERT_TRUE(s.host.receive(request));
        if (stops)
            s.serving.stop();
        else
            s.host.close();
        EXPECT_EQ(done.get(), std::errc::not_connected);
    }
}

TEST(dma_by_message, of_several_threads_does_not_mix) {
    dma_stand s;
    std::array<std::array<std::byte, 8>, 4> got{};
    std::vector<std::future<std::error_code>> done;
    for (unsigned i = 0; i < got.size(); i++)
        done.push_back(in_other_thread([&s, &got, i] { return s.serving.dma_read(i, got[i]); }));
    std::vector<received> requests(got.size());
    for (received& request : requests)
        ASSERT_TRUE(s.host.receive(request));
    for (auto request = requests.rbegin(); request != requests.rend(); request++) {
        protocol::append(request->payload, 100 + request->as<protocol::dma_access>().address);
        request->head.flags = protocol::flag_reply;
        request->head.size += 8;
        s.host.send(request->head, request->payload);
    }
    for (unsigned i = 0; i < got.size(); i++) {
        EXPECT_EQ(done[i].get(), std::error_code());
        EXPECT_EQ(protocol::take<std::uint64_t>(got[i]), 100U + i);
    }
}

TEST(dma, beside_maps_that_come_and_go_and_a_bus_master_that_toggles) {
    options settings;
    settings.dma_timeout = 1ms;
    dma_stand s(settings);
    std::jthread engine([&](const std::stop_token& stop) {
        const std::string page(0x1000, 'e');
        while (!stop.stop_requested())
            (void)s.serving.dma_write(0x1000, bytes(page));
    });
    for (int i = 0; i < 200; i++) {
        ASSERT_EQ(s.host.map(0x1000, 0x1000, s.ram.get()), 0);
        if (i % 2 == 0)
            s.host.bus_master(false);
        else
            ASSERT_EQ(s.host.unmap(0x1000, 0x1000), 0);
        const std::string ours(0x1000, 'h');
        put(s.ram, 0, ours);
        std::this_thread::yield();
        ASSERT_EQ(contents(s.ram, 0, ours.size()), ours) << "written too late, round " << i;
        s.host.bus_master(true);
        if (i % 2 == 0) s.host.unmap(0x1000, 0x1000);
    }
}

} // namespace dma_test
