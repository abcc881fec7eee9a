// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/mapping.hpp"

#include <linux/upciedev.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace upciedev::inline v1::detail {

/// The maps of one BAR: one for each stretch that the driver lets this file map, made when first
/// asked for and kept as long as the board.
class chardev_maps {
  public:
    chardev_maps() = default;
    chardev_maps(const chardev_maps&) = delete;
    chardev_maps& operator=(const chardev_maps&) = delete;

    /// \param areas touching each other, in ascending order
    void set_areas(int file, std::uint64_t position, const std::vector<upciedev_bar_area>& areas);
    volatile std::byte* map(std::uint64_t offset, std::uint64_t length, bool writing) noexcept;
    /// "all", "read-only", "partly" or "not".
    [[nodiscard]] std::string describe() const;

  private:
    struct stretch {
        stretch(std::uint64_t first, std::uint64_t behind, bool for_writing)
            : begin(first), end(behind), writing(for_writing) {}
        std::uint64_t begin, end;
        bool writing;
        mapping map;
        std::byte* memory = nullptr; // that of the map; atomic accesses only
        bool failed = false;
    };
    void add_stretches(const std::vector<upciedev_bar_area>& areas, bool writing);
    [[nodiscard]] std::byte* memory_of(stretch& what) noexcept;
    [[nodiscard]] bool covers_all(bool writing) const;

    int file_ = -1;
    std::uint64_t position_ = 0; // of the BAR, in the file
    std::uint64_t size_ = 0;
    std::mutex mapping_;
    std::deque<stretch> stretches_;
};

} // namespace upciedev::inline v1::detail
