// SPDX-License-Identifier: BSD-3-Clause
#include "peers.hpp"

#include <algorithm>
#include <numeric>

namespace raw {

file channel_of(const file& board, std::uint32_t number) {
    return open_channel(board, number).channel;
}

std::vector<unsigned char> pattern(std::size_t bytes, unsigned char first) {
    std::vector<unsigned char> data(bytes);
    std::iota(data.begin(), data.end(), first);
    return data;
}

std::vector<unsigned char> bytes_of(const file& board, std::uint64_t at, std::size_t length) {
    map window{board.get(), UPCIEDEV_POS(memory_bar, 0), window_length};
    std::vector<unsigned char> data(length);
    const auto* from = reinterpret_cast<volatile unsigned char*>(window.bytes()) + at;
    for (auto& byte : data)
        byte = *from++;
    return data;
}

void blank(const file& board, std::size_t length) {
    map window{board.get(), UPCIEDEV_POS(memory_bar, 0), window_length};
    for (std::size_t i = 0; i < length; i += 4)
        window.word(i) = 0x1010101U * blank_byte;
}

bool untouched(const file& board, std::size_t length) {
    return std::ranges::all_of(bytes_of(board, 0, length),
                               [](unsigned char byte) { return byte == blank_byte; });
}

upciedev_peer_route route(const file& from, const file& to, std::uint32_t bar,
                          std::uint32_t channel) {
    upciedev_peer_route what{};
    what.size = sizeof(what);
    what.peer = to.get();
    what.bar = bar;
    what.channel = channel;
    EXPECT_EQ(control(from.get(), UPCIEDEV_PEER_ROUTE, &what), 0);
    return what;
}

upciedev_dma_peer transfer_to(const file& peer, std::uint64_t at, std::uint64_t length) {
    upciedev_dma_peer what{};
    what.peer = peer.get();
    what.bar = memory_bar;
    what.peer_offset = at;
    what.length = length;
    what.timeout_ms = patient_ms;
    return what;
}

void fill_edu(const file& edu, const std::vector<unsigned char>& data) {
    auto sent = data;
    ASSERT_EQ(transfer(channel_of(edu, to_board), 0, sent.data(), sent.size()), 0);
}

void offer_memory(std::initializer_list<const board*> boards) {
    set_parameter("upciedev_generic", "peers", true);
    for (const auto* which : boards)
        unbound again{*which};
}

void offer_no_more() {
    set_parameter("upciedev_generic", "peers", false);
}

} // namespace raw
