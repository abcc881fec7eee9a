// SPDX-License-Identifier: BSD-3-Clause
// What the tests of peers share: an edu whose engine writes into the memory of an ivshmem.
#pragma once

#include "dma.hpp"
#include "modules.hpp"

#include <gtest/gtest.h>

namespace raw {

constexpr std::uint32_t from_board = 0, to_board = 1; // channels of edu
constexpr std::uint32_t memory_bar = 2, registers_bar = 0;
constexpr std::uint64_t edu_memory = 4095;     // bytes that its engine reaches
constexpr unsigned char blank_byte = 0xee;     // what blank() leaves
constexpr std::size_t window_length = 1 << 20; // of a window that these look at

file channel_of(const file& board, std::uint32_t number);
std::vector<unsigned char> pattern(std::size_t bytes, unsigned char first);

std::vector<unsigned char> bytes_of(const file& board, std::uint64_t at, std::size_t length);
void blank(const file& board, std::size_t length);
// Only what blank() left
bool untouched(const file& board, std::size_t length = window_length);

upciedev_peer_route route(const file& from, const file& to, std::uint32_t bar = memory_bar,
                          std::uint32_t channel = UPCIEDEV_NO_CHANNEL);
upciedev_dma_peer transfer_to(const file& peer, std::uint64_t at, std::uint64_t length);
void fill_edu(const file& edu, const std::vector<unsigned char>& data);

// Boards of the generic driver offer their memory only if it was told so before it took them.
void offer_memory(std::initializer_list<const board*> boards);
void offer_no_more();

} // namespace raw
