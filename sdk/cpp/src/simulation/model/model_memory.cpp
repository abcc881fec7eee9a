// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_memory.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

constexpr std::uint64_t pattern_size = std::uint64_t{1} << 20;

/// A file of ones; mapped again and again it covers a large BAR at the cost of its own size.
unique_fd open_pattern() noexcept {
    unique_fd file(memfd_create("upciedev-gone", MFD_CLOEXEC));
    if (file && ftruncate(file.get(), pattern_size) == 0) {
        std::array<unsigned char, page> ones{};
        ones.fill(0xff);
        for (std::uint64_t at = 0; at < pattern_size; at += page)
            if (pwrite(file.get(), ones.data(), page, static_cast<off_t>(at)) < 0) break;
    }
    return file;
}

template <class T>
std::uint64_t load_as(const std::byte* at) noexcept {
    return __atomic_load_n(reinterpret_cast<const T*>(at), __ATOMIC_ACQUIRE);
}

template <class T>
void store_as(std::byte* at, std::uint64_t bits) noexcept {
    __atomic_store_n(reinterpret_cast<T*>(at), static_cast<T>(bits), __ATOMIC_RELEASE);
}

} // namespace

int model_memory::kind() const noexcept {
    return (file_ ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS) | MAP_NORESERVE;
}

void model_memory::allocate(std::uint64_t size, bool shared) {
    size_ = size;
    if (shared) file_.reset(memfd_create("upciedev-bar", MFD_CLOEXEC));
    if (shared && (!file_ || ftruncate(file_.get(), static_cast<off_t>(whole_pages(size))) != 0))
        throw std::bad_alloc();
    map_ = mapping(file_.get(), 0, size, PROT_READ | PROT_WRITE, kind());
    if (!map_) throw std::bad_alloc();
    base_ = map_.data();
}

std::uint64_t model_memory::load(std::uint64_t offset, unsigned width) const noexcept {
    switch (width) {
    case 8:
        return load_as<std::uint8_t>(at(offset));
    case 16:
        return load_as<std::uint16_t>(at(offset));
    case 32:
        return load_as<std::uint32_t>(at(offset));
    default:
        return load_as<std::uint64_t>(at(offset));
    }
}

// NOLINTNEXTLINE(readability-make-member-function-const): it changes the memory
void model_memory::store(std::uint64_t offset, unsigned width, std::uint64_t bits) noexcept {
    switch (width) {
    case 8:
        return store_as<std::uint8_t>(at(offset), bits);
    case 16:
        return store_as<std::uint16_t>(at(offset), bits);
    case 32:
        return store_as<std::uint32_t>(at(offset), bits);
    default:
        return store_as<std::uint64_t>(at(offset), bits);
    }
}

void model_memory::fill_with_ones() noexcept {
    if (map_) cover_with_ones(map_.data(), map_.size());
}

// NOLINTNEXTLINE(readability-make-member-function-const): it changes the memory
bool model_memory::uncover() noexcept {
    if (!map_) return true;
    return mmap(map_.data(), map_.size(), PROT_READ | PROT_WRITE, kind() | MAP_FIXED, file_.get(),
                0) != MAP_FAILED;
}

void cover_with_ones(std::byte* map, std::uint64_t size) noexcept {
    const auto file = open_pattern();
    for (std::uint64_t at = 0; file && at < size; at += pattern_size)
        if (mmap(map + at, std::min(pattern_size, size - at), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED, file.get(), 0) == MAP_FAILED)
            break; // out of memory; calls and writes still tell that the board has gone
}

} // namespace upciedev::inline v1::detail
