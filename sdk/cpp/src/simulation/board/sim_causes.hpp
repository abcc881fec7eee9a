// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_enables.hpp"

namespace upciedev::inline v1::detail {

/// The causes of a simulated board as a driver handles them, by register accesses.
/// Sets of causes have a bit each in the order of the board file; the first 64 count.
class sim_causes {
  public:
    explicit sim_causes(model_board& board);

    [[nodiscard]] std::uint64_t of_vector(unsigned vector) const noexcept;
    /// Let the board interrupt for these, or no longer.
    void enable(std::uint64_t causes, bool on);
    struct outcome {
        std::uint64_t served = 0;
        bool more = false; // may be pending
    };
    /// Acknowledge those of them that are pending, until none is, or some times.
    /// \param message has come: all that tells of a cause without status
    outcome serve(std::uint64_t causes, bool message);
    [[nodiscard]] sim_enables& enables() noexcept { return enables_; }

  private:
    struct cause {
        unsigned vector = 0;
        std::optional<model_place> status, enable, acknowledge;
        [[nodiscard]] bool ends_when_served() const noexcept { return status && acknowledge; }
    };
    [[nodiscard]] std::uint64_t read(const model_place& place);
    void write(const model_place& place, std::uint64_t bits);
    void acknowledge(const cause& what, std::uint64_t bits);
    std::uint64_t serve_once(std::uint64_t causes, bool message);

    model_board& board_;
    sim_enables enables_;
    std::vector<cause> causes_;
};

} // namespace upciedev::inline v1::detail
