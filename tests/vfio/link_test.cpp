// SPDX-License-Identifier: BSD-3-Clause
// Between a client and a server that may die.
#include "client.hpp"

#include "simulation/endpoint/link.hpp"

#include <gtest/gtest.h>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <optional>
#include <thread>

namespace link_test {

using namespace vfio_test;
using namespace std::chrono_literals;

/// A client on one side of a link; on the other what a test puts there.
struct linked {
    linked() : linked(connected_pair(), connected_pair()) {}
    ~linked() {
        host.close();
        running.join();
    }
    linked(const linked&) = delete;
    linked& operator=(const linked&) = delete;

    client host;
    unique_fd far; ///< the server's end
    std::atomic<int> downs = 0;

  private:
    linked(std::pair<unique_fd, unique_fd> near, std::pair<unique_fd, unique_fd> beyond)
        : host(std::move(near.first)), far(std::move(beyond.first)),
          middle(std::move(near.second), std::move(beyond.second),
                 [this](std::string_view) { downs++; }),
          running([this] { middle.run(); }) {}
    upciedev::vfio_user::link middle;
    std::thread running;
};

/// A server of ours behind it.
struct linked_board : linked {
    linked_board() {
        serving.emplace(usual_facts(memory.get()), board, options{});
        serving->start_connected(std::move(far));
        EXPECT_EQ(host.negotiate(), 0);
    }
    void die() {
        serving.reset();
        while (downs == 0)
            std::this_thread::yield();
    }
    unique_fd memory = memory_file(1 << 20);
    test_board board;
    std::optional<server> serving;
};

/// The memory of BAR 2, as the client gets it.
unique_fd memory_of(client& host) {
    const protocol::region_info asked{256, 0, 2, 0, 0, 0};
    EXPECT_EQ(host.ask(protocol::get_region_info, asked), 0);
    EXPECT_EQ(host.answer.fds.size(), 1U);
    return host.answer.fds.empty() ? unique_fd() : std::move(host.answer.fds.front());
}

TEST(link, passes_accesses_memory_and_interrupts_on) {
    linked_board s;
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 8, 0x12345678), 0);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 0x12345678U);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0x10000), 0U);
    EXPECT_EQ(s.host.last_error, EINVAL);
    put(memory_of(s.host), 100, "hello");
    EXPECT_EQ(contents(s.memory, 100, 5), "hello");

    const unique_fd first(::eventfd(0, EFD_CLOEXEC)), second(::eventfd(0, EFD_CLOEXEC));
    const protocol::irq_set both{sizeof both, protocol::irq_data_eventfd | protocol::irq_trigger,
                                 protocol::irq_msi, 0, 2};
    EXPECT_EQ(s.host.ask(protocol::set_irqs, both, {}, {first.get(), second.get()}), 0);
    s.host.bus_master(true);
    EXPECT_TRUE(s.serving->interrupt(1));
    std::uint64_t count = 0;
    EXPECT_EQ(::read(second.get(), &count, sizeof count), 8);
}

TEST(link, passes_dma_on_both_ways) {
    linked_board s;
    const unique_fd ram = memory_file(0x10000);
    EXPECT_EQ(s.host.map(0x100000, 0x10000, ram.get()), 0);
    s.host.bus_master(true);
    EXPECT_EQ(s.serving->dma_write(0x100010, std::as_bytes(std::span("samples"))),
              std::error_code());
    EXPECT_EQ(contents(ram, 0x10, 7), "samples");

    std::error_code result;
    std::array<std::byte, 4> got{};
    std::thread engine([&] { result = s.serving->dma_read(0x900000, got); }); // by a message
    received request;
    ASSERT_TRUE(s.host.receive(request));
    auto payload = request.payload;
    payload.insert(payload.end(), 4, std::byte{0x5a});
    const auto size = static_cast<std::uint32_t>(sizeof(protocol::header) + payload.size());
    s.host.send({request.head.id, request.head.command, size, protocol::flag_reply, 0}, payload);
    engine.join();
    EXPECT_EQ(result, std::error_code());
    EXPECT_EQ(got[3], std::byte{0x5a});
    EXPECT_EQ(s.host.unmap(0x100000, 0x10000), 0);
    EXPECT_EQ(s.serving->counts().dma_maps, 0U);
}

