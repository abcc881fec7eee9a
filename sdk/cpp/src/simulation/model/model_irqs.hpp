// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/model/model_parts.hpp"

namespace upciedev::inline v1::detail {

/// The causes of `irqs`, and which vectors they hold up.
///
/// A vector is sent once, when the first of its enabled causes comes up. While one stands, others
/// send nothing, nor does an acknowledgement that leaves one standing: the driver looks until
/// nothing is pending.
class model_irqs {
  public:
    void build(const board_description& board);
    [[nodiscard]] bool empty() const noexcept { return causes_.empty(); }
    /// Places where a write may change what is pending.
    [[nodiscard]] std::vector<model_place> places() const;
    /// Set pending. \returns the vector to be sent whatever is pending (a cause without status)
    /// \throws error no_such_register
    std::optional<unsigned> raise(model_memories& board, std::string_view name);
    /// Vectors to be sent, now that registers have changed.
    std::vector<unsigned> changed(const model_memories& board);
    void forget() { standing_.clear(); }
    /// The status of each cause, and its return: what was pending then is pending again.
    [[nodiscard]] std::vector<std::uint64_t> pending(const model_memories& board) const;
    void restore(model_memories& board, const std::vector<std::uint64_t>& before) const;

  private:
    struct cause {
        const irq_description* what = nullptr;
        std::optional<model_place> status, enable, acknowledge;
        [[nodiscard]] bool pending(const model_memories& board) const noexcept;
        [[nodiscard]] bool enabled(const model_memories& board) const noexcept;
    };
    std::vector<cause> causes_;
    std::vector<unsigned> standing_; // vectors with an enabled cause pending, ascending
};

} // namespace upciedev::inline v1::detail
