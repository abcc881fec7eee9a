// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

namespace upciedev::inline v1::detail {

/// The memory behind one simulated BAR, as the bus sees it. Costs only the pages that are touched.
class sim_memory {
  public:
    sim_memory() = default;
    ~sim_memory();
    sim_memory(const sim_memory&) = delete;
    sim_memory& operator=(const sim_memory&) = delete;

    /// Called once, before use. \throws std::bad_alloc
    void allocate(std::uint64_t size);
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::byte* at(std::uint64_t offset) const noexcept { return base_ + offset; }

    /// Aligned accesses inside the BAR; \p width in bits.
    [[nodiscard]] std::uint64_t load(std::uint64_t offset, unsigned width) const noexcept;
    // NOLINTNEXTLINE(readability-make-member-function-const): it changes the memory
    void store(std::uint64_t offset, unsigned width, std::uint64_t bits) noexcept;

    /// From now on every byte reads as 0xff, also through pointers handed out before.
    void fill_with_ones() noexcept;

  private:
    [[nodiscard]] std::uint64_t mapped_size() const noexcept;
    std::byte* base_ = nullptr;
    std::uint64_t size_ = 0;
};

} // namespace upciedev::inline v1::detail
