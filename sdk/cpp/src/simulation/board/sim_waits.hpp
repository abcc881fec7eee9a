// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <mutex>
#include <vector>

namespace upciedev::inline v1::detail {

/// Those who wait for something to change. As in a driver, a signal ends a wait.
class sim_waits {
  public:
    using time_point = std::chrono::steady_clock::time_point;

    void wake_all() noexcept;

    /// Made before the first look at what may change, so that no wake-up is missed.
    class waiter {
      public:
        explicit waiter(sim_waits& where);
        ~waiter();
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        /// Until it is time to look again, also because \p other is readable (-1: there is none).
        /// \returns 0, EINTR, or what else went wrong
        int sleep(time_point end, int other = -1) noexcept;

      private:
        friend class sim_waits;
        sim_waits& where_;
        unique_fd event_;
    };

  private:
    std::mutex lock_;
    std::vector<waiter*> waiters_;
};

} // namespace upciedev::inline v1::detail
