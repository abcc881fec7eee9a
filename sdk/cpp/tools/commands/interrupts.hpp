// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <csignal>
#include <stop_token>
#include <thread>

namespace cli {

/// Ctrl-C (SIGINT) and SIGTERM, which end what a command waits for while one of these lives; the
/// command then leaves everything as it should be. A second signal ends the process. Without one,
/// the first signal does: that is for commands that have nothing to put in order.
///
/// One at a time. No signal is lost, whenever it comes: it stays in the token.
class interrupts {
  public:
    /// \throws upciedev::error io_error: no file or no thread is left
    interrupts();
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;
    ~interrupts();

    /// Stopped by a signal. For every call of the library that may wait.
    [[nodiscard]] std::stop_token token() const noexcept { return stop_.get_token(); }
    [[nodiscard]] bool came() const noexcept;
    /// \returns whether one came before that time
    [[nodiscard]] bool until(std::chrono::steady_clock::time_point time) const;
    /// Wait until a line can be written to \p file without waiting. \returns false: a signal came
    /// before, and the reader takes nothing
    [[nodiscard]] bool until_writable(int file) const;

    /// While this lives, a signal ends the process at once, with exit status 0: around calls that
    /// take no token and may wait for a process that is stuck, where nothing is to be put in order.
    class at_once {
      public:
        explicit at_once(const interrupts& by);
        at_once(const at_once&) = delete;
        at_once& operator=(const at_once&) = delete;
        ~at_once();
    };

    /// One came since the process began, although the command it was meant for has ended.
    [[nodiscard]] static bool came_ever() noexcept;

  private:
    void wait_for_signal();

    upciedev::detail::unique_fd event_; ///< readable once one came, and stays so
    upciedev::detail::unique_fd end_;
    std::stop_source stop_;
    struct sigaction interrupt_before_ {};
    struct sigaction terminate_before_ {};
    sigset_t mask_before_{};
    std::thread thread_;
};

} // namespace cli
