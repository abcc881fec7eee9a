// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/sim.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace upciedev::inline v1::detail {

/// The trigger lines that run past all slots of a crate in this process. Thread-safe.
class sim_backplane : public std::enable_shared_from_this<sim_backplane> {
  public:
    void plug(sim_board& board);
    void remove(const sim_board& board) noexcept;
    /// All boards but the one that sends.
    void pulse(const sim_board& sender, unsigned line) noexcept;

  private:
    std::mutex lock_;
    std::vector<sim_board*> boards_;
};

} // namespace upciedev::inline v1::detail
