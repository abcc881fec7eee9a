// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/slot_waits.hpp"

namespace upciedev::inline v1::detail {

/// Carries out a list of operations by calls of a slot: as many as fit into one call, large blocks
/// in parts, waits over a connection of their own, so that others have their turn meanwhile.
class slot_runner {
  public:
    using bar_sizes = std::array<std::uint64_t, bars_of_a_board>;
    slot_runner(slot_link& link, slot_waits& waits, const bar_sizes& sizes,
                std::span<operation> operations)
        : link_(link), waits_(waits), sizes_(sizes), operations_(operations) {}

    /// \returns errno of operation number done(), 0 after all
    int run();
    [[nodiscard]] std::size_t done() const noexcept { return done_; }

  private:
    [[nodiscard]] int check(const operation& op) const noexcept;
    int poll(operation& op);
    int poll_over(slot_link& link, operation& op, std::uint32_t slice_us);
    int some();
    void collect();
    [[nodiscard]] operation rest_of_first() const;
    int take_answer(const slot_answer& answer);
    bool advance(std::size_t index, std::uint64_t value, slot_wire::reader& data);

    slot_link& link_;
    slot_waits& waits_;
    const bar_sizes& sizes_;
    std::span<operation> operations_;
    std::size_t done_ = 0;
    std::uint32_t part_ = 0;      // accesses done of the next one, a block
    std::vector<operation> sent_; // by the call under way
};

} // namespace upciedev::inline v1::detail
