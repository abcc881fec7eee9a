// SPDX-License-Identifier: BSD-3-Clause
// Every message of the protocol, as a client with good manners sends it.
#include "client.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace protocol_test {

using namespace vfio_test;
using namespace std::chrono_literals;

constexpr std::uint32_t config = protocol::config_region;

TEST(version, agrees_on_0_0_and_tells_its_limits) {
    stand s;
    auto [ours, theirs] = connected_pair();
    server other(usual_facts(s.memory.get()), s.board);
    other.start_connected(std::move(theirs));
    client host(std::move(ours));
    EXPECT_EQ(host.ask(protocol::version, protocol::version_numbers{0, 7}), 0);
    EXPECT_EQ(host.answer.as<protocol::version_numbers>().minor, 0);
    const std::string text(reinterpret_cast<const char*>(host.answer.payload.data()) + 4);
    EXPECT_NE(text.find(R"("max_msg_fds":16)"), std::string::npos) << text;
    EXPECT_EQ(host.answer.payload.back(), std::byte{0});
}

TEST(version, comes_first_and_once) {
    test_board board;
    const unique_fd memory = memory_file(1 << 20);
    auto [ours, theirs] = connected_pair();
    server serving(usual_facts(memory.get()), board);
    serving.start_connected(std::move(theirs));
    client host(std::move(ours));
    EXPECT_EQ(host.exchange(protocol::device_reset, {}), EINVAL);
    EXPECT_EQ(host.ask(protocol::version, protocol::version_numbers{1, 0}), EINVAL);
    EXPECT_EQ(host.negotiate(), 0);
    EXPECT_EQ(host.negotiate(), EINVAL);
    EXPECT_EQ(board.resets, 0);
}

TEST(device_info, is_a_pci_device_with_reset) {
    stand s;
    EXPECT_EQ(s.host.ask(protocol::device_get_info, protocol::device_info{16, 0, 0, 0}), 0);
    const auto info = s.host.answer.as<protocol::device_info>();
    EXPECT_EQ(info.flags, 3U);
    EXPECT_EQ(info.regions, 9U);
    EXPECT_EQ(info.irqs, 5U);
}

protocol::region_info region(stand& s, std::uint32_t index, std::uint32_t argsz) {
    EXPECT_EQ(
        s.host.ask(protocol::get_region_info, protocol::region_info{argsz, 0, index, 0, 0, 0}), 0);
    return s.host.answer.as<protocol::region_info>();
}

TEST(region_info, of_registers_config_space_and_absent_regions) {
    stand s;
    EXPECT_EQ(region(s, 0, 32).size, 0x10000U);
    EXPECT_EQ(region(s, 0, 32).flags, 3U);
    EXPECT_TRUE(s.host.answer.fds.empty());
    EXPECT_EQ(region(s, config, 32).size, 4096U);
    EXPECT_EQ(region(s, 1, 32).size, 0U);
    EXPECT_EQ(region(s, 8, 32).flags, 0U);
}

TEST(region_info, keeps_the_map_back_until_there_is_room) {
    stand s;
    const auto small = region(s, 2, 32);
    EXPECT_EQ(small.argsz, 32U + 16 + 2 * 16);
    EXPECT_EQ(small.flags, 7U);
    EXPECT_EQ(small.capability_offset, 0U);
    EXPECT_EQ(s.host.answer.payload.size(), 32U);
    EXPECT_TRUE(s.host.answer.fds.empty());
}

TEST(region_info, gives_the_map_and_the_memory) {
    stand s;
    const auto whole = region(s, 2, 80);
    EXPECT_EQ(whole.flags, 15U);
    EXPECT_EQ(whole.capability_offset, 32U);
    ASSERT_EQ(s.host.answer.payload.size(), 80U);
    const auto sparse =
        protocol::take<protocol::sparse_capability>(std::span(s.host.answer.payload).subspan(32));
    EXPECT_EQ(sparse->id, 1);
    EXPECT_EQ(sparse->areas, 2U);
    const auto second =
        protocol::take<std::array<std::uint64_t, 2>>(std::span(s.host.answer.payload).subspan(64));
    EXPECT_EQ(*second, (std::array<std::uint64_t, 2>{0x20000, 0xe0000}));
    ASSERT_EQ(s.host.answer.fds.size(), 1U);
    put(s.memory, 4, "board");
    EXPECT_EQ(contents(s.host.answer.fds[0], 4, 5), "board");
}

