// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/bits.hpp"
#include "base/mapping.hpp"
#include "base/unique_fd.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace upciedev::inline v1::detail {

/// The memory behind one simulated BAR, as the bus sees it. Costs only the pages that are touched.
class model_memory {
  public:
    /// Called once, before use. \param shared other processes may map file()
    /// \throws std::bad_alloc
    void allocate(std::uint64_t size, bool shared = false);
    [[nodiscard]] int file() const noexcept { return file_.get(); } ///< -1: not shared
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::byte* at(std::uint64_t offset) const noexcept { return base_ + offset; }

    /// Aligned accesses inside the BAR; \p width in bits.
    [[nodiscard]] std::uint64_t load(std::uint64_t offset, unsigned width) const noexcept;
    // NOLINTNEXTLINE(readability-make-member-function-const): it changes the memory
    void store(std::uint64_t offset, unsigned width, std::uint64_t bits) noexcept;

    /// From now on every byte reads as 0xff, also through pointers handed out before.
    void fill_with_ones() noexcept;
    /// After fill_with_ones(): the memory is back, with its contents if it is shared, else zeros.
    /// \returns false: errno says why
    bool uncover() noexcept;

  private:
    [[nodiscard]] int kind() const noexcept; ///< flags of its map
    std::byte* base_ = nullptr;              // that of the map
    std::uint64_t size_ = 0;
    unique_fd file_;
    mapping map_;
};

/// From now on a map reads all ones, and what is written to it is lost.
void cover_with_ones(std::byte* map, std::uint64_t size) noexcept;

using model_memories = std::array<model_memory, bars_of_a_board>;

} // namespace upciedev::inline v1::detail
