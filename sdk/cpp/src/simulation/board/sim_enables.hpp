// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/model/model_parts.hpp"

#include <array>

namespace upciedev::inline v1::detail {

/// The enable bits of a simulated board's interrupts. As in the driver they are set and cleared
/// here only; a user's write leaves them as they are. The caller holds the lock of all accesses.
class sim_enables {
  public:
    explicit sim_enables(model_board& board);

    /// Sets or clears the bits of a cause; the register's others are kept.
    void set(const model_place& place, bool on);
    /// What is to be written for a user's \p bits, whatever the access covers.
    [[nodiscard]] std::uint64_t kept(unsigned bar, std::uint64_t offset, unsigned width,
                                     std::uint64_t bits);
    /// The board was reset: nothing was written to it.
    void forget() noexcept;

  private:
    /// One register with enable bits; masks are as the bus has them.
    struct entry {
        unsigned bar = 0;
        std::uint64_t offset = 0;
        unsigned width = 0;
        std::uint64_t mask = 0;
        std::uint64_t acting = 0;  ///< ones written there act: users write zeros
        std::uint64_t unread = 0;  ///< reads do not return what was written
        std::uint64_t written = 0; ///< last, for these bits

        [[nodiscard]] std::uint64_t reached(std::uint64_t at, unsigned access) const noexcept;
    };
    /// Where all enable bits of a BAR lie.
    struct stretch {
        std::uint64_t begin = ~std::uint64_t{0}, end = 0;
    };

    [[nodiscard]] entry& at(const model_place& place);
    [[nodiscard]] std::uint64_t present(const entry& reg) const;

    model_board& board_;
    std::vector<entry> entries_;
    std::array<stretch, bars_of_a_board> places_;
};

} // namespace upciedev::inline v1::detail
