// SPDX-License-Identifier: BSD-3-Clause
// Clients that come and go on a socket with a name.
#include "client.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <thread>

namespace clients_test {

using namespace vfio_test;

TEST(listen_at, makes_a_socket_for_its_owner_and_takes_nobodys_place) {
    const folder here;
    const unique_fd listening = listen_at(here.socket);
    struct stat facts {};
    ASSERT_EQ(::stat(here.socket.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_THROW((void)listen_at(here.socket), std::system_error);
    EXPECT_THROW((void)listen_at(""), std::system_error);
    EXPECT_THROW((void)listen_at(here.socket + std::string(100, 'x')), std::system_error);
}

TEST(clients, come_one_after_the_other_and_leave_nothing) {
    const folder here;
    const unique_fd memory = memory_file(1 << 20), ram = memory_file(0x10000);
    test_board board;
    server serving(usual_facts(memory.get()), board);
    serving.start(listen_at(here.socket));
    const std::size_t before = open_descriptors();
    for (int round = 1; round <= 3; round++) {
        client host = connect_to(here.socket);
        ASSERT_EQ(host.negotiate(), 0);
        EXPECT_EQ(host.read<std::uint16_t>(protocol::config_region, 4), 0) << "from the one before";
        host.bus_master(true);
        EXPECT_EQ(host.map(0, 0x10000, ram.get()), 0);
        EXPECT_TRUE(serving.connected());
        host.close();
        while (board.resets < round || serving.connected())
            std::this_thread::yield();
        EXPECT_FALSE(serving.bus_master());
        EXPECT_EQ(serving.counts().dma_maps, 0U);
        EXPECT_EQ(serving.dma_write(0, {}), std::errc::not_connected);
    }
    // The connection itself is closed a moment after the reset.
    for (int i = 0; i < 1000 && open_descriptors() > before; i++)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(serving.counts().clients, 3U);
    serving.stop();
    serving.stop();
}

TEST(clients, second_one_waits_for_the_first_to_go) {
    const folder here;
    const unique_fd memory = memory_file(1 << 20);
    test_board board;
    server serving(usual_facts(memory.get()), board);
    serving.start(listen_at(here.socket));
    client first = connect_to(here.socket);
    ASSERT_EQ(first.negotiate(), 0);
    client second = connect_to(here.socket);
    EXPECT_EQ(serving.counts().clients, 1U);
    first.close();
    EXPECT_EQ(second.negotiate(), 0);
}

TEST(server_without_client, stops_and_refuses_dma) {
    const folder here;
    test_board board;
    server serving({}, board);
    serving.start(listen_at(here.socket));
    EXPECT_FALSE(serving.interrupt(0));
    std::array<std::byte, 4> got{};
    EXPECT_EQ(serving.dma_read(0, got), std::errc::not_connected);
    serving.stop();
    EXPECT_EQ(board.resets, 0);
}

} // namespace clients_test
