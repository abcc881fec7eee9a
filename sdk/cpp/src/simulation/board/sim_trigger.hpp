// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_dma.hpp"

namespace upciedev::inline v1::detail {

/// The interrupts of which each moves a frame of a stream; none: nothing is waited for.
class sim_trigger {
  public:
    /// \throws error board_gone
    sim_trigger(sim_dma& dma, const board_description& board, std::uint64_t causes,
                std::uint32_t stops);

    [[nodiscard]] bool has_causes() const noexcept { return causes_ != 0; }
    /// How often the stream had been stopped when this was made.
    [[nodiscard]] std::uint32_t stops() const noexcept { return stops_; }
    /// How many came since it was last asked, and when the last of them.
    std::uint32_t came(std::uint64_t& time_ns);
    void sleep() noexcept; ///< until one comes, or something else has changed

  private:
    const std::uint64_t causes_;
    const std::uint32_t stops_;
    std::unique_ptr<interrupt_source> source_;
    sim_waits::waiter waiter_;
};

} // namespace upciedev::inline v1::detail
