// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "board/dma/region_state.hpp"

#include <upciedev/copy.hpp>

namespace upciedev::inline v1::detail {

/// How long a copy may go on.
class copy_limit {
  public:
    explicit copy_limit(const copy_options& options);
    [[nodiscard]] std::chrono::nanoseconds left() const;
    [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
    /// \throws error timeout, interrupted
    void check(const std::string& where) const;

  private:
    std::chrono::steady_clock::time_point end_;
    std::stop_token stop_;
};

/// Whether this computer can move bytes of that region in that direction, and by the engine.
bool reachable(const region::state& what, bool to_board);
bool engine_fits(const region::state& what, bool to_board);

/// By this computer's memory. \throws error as copy()
void bounce(const region::state& source, const region::state& target, const copy_limit& limit,
            copy_result& how);

/// \throws error io_error: the first byte that differs
void verify(const region::state& source, const region::state& target, const copy_limit& limit);

} // namespace upciedev::inline v1::detail
