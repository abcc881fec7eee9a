// SPDX-License-Identifier: BSD-3-Clause
#include "arena.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/mman.h>

namespace stress {

namespace {

constexpr std::uint64_t first_address = 1ULL << 44U, range = 1ULL << 38U; // 256 GiB each

std::byte* reserve(std::uint64_t address) {
    void* got = ::mmap(arena::at(address), range, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(), "reserving addresses");
    return static_cast<std::byte*>(got);
}

} // namespace

arena::arena(unsigned number)
    : reserved_{reserve(first_address + number * range)}, base_{reserved_ + range / 2},
      tail_{base_ + data_bytes + (1U << 30U)}, constant_{tail_ + (1U << 30U)} {
    ::mprotect(base_, data_bytes, PROT_READ | PROT_WRITE);
    // Pages of its own: Linux's debugging of DMA takes the zero page, mapped many times, for none
    std::memset(base_, 0x5a, data_bytes);
    ::mprotect(tail_, page, PROT_READ | PROT_WRITE);
    ::mprotect(constant_, page, PROT_READ);
}

arena::~arena() {
    ::munmap(reserved_, range);
}

std::byte* arena::constant_tail(std::span<const std::byte> bytes) const {
    auto* place = constant_ + page - bytes.size();
    ::mprotect(constant_, page, PROT_READ | PROT_WRITE);
    std::memcpy(place, bytes.data(), bytes.size());
    ::mprotect(constant_, page, PROT_READ);
    return place;
}

} // namespace stress
