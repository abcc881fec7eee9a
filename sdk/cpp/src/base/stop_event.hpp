// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"

#include <cerrno>
#include <cstdint>
#include <stop_token>
#include <sys/eventfd.h>

namespace upciedev::inline v1::detail {

/// A stop token that poll() can wait for.
class stop_event {
  public:
    /// \throws error io_error
    explicit stop_event(const std::stop_token& stop)
        : event_(stop.stop_possible() ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
          tell_(stop, raise{event_.get()}) {
        if (stop.stop_possible() && !event_) throw_access_error(from_errno(errno), "eventfd");
    }
    /// Readable once a stop is asked for; -1, which poll() passes over, where nobody can.
    [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

  private:
    struct raise {
        int event;
        void operator()() const noexcept {
            const std::uint64_t one = 1;
            [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
        }
    };

    unique_fd event_;
    std::stop_callback<raise> tell_;
};

} // namespace upciedev::inline v1::detail
