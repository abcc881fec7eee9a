// SPDX-License-Identifier: BSD-3-Clause
// Random conversations, most of them nearly right, while an engine copies and raises interrupts.
// The sanitizers' builds look on. Other conversations: --gtest_random_seed=N (1..99999).
#include "client.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <random>
#include <thread>

namespace mutation_test {

using namespace vfio_test;
using namespace std::chrono_literals;

constexpr int conversations = 2000;
constexpr std::uint64_t ram_size = 0x10000;

class talker {
  public:
    explicit talker(std::uint32_t seed) : random_(seed) {}

    void converse(client& host) {
        if (chance(10) || begin_well(host))
            for (auto left = below(60); left > 0 && say_something(host); left--)
                drop_answers(host, MSG_DONTWAIT);
        ::shutdown(host.fd(), SHUT_WR);
        drop_answers(host, 0); // until the server has heard it all and closed
    }

  private:
    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool chance(unsigned one_in) { return below(one_in) == 0; }

    /// Numbers that are often right, often on an edge.
    std::uint64_t number() {
        switch (below(8)) {
        case 0:
            return random_();
        case 1:
            return ~std::uint64_t{0} - below(4);
        case 2:
            return std::uint64_t{1} << below(64);
        case 3:
            return below(ram_size);
        default:
            return below(17) * (chance(2) ? 1 : protocol::page);
        }
    }
    std::uint32_t small() { return static_cast<std::uint32_t>(chance(16) ? number() : below(10)); }

    bool begin_well(client& host) {
        if (host.negotiate(chance(20) ? "{" : "") != 0) return false;
        if (chance(2)) host.bus_master(true);
        if (chance(2)) host.map(0, ram_size, ram_.get());
        return true;
    }

    std::vector<std::byte> body(std::uint16_t command) {
        std::vector<std::byte> bytes;
        switch (command) {
        case protocol::dma_map:
            protocol::append(bytes,
                             protocol::dma_map_request{32, small() & 3, chance(4) ? number() : 0,
                                                       number(), below(16) * protocol::page});
            break;
        case protocol::dma_unmap:
            protocol::append(bytes, protocol::dma_unmap_request{24, chance(8) ? small() : 0,
                                                                number(), number()});
            break;
        case protocol::get_region_info:
            protocol::append(bytes,
                             protocol::region_info{chance(2) ? 32U : 80U, 0, small(), 0, 0, 0});
            break;
        case protocol::set_irqs: {
            const std::uint32_t flags = chance(8) ? small() : chance(3) ? 0x21 : 0x24;
            protocol::append(bytes,
                             protocol::irq_set{20, flags, small() % 4, small() % 3, small()});
            break;
        }
        case protocol::device_reset:
            break;
        case protocol::region_read:
        case protocol::region_write:
            append_access(bytes, command);
            break;
        default:
            protocol::append(bytes, std::array{16U, small(), small(), small()});
        }
        return bytes;
    }

    void append_access(std::vector<std::byte>& bytes, std::uint16_t command) {
        const std::uint32_t count = chance(16) ? small() : 1U << below(4);
        const std::uint32_t region = chance(3) ? protocol::config_region : small();
        protocol::append(
            bytes, protocol::region_access{number() & ~std::uint64_t{count - 1U}, region, count});
        // Mostly Bus Master on, so that the engine has something to do
        const auto fill = static_cast<std::byte>(chance(4) ? below(256) : 0x86);
        if (command == protocol::region_write) bytes.insert(bytes.end(), count % 4096, fill);
    }

    std::vector<int> descriptors(std::uint16_t command) {
        const std::array<int, 4> all{ram_.get(), event_.get(), folder_.get(), event_.get()};
        if (command == protocol::dma_map && !chance(4)) return {ram_.get()};
        if (command == protocol::set_irqs && !chance(4))
            return std::vector<int>(below(4), event_.get());
        if (!chance(16)) return {};
        return std::vector<int>(below(18), all[below(all.size())]);
    }

    /// False: the server has gone.
    bool say_something(client& host) {
        const auto command = static_cast<std::uint16_t>(chance(30) ? number() : 1 + below(13));
        std::vector<std::byte> payload = body(command);
        if (chance(12) && !payload.empty()) payload[below(payload.size())] = std::byte(below(256));
        if (chance(12)) payload.resize(below(64));
        const std::uint32_t size =
            static_cast<std::uint32_t>(chance(200) ? number() : 16 + payload.size());
        std::uint32_t flags = chance(8) ? protocol::flag_no_reply : 0;
        if (chance(20)) flags = protocol::flag_reply | (small() & protocol::flag_error);
        if (chance(200)) flags = small();
        const auto id = static_cast<std::uint16_t>(small());
        return host.send({id, command, size, flags, small()}, payload, descriptors(command));
    }

    static void drop_answers(client& host, int flags) {
        std::array<std::byte, 8192> rest{};
        while (::recv(host.fd(), rest.data(), rest.size(), flags) > 0) {
        }
    }

    std::mt19937_64 random_;
    unique_fd ram_ = memory_file(ram_size);
    unique_fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    unique_fd folder_{::open("/", O_RDONLY | O_CLOEXEC)};
};

std::jthread engine(server& serving) {
    return std::jthread([&](const std::stop_token& stop) {
        std::array<std::byte, 6000> data{};
        for (std::uint64_t i = 0; !stop.stop_requested(); i += 0x800) {
            (void)serving.dma_write(i % ram_size, data);
            (void)serving.dma_read(i % ram_size, data);
            serving.interrupt(static_cast<unsigned>(i >> 11) % 5);
        }
    });
}

TEST(random_conversations, leave_a_server_that_works) {
    const folder here;
    options settings;
    settings.message_timeout = 20ms;
    settings.dma_timeout = 1ms;
    const unique_fd memory = memory_file(1 << 20);
    test_board board;
    device_facts facts = usual_facts(memory.get());
    facts.msix = msix_facts{8, 0, 0x8000, 0x9000};
    server serving(facts, board, settings);
    serving.start(listen_at(here.socket));
    const std::size_t before = open_descriptors();
    {
        const std::jthread copies = engine(serving);
        talker someone(static_cast<std::uint32_t>(testing::UnitTest::GetInstance()->random_seed()));
        for (int i = 0; i < conversations; i++) {
            client host = connect_to(here.socket);
            someone.converse(host);
        }
    }
    client host = connect_to(here.socket);
    ASSERT_EQ(host.negotiate(), 0);
    EXPECT_EQ(host.read<std::uint32_t>(protocol::config_region, 0), 0x00011a2bU);
    EXPECT_EQ(open_descriptors(), before + 2) << "but for the two ends of the last";
    const statistics counts = serving.counts();
    // What we say must be neither nonsense nor all right, or else this tests little.
    EXPECT_GT(counts.messages, conversations * 5U);
    EXPECT_GT(counts.refused, counts.messages / 20);
    EXPECT_LT(counts.refused, counts.messages / 10 * 9);
    EXPECT_GT(counts.writes + counts.reads, conversations / 10U);
    EXPECT_GT(counts.resets, conversations + 10U);
    EXPECT_GT(counts.dma_direct_bytes, 0U);
    RecordProperty("messages", std::to_string(counts.messages));
}

} // namespace mutation_test