TEST(region_info, of_memory_that_may_be_mapped_whole) {
    stand s([](device_facts& facts) { facts.bars[2].mappable.clear(); });
    EXPECT_EQ(region(s, 2, 32).flags, 7U);
    EXPECT_EQ(s.host.answer.fds.size(), 1U);
}

TEST(config_space, has_the_ids_and_capabilities_in_a_chain) {
    stand s;
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0), 0x00011a2bU);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 8), 0x11800003U);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x2c), 0x00021a2cU);
    std::vector<int> found;
    for (std::uint8_t at = s.host.read<std::uint8_t>(config, 0x34); at != 0;
         at = s.host.read<std::uint8_t>(config, at + 1U))
        found.push_back(s.host.read<std::uint8_t>(config, at));
    EXPECT_EQ(found, (std::vector{0x10, 0x01, 0x05}));
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x100), 0x00010003U);
    EXPECT_EQ(s.host.read<std::uint64_t>(config, 0x104), 0x1122334455667788U);
}

TEST(config_space, tells_the_sizes_of_bars) {
    stand s;
    for (unsigned offset = 0x10; offset < 0x28; offset += 4)
        s.host.write<std::uint32_t>(config, offset, 0xffffffff);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x10), 0xffff0000U);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x14), 0U);
    EXPECT_EQ(s.host.read<std::uint64_t>(config, 0x18), 0xfffffffffff0000cU);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x20), 0U);
}

TEST(config_space, keeps_what_is_read_only) {
    stand s;
    s.host.write<std::uint64_t>(config, 0, ~0ULL);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0), 0x00011a2bU);
    EXPECT_EQ(s.host.read<std::uint16_t>(config, 4), 0x0547);
    EXPECT_EQ(s.host.read<std::uint16_t>(config, 6), 0x0010);
}

TEST(regions, are_read_and_written_in_every_width) {
    stand s;
    EXPECT_EQ(s.host.write<std::uint64_t>(0, 0x100, 0x8877665544332211), 0);
    EXPECT_EQ(s.host.read<std::uint8_t>(0, 0x101), 0x22);
    EXPECT_EQ(s.board.last_size, 1U);
    EXPECT_EQ(s.host.read<std::uint16_t>(0, 0x102), 0x4433);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0x104), 0x88776655U);
    EXPECT_EQ(s.host.read<std::uint64_t>(0, 0x100), 0x8877665544332211U);
    EXPECT_EQ(s.board.last_size, 8U);
    EXPECT_EQ(s.serving.counts().reads, 4U);
    EXPECT_EQ(s.serving.counts().writes, 1U);
}

TEST(regions, of_msix_tables_are_kept_by_the_server) {
    stand s([](device_facts& facts) { facts.msix = msix_facts{16, 0, 0x8000, 0x9000}; });
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 0x80fc, 7), 0);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0x80fc), 7U);
    EXPECT_EQ(s.host.read<std::uint64_t>(0, 0x9000), 0U);
    EXPECT_EQ(s.serving.counts().reads, 0U);
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 0x8100, 7), 0);
    EXPECT_EQ(s.serving.counts().writes, 1U);
    EXPECT_EQ(s.host.read<std::uint8_t>(config, 0xb0), 0x11);
    EXPECT_EQ(s.host.read<std::uint16_t>(config, 0xb2), 15);
}

TEST(reset, by_message_puts_the_config_space_back) {
    stand s;
    s.host.bus_master(true);
    s.host.write<std::uint32_t>(config, 0x10, 0xfe000000);
    EXPECT_TRUE(s.serving.bus_master());
    EXPECT_EQ(s.host.exchange(protocol::device_reset, {}), 0);
    EXPECT_FALSE(s.serving.bus_master());
    EXPECT_EQ(s.host.read<std::uint16_t>(config, 4), 0);
    EXPECT_EQ(s.host.read<std::uint32_t>(config, 0x10), 0U);
    EXPECT_EQ(s.board.resets, 1);
}