TEST(link, is_down_when_the_server_has_died) {
    linked_board s;
    const unique_fd mapped = memory_of(s.host), ram = memory_file(0x1000);
    EXPECT_EQ(s.host.map(0, 0x1000, ram.get()), 0);
    s.die();
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 0xffffffffU);
    EXPECT_EQ(s.host.read<std::uint16_t>(protocol::config_region, 0), 0xffffU);
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 8, 1), 0);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 0xffffffffU);
    EXPECT_EQ(contents(mapped, 0, 1 << 20), std::string(1 << 20, '\xff'));
    EXPECT_EQ(s.host.unmap(0, 0x1000), 0);
    EXPECT_EQ(s.host.answer.payload.size(), sizeof(protocol::dma_unmap_request));
    EXPECT_EQ(s.host.map(0, 0x1000, ram.get()), 0);
    const protocol::irq_set none{sizeof none, protocol::irq_data_none | protocol::irq_trigger,
                                 protocol::irq_msi, 0, 0};
    EXPECT_EQ(s.host.ask(protocol::set_irqs, none), 0);
    EXPECT_EQ(s.host.exchange(protocol::device_reset, {}), 0);
    EXPECT_EQ(s.host.ask(protocol::get_region_info, protocol::region_info{32, 0, 0, 0, 0, 0}),
              ENODEV);
}

TEST(link, answers_what_the_server_took_with_it) {
    linked s;
    client server(std::move(s.far));
    std::thread asking([&] { EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 0xffffffffU); });
    received request;
    ASSERT_TRUE(server.receive(request));
    ASSERT_EQ(request.head.command, protocol::region_read);
    const protocol::header half{request.head.id, request.head.command, 36, protocol::flag_reply, 0};
    ASSERT_TRUE(server.send(half)); // dies amid its answer
    server.close();
    asking.join();
}

TEST(link, gives_no_second_answer) {
    linked_board s;
    for (int i = 0; i < 50; i++)
        EXPECT_EQ(s.host.write<std::uint32_t>(0, 8, 1), 0);
    s.die();
    s.host.read<std::uint32_t>(0, 8); // checks the number of its answer
    std::byte more{};
    EXPECT_EQ(::recv(s.host.fd(), &more, 1, MSG_DONTWAIT), -1) << "somebody says more";
}

TEST(link, leaves_posted_writes_without_an_answer) {
    linked_board s;
    std::vector<std::byte> payload;
    protocol::append(payload, protocol::region_access{8, 0, 4});
    protocol::append(payload, 7U);
    const protocol::header posted{900, protocol::region_write, 36, protocol::flag_no_reply, 0};
    ASSERT_TRUE(s.host.send(posted, payload));
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 7U);
    s.die();
    ASSERT_TRUE(s.host.send(posted, payload));
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 8), 0xffffffffU);
}

TEST(link, ends_with_its_client) {
    linked_board s;
    s.host.close();
    for (int i = 0; i < 5000 && s.serving->connected(); i++)
        std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(s.serving->connected());
}

TEST(link, refuses_nonsense_when_it_is_down) {
    linked_board s;
    s.die();
    EXPECT_EQ(s.host.exchange(protocol::region_read, {}), EINVAL);
    EXPECT_EQ(s.host.exchange(protocol::dma_unmap, {}), EINVAL);
    EXPECT_EQ(s.host.ask(protocol::region_read, protocol::region_access{0, 0, 0xffffffff}), EINVAL);
}

} // namespace link_test
