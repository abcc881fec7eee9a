// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/bits.hpp"

#include <cstddef>
#include <sys/mman.h>
#include <utility>

namespace upciedev::inline v1::detail {

constexpr std::uint64_t whole_pages(std::uint64_t bytes) noexcept {
    return (bytes + page - 1) / page * page;
}

/// Owns a map of memory, which ends with it; none at first, and where the kernel refused one.
class mapping {
  public:
    mapping() = default;
    /// As mmap(), of whole pages; errno tells why it is none. \param rights PROT_READ | PROT_WRITE
    mapping(int file, std::uint64_t position, std::uint64_t bytes, int rights,
            int flags = MAP_SHARED) noexcept
        : memory_(
              mmap(nullptr, whole_pages(bytes), rights, flags, file, static_cast<off_t>(position))),
          size_(whole_pages(bytes)) {
        if (memory_ == MAP_FAILED) memory_ = nullptr;
    }
    mapping(mapping&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}
    mapping& operator=(mapping&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
        return *this;
    }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    ~mapping() {
        if (memory_ != nullptr) munmap(memory_, size_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return memory_ != nullptr; }
    [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(memory_); }
    /// Bytes, whole pages.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    void* memory_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace upciedev::inline v1::detail