TEST(reset, of_the_function_comes_by_config_space) {
    stand s;
    s.host.bus_master(true);
    const std::uint16_t control = s.host.read<std::uint16_t>(config, 0x48);
    EXPECT_EQ(s.host.write<std::uint16_t>(config, 0x48, control), 0);
    EXPECT_EQ(s.board.resets, 0);
    EXPECT_EQ(s.host.write<std::uint16_t>(config, 0x48, control | 0x8000), 0);
    EXPECT_EQ(s.board.resets, 1);
    EXPECT_FALSE(s.serving.bus_master());
    EXPECT_EQ(s.host.read<std::uint16_t>(config, 0x48), control);
}

TEST(requests, without_reply_get_none) {
    stand s;
    std::vector<std::byte> payload;
    protocol::append(payload, protocol::region_access{0x10, 0, 4});
    protocol::append(payload, std::uint32_t{99});
    ASSERT_TRUE(s.host.send(protocol::header{77, protocol::region_write, 36, 0x10, 0}, payload));
    payload[0] = std::byte{1}; // misaligned: an error, not told either
    ASSERT_TRUE(s.host.send(protocol::header{78, protocol::region_write, 36, 0x10, 0}, payload));
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0x10), 99U); // its answer is the next message
    EXPECT_EQ(s.serving.counts().refused, 1U);
}

TEST(device_that_throws, fails_the_access_alone) {
    std::string line;
    options settings;
    settings.log = [&](std::string_view text) {
        if (text.starts_with("the device")) line = text;
    };
    stand s(settings);
    s.board.on_write = [] { throw std::runtime_error("no such page"); };
    EXPECT_EQ(s.host.write<std::uint32_t>(0, 0, 1), EIO);
    EXPECT_EQ(s.host.read<std::uint32_t>(0, 0), 1U);
    EXPECT_EQ(line, "the device failed: no such page");
}

TEST(facts, that_no_endpoint_has_are_refused) {
    const unique_fd memory = memory_file(1 << 20);
    test_board board;
    const auto refused = [&](const std::function<void(device_facts&)>& change) {
        device_facts facts = usual_facts(memory.get());
        change(facts);
        EXPECT_THROW(check(facts), std::invalid_argument);
        EXPECT_THROW(server(facts, board), std::invalid_argument);
    };
    EXPECT_NO_THROW(check(usual_facts(memory.get())));
    refused([](device_facts& f) { f.bars[0].size = 0x10001; });
    refused([](device_facts& f) { f.bars[0].size = 8; });
    refused([](device_facts& f) { f.bars[0].size = 1ULL << 32; });
    refused([](device_facts& f) { f.bars[0].mappable = {{0, 4096}}; });
    refused([](device_facts& f) { f.bars[2].size = 2 << 20; });
    refused([](device_facts& f) { f.bars[3].size = 4096; });
    refused([](device_facts& f) { f.bars[5] = {4096, true, false, -1, {}}; });
    refused([](device_facts& f) { f.bars[2].mappable = {{0, 100}}; });
    refused([](device_facts& f) { f.bars[2].mappable = {{4096, 8192}, {0, 4096}}; });
    refused([](device_facts& f) { f.bars[2].mappable = {{0x80000, 0x81000}}; });
    refused([](device_facts& f) { f.msi_vectors = 3; });
    refused([](device_facts& f) { f.msi_vectors = 64; });
    refused([](device_facts& f) { f.class_code = 0x1180000; });
    refused([](device_facts& f) { f.msix = msix_facts{0, 0, 0, 0x1000}; });
    refused([](device_facts& f) { f.msix = msix_facts{8, 2, 0, 0x1000}; });
    refused([](device_facts& f) { f.msix = msix_facts{8, 0, 0xfff0, 0x1000}; });
    refused([](device_facts& f) { f.msix = msix_facts{8, 0, 0x1000, 0x1078}; });
}

} // namespace protocol_test
