// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "description/reg_effects.hpp"

#include <span>

namespace upciedev::inline v1::detail {

/// Bits at address \p from as an access that begins at \p to sees them; under 8 bytes apart.
constexpr std::uint64_t moved(std::uint64_t bits, std::uint64_t from, std::uint64_t to) noexcept {
    return from >= to ? bits << (8 * (from - to)) : bits >> (8 * (to - from));
}

/// One register of a simulated BAR; masks are as the bus has them.
struct model_cell {
    std::uint64_t offset = 0;
    unsigned bytes = 0;
    bit_rules rules;
    bool guard = false;
    std::size_t fifo = no_fifo; ///< number of its queue

    static constexpr std::size_t no_fifo = ~std::size_t{0};
};

/// The rules of the bits of an access.
struct access_rules : bit_rules {
    std::uint64_t kept = 0; ///< what is written there is read again, effects apart
};

/// Memory of a simulated BAR that follows one rule.
struct model_stretch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool readable = false;
    bool writable = false;

    [[nodiscard]] bool plain() const noexcept { return readable && writable; }
};

/// What a board file says of one BAR, ready for access by address.
class model_rules {
  public:
    void add(const register_description& what, std::uint64_t offset, std::size_t& fifos);
    void add(const area_description& what);
    /// Accesses to these bytes do more than memory does: no map may bypass it.
    void watch(std::uint64_t offset, unsigned bytes, bool reads);
    /// Called once, when all is added.
    void finish();

    /// Call \p use with each register that touches [offset, offset + bytes); bytes <= 8.
    template <class Use>
    void for_each_cell(std::uint64_t offset, unsigned bytes, const Use& use) const {
        for (const auto& cell : cells(offset, bytes))
            if (cell.offset + cell.bytes > offset) use(cell);
    }
    /// The number of the queue behind a register, or no_fifo.
    [[nodiscard]] std::size_t fifo_of(const register_location& where) const;
    /// The rules of these bytes, all registers and areas taken together.
    [[nodiscard]] access_rules at(std::uint64_t offset, unsigned bytes) const;
    /// All of it lies in read-write memory of areas.
    [[nodiscard]] bool plain_memory(std::uint64_t offset, std::uint64_t bytes) const;
    [[nodiscard]] bool mappable(std::uint64_t offset, std::uint64_t bytes, bool writing) const;

  private:
    /// All that touch [offset, offset + bytes), and perhaps some that end before.
    [[nodiscard]] std::span<const model_cell> cells(std::uint64_t offset, unsigned bytes) const;
    /// The first stretch that ends behind \p offset.
    [[nodiscard]] std::vector<model_stretch>::const_iterator
    stretch_behind(std::uint64_t offset) const;

    std::vector<model_cell> cells_;        // ascending offset
    std::vector<model_stretch> stretches_; // from finish() on ascending, and none overlaps another
    std::vector<std::uint64_t> no_read_, no_write_; // pages that cannot be mapped, ascending
};

} // namespace upciedev::inline v1::detail
