// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/server/access_claims.hpp"

#include <upciedev/extend/sim.hpp>

#include <chrono>

namespace upciedev::slot {

/// One `run` of a client: checked as a whole, then carried out up to the first error, or until it
/// has taken so long that the client should be given a sign of life.
class access_run {
  public:
    /// \param longest also of a wait, which then ends with ETIMEDOUT before its time
    access_run(sim_board& board, access_claims& claims, unsigned connection,
               std::chrono::milliseconds longest)
        : board_(board), claims_(claims), connection_(connection), longest_(longest) {}

    /// \returns false: it is no request
    bool take(detail::slot_wire::reader& body);
    /// \returns errno of operation number done
    int carry_out();
    void put_answer(detail::slot_wire::writer& to) const;

  private:
    int carry_out(operation& op);
    int block(const operation& op);
    int poll(operation& op);
    [[nodiscard]] bool late() const;

    sim_board& board_;
    access_claims& claims_;
    unsigned connection_;
    std::chrono::microseconds longest_;
    std::vector<operation> operations_;
    std::vector<std::byte> data_; // of all blocks
    detail::slot_wire::run_answer told_;
    std::chrono::steady_clock::time_point end_;
};

} // namespace upciedev::slot
