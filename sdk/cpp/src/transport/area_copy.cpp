// SPDX-License-Identifier: BSD-3-Clause
#include "transport/area_copy.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace upciedev::inline v1::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "boards are little-endian on the bus");

template <class T>
std::size_t load_all(const volatile std::byte* from, std::span<std::byte> to) {
    const auto* words = reinterpret_cast<const volatile T*>(from);
    const std::size_t n = to.size() / sizeof(T);
    for (std::size_t i = 0; i < n; ++i) {
        const T word = __atomic_load_n(words + i, __ATOMIC_RELAXED);
        std::memcpy(to.data() + i * sizeof(T), &word, sizeof(T));
    }
    return n * sizeof(T);
}

template <class T>
std::size_t store_all(volatile std::byte* to, std::span<const std::byte> from) {
    auto* words = reinterpret_cast<volatile T*>(to);
    const std::size_t n = from.size() / sizeof(T);
    for (std::size_t i = 0; i < n; ++i) {
        T word;
        std::memcpy(&word, from.data() + i * sizeof(T), sizeof(T));
        __atomic_store_n(words + i, word, __ATOMIC_RELAXED);
    }
    return n * sizeof(T);
}

std::size_t load_elements(const volatile std::byte* from, std::span<std::byte> to, unsigned size) {
    switch (size) {
    case 1:
        return load_all<std::uint8_t>(from, to);
    case 2:
        return load_all<std::uint16_t>(from, to);
    case 4:
        return load_all<std::uint32_t>(from, to);
    default:
        return load_all<std::uint64_t>(from, to);
    }
}

std::size_t store_elements(volatile std::byte* to, std::span<const std::byte> from, unsigned size) {
    switch (size) {
    case 1:
        return store_all<std::uint8_t>(to, from);
    case 2:
        return store_all<std::uint16_t>(to, from);
    case 4:
        return store_all<std::uint32_t>(to, from);
    default:
        return store_all<std::uint64_t>(to, from);
    }
}

/// Bytes before the first place where 32-bit accesses are aligned.
std::size_t head_of(const volatile std::byte* memory, std::size_t size) {
    const auto odd = reinterpret_cast<std::uintptr_t>(memory) % 4;
    return std::min<std::size_t>(size, odd == 0 ? 0 : 4 - odd);
}

template <class T>
void swap_all(std::span<std::byte> bytes) {
    for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T))
        std::ranges::reverse(bytes.subspan(i, sizeof(T)));
}

} // namespace

void copy_from_board(const volatile std::byte* from, std::span<std::byte> to, unsigned element) {
    if (element >= 4) {
        load_elements(from, to, element);
        return;
    }
    std::size_t at = load_elements(from, to.first(head_of(from, to.size())), element);
    at += load_elements(from + at, to.subspan(at), 4);
    load_elements(from + at, to.subspan(at), element);
}

void copy_to_board(volatile std::byte* to, std::span<const std::byte> from, unsigned element) {
    if (element >= 4) {
        store_elements(to, from, element);
        return;
    }
    std::size_t at = store_elements(to, from.first(head_of(to, from.size())), element);
    at += store_elements(to + at, from.subspan(at), 4);
    store_elements(to + at, from.subspan(at), element);
}

void to_host_order(std::span<std::byte> bytes, unsigned element, byte_order order) {
    if (order == byte_order::little) return;
    switch (element) {
    case 2:
        return swap_all<std::uint16_t>(bytes);
    case 4:
        return swap_all<std::uint32_t>(bytes);
    case 8:
        return swap_all<std::uint64_t>(bytes);
    default:
        return;
    }
}

} // namespace upciedev::inline v1::detail
