// SPDX-License-Identifier: BSD-3-Clause
// A client that breaks the rules gets an error or loses the connection; the server lives on.
#include "client.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <thread>

namespace hostile_test {

using namespace vfio_test;
using namespace std::chrono_literals;

/// Headers after which no next message can be found.
TEST(framing, that_is_wrong_closes_the_connection) {
    const std::uint16_t command = protocol::device_reset;
    for (const protocol::header& head :
         {protocol::header{1, command, 0, 0, 0}, protocol::header{1, command, 15, 0, 0},
          protocol::header{1, command, protocol::max_message + 1, 0, 0},
          protocol::header{1, command, 0xffffffff, 0, 0}, protocol::header{1, command, 16, 2, 0},
          protocol::header{1, command, 16, 0xf, 0}}) {
        stand s;
        ASSERT_TRUE(s.host.send(head));
        EXPECT_TRUE(s.host.closed()) << "size " << head.size << ", flags " << head.flags;
    }
}

TEST(framing, in_single_bytes_is_understood) {
    stand s;
    std::vector<std::byte> bytes;
    protocol::append(bytes, protocol::header{9, protocol::get_irq_info, 32, 0, 0});
    protocol::append(bytes, protocol::irq_info{16, 0, 1, 0});
    for (const std::byte& one : bytes)
        ASSERT_TRUE(s.host.send(std::span(&one, 1)));
    received answer;
    ASSERT_TRUE(s.host.receive(answer));
    EXPECT_EQ(answer.as<protocol::irq_info>().count, 4U);
}

TEST(framing, that_stops_in_the_middle_ends_the_connection_in_time) {
    options settings;
    settings.message_timeout = 50ms;
    stand s(settings);
    ASSERT_TRUE(s.host.send(std::vector<std::byte>(7)));
    EXPECT_TRUE(s.host.closed());
    EXPECT_EQ(s.board.resets, 1);
}

TEST(framing, that_trickles_is_not_waited_for_longer) {
    options settings;
    settings.message_timeout = 100ms;
    stand s(settings);
    ASSERT_TRUE(s.host.send(protocol::header{1, protocol::region_write, 1000, 0, 0}));
    const auto start = std::chrono::steady_clock::now();
    const std::byte one{};
    while (s.host.send(std::span(&one, 1)) && std::chrono::steady_clock::now() - start < 5s)
        std::this_thread::sleep_for(5ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST(client_that_takes_no_answers, loses_the_connection) {
    options settings;
    settings.message_timeout = 50ms;
    stand s(settings);
    std::vector<std::byte> payload;
    protocol::append(payload, protocol::region_access{0, protocol::config_region, 4096});
    const protocol::header head{1, protocol::region_read, 32, 0, 0};
    for (int i = 0; i < 10000 && s.host.send(head, payload); i++) {
    }
    EXPECT_TRUE(s.host.closed());
}

TEST(stop, does_not_wait_for_a_client) {
    options settings;
    settings.message_timeout = 60s;
    stand s(settings);
    ASSERT_TRUE(s.host.send(std::vector<std::byte>(7)));
    std::this_thread::sleep_for(20ms);
    const auto start = std::chrono::steady_clock::now();
    s.serving.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    EXPECT_TRUE(s.host.closed());
}

TEST(stop, from_a_callback_is_refused) {
    stand s;
    bool thrown = false;
    s.board.on_write = [&] {
        try {
            s.serving.stop();
        } catch (const std::logic_error&) {
            thrown = true;
        }
    };
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 0, 1), 0);
    EXPECT_TRUE(thrown);
}

TEST(start, twice_is_refused) {
    stand s;
    auto [ours, theirs] = connected_pair();
    EXPECT_THROW(s.serving.start_connected(std::move(theirs)), std::logic_error);
}

TEST(commands, unknown_are_refused) {
    stand s;
    for (const unsigned number : {0U, 6U, 11U, 12U, 14U, 15U, 1000U, 65535U})
        EXPECT_EQ(s.host.exchange(static_cast<std::uint16_t>(number), {}), ENOTSUP) << number;
    EXPECT_EQ(s.serving.counts().refused, 8U);
}

TEST(commands, of_wrong_length_are_refused) {
    stand s;
    for (std::uint16_t command = protocol::dma_map; command < protocol::device_reset; command++) {
        if (command == 6 || command == protocol::dma_read || command == protocol::dma_write)
            continue;
        EXPECT_EQ(s.host.exchange(command, {}), EINVAL) << command;
        EXPECT_EQ(s.host.exchange(command, std::vector<std::byte>(11)), EINVAL) << command;
    }
    EXPECT_EQ(s.host.exchange(protocol::device_reset, std::vector<std::byte>(1)), EINVAL);
    EXPECT_EQ(s.host.exchange(protocol::dma_map, std::vector<std::byte>(33)), EINVAL);
    EXPECT_EQ(s.board.resets, 0);
}

TEST(region_access, out_of_range_or_not_natural_is_refused) {
    stand s;
    const auto read = [&](std::uint32_t region, std::uint64_t offset, std::uint32_t count) {
        return s.host.ask(protocol::region_read, protocol::region_access{offset, region, count});
    };
    EXPECT_EQ(read(0, 0, 4), 0);
    EXPECT_EQ(read(0, 0xfffc, 4), 0);
    EXPECT_EQ(read(0, 0, 0), EINVAL);
    EXPECT_EQ(read(0, 2, 4), EINVAL);
    EXPECT_EQ(read(0, 0, 3), EINVAL);
    EXPECT_EQ(read(0, 0, 16), EINVAL);
    EXPECT_EQ(read(0, 0x10000, 4), EINVAL);
    EXPECT_EQ(read(0, 0xfffffffffffffffc, 4), EINVAL);
    EXPECT_EQ(read(1, 0, 4), EINVAL);
    EXPECT_EQ(read(6, 0, 4), EINVAL);
    EXPECT_EQ(read(9, 0, 4), EINVAL);
    EXPECT_EQ(read(0xffffffff, 0, 4), EINVAL);
    EXPECT_EQ(read(7, 4095, 2), EINVAL);
    EXPECT_EQ(read(7, 0, 0xffffffff), EINVAL);
    EXPECT_EQ(read(7, 4000, 96), 0);
    EXPECT_EQ(s.serving.counts().reads, 2U);
}

TEST(region_access, writes_as_many_bytes_as_it_says) {
    stand s;
    const auto write = [&](std::uint32_t count, std::string_view data) {
        return s.host.ask(protocol::region_write, protocol::region_access{0, 0, count}, data);
    };
    EXPECT_EQ(write(4, "abcd"), 0);
    EXPECT_EQ(write(4, "abc"), EINVAL);
    EXPECT_EQ(write(4, "abcde"), EINVAL);
    EXPECT_EQ(write(0xfffffff0, ""), EINVAL);
    EXPECT_EQ(s.serving.counts().writes, 1U);
}

TEST(dma_map, that_makes_no_sense_is_refused) {
    stand s;
    const unique_fd ram = memory_file(0x4000);
    EXPECT_EQ(s.host.map(0x1000, 0), EINVAL);
    EXPECT_EQ(s.host.map(0x1001, 0x1000), EINVAL);
    EXPECT_EQ(s.host.map(0x1000, 0x1001), EINVAL);
    EXPECT_EQ(s.host.map(0x1000, 0x1000, -1, 0), EINVAL);
    EXPECT_EQ(s.host.map(0x1000, 0x1000, -1, 7), EINVAL);
    EXPECT_EQ(s.host.map(0xfffffffffffff000, 0x2000), EINVAL);
    EXPECT_EQ(s.host.map(0xfffffffffffff000, 0x1000), 0) << "the last page is an address";
    EXPECT_EQ(s.host.map(0, 0x5000, ram.get()), EINVAL) << "longer than the file";
    EXPECT_EQ(s.host.map(0, 0x1000, ram.get(), 3, 0xfffffffffffff000), EINVAL);
    EXPECT_EQ(s.serving.counts().dma_maps, 1U);
}

TEST(dma_map, that_overlaps_is_refused) {
    stand s;
    EXPECT_EQ(s.host.map(0x10000, 0x4000), 0);
    for (const auto& [address, size] : {std::pair{0x10000, 0x4000},
                                        {0xf000, 0x2000},
                                        {0x13000, 0x1000},
                                        {0x11000, 0x1000},
                                        {0x8000, 0x10000}})
        EXPECT_EQ(s.host.map(static_cast<std::uint64_t>(address), static_cast<std::uint64_t>(size)),
                  EEXIST);
    EXPECT_EQ(s.host.map(0xf000, 0x1000), 0);
    EXPECT_EQ(s.host.map(0x14000, 0x1000), 0);
}

TEST(dma_unmap, takes_whole_maps_only) {
    stand s;
    EXPECT_EQ(s.host.map(0x10000, 0x4000), 0);
    EXPECT_EQ(s.host.unmap(0x10000, 0x1000), EINVAL);
    EXPECT_EQ(s.host.unmap(0x11000, 0x3000), EINVAL);
    EXPECT_EQ(s.host.unmap(0x11000, 0x10000), EINVAL);
    EXPECT_EQ(s.host.unmap(0x10000, 0), EINVAL);
    EXPECT_EQ(s.host.unmap(0xffffffffffffffff, 2), EINVAL);
    EXPECT_EQ(s.host.unmap(0x10000, 0x4000, 1), ENOTSUP) << "no record of dirty pages";
    EXPECT_EQ(s.host.unmap(0, 1, protocol::unmap_all), EINVAL);
    EXPECT_EQ(s.host.unmap(0x20000, 0x1000), 0) << "nothing there is fine";
    EXPECT_EQ(s.serving.counts().dma_maps, 1U);
    EXPECT_EQ(s.host.unmap(0, 0, protocol::unmap_all), 0);
    EXPECT_EQ(s.serving.counts().dma_maps, 0U);
}

TEST(dma_map, wants_a_file_it_can_use) {
    stand s;
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const unique_fd reading(ends[0]), writing(ends[1]);
    EXPECT_EQ(s.host.map(0, 0x1000, reading.get()), EINVAL);
    EXPECT_EQ(s.host.map(0, 0x1000, s.host.fd()), EINVAL);
    const unique_fd folder(::open("/", O_PATH | O_CLOEXEC));
    EXPECT_EQ(s.host.map(0, 0x1000, folder.get()), EINVAL);
}

TEST(dma_map, keeps_no_more_than_64_files) {
    stand s;
    int error = 0;
    std::uint64_t address = 0;
    for (; error == 0 && address < 0x100000; address += 0x1000)
        error = s.host.map(address, 0x1000, memory_file(0x1000).get());
    EXPECT_EQ(error, EMFILE);
    EXPECT_EQ(address, 65U * 0x1000);
    EXPECT_EQ(s.host.unmap(0, 0, protocol::unmap_all), 0);
    EXPECT_EQ(s.host.map(0, 0x1000, memory_file(0x1000).get()), 0);
}

TEST(dma_map, keeps_no_more_than_it_says) {
    stand s;
    std::vector<std::byte> message;
    for (std::uint64_t i = 0; i < protocol::max_dma_maps; i++) {
        message.clear();
        protocol::append(message, protocol::dma_map_request{32, 3, 0, i * 0x1000, 0x1000});
        ASSERT_TRUE(s.host.send(
            protocol::header{1, protocol::dma_map, 48, protocol::flag_no_reply, 0}, message));
    }
    EXPECT_EQ(s.host.map(1ULL << 40, 0x1000), ENOSPC);
    EXPECT_EQ(s.host.unmap(0, 0x1000), 0);
    EXPECT_EQ(s.host.map(1ULL << 40, 0x1000), 0);
}

TEST(descriptors, that_come_uncalled_are_closed) {
    stand s;
    const unique_fd ram = memory_file(0x4000);
    EXPECT_EQ(s.host.exchange(protocol::device_reset, {}), 0);
    const std::size_t before = open_descriptors();
    EXPECT_EQ(s.host.exchange(protocol::device_reset, {}, {ram.get(), ram.get()}), EINVAL);
    EXPECT_EQ(s.host.ask(protocol::dma_map, protocol::dma_map_request{32, 3, 0, 0, 0x1000}, {},
                         {ram.get(), ram.get()}),
              EINVAL);
    EXPECT_EQ(s.host.ask(1000, 0, {}, std::vector<int>(16, ram.get())), EINVAL);
    const protocol::header reply{1, protocol::dma_read, 16, protocol::flag_reply, 0};
    ASSERT_TRUE(s.host.send(reply, {}, {ram.get()}));
    EXPECT_EQ(s.host.exchange(protocol::device_reset, {}), 0);
    EXPECT_EQ(open_descriptors(), before);
}

TEST(descriptors, of_a_number_over_the_limit_close_the_connection) {
    const unique_fd ram = memory_file(0x4000);
    const std::size_t before = open_descriptors();
    {
        stand s;
        const protocol::header head{1, protocol::device_reset, 16, 0, 0};
        ASSERT_TRUE(s.host.send(head, {}, std::vector<int>(17, ram.get())));
        EXPECT_TRUE(s.host.closed());
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(info, with_too_little_room_is_refused) {
    stand s;
    EXPECT_EQ(s.host.ask(protocol::device_get_info, protocol::device_info{15, 0, 0, 0}), EINVAL);
    EXPECT_EQ(s.host.ask(protocol::get_region_info, protocol::region_info{31, 0, 0, 0, 0, 0}),
              EINVAL);
    EXPECT_EQ(s.host.ask(protocol::get_region_info, protocol::region_info{32, 0, 9, 0, 0, 0}),
              EINVAL);
    EXPECT_EQ(s.host.ask(protocol::get_irq_info, protocol::irq_info{15, 0, 0, 0}), EINVAL);
    EXPECT_EQ(s.host.ask(protocol::get_irq_info, protocol::irq_info{16, 0, 5, 0}), EINVAL);
}

TEST(version, text_without_end_is_refused) {
    auto [ours, theirs] = connected_pair();
    test_board board;
    server serving({}, board);
    serving.start_connected(std::move(theirs));
    client host(std::move(ours));
    EXPECT_EQ(host.ask(protocol::version, protocol::version_numbers{0, 0}, "{}"), EINVAL);
    EXPECT_EQ(host.negotiate(R"({"max_data_xfer_size":)"), 0);
}

} // namespace hostile_test
