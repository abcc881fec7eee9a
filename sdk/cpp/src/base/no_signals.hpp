// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <csignal>

namespace upciedev::inline v1::detail {

/// While one lives, threads that are started get no signals: those are for the program's own.
class no_signals {
  public:
    no_signals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~no_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    no_signals(const no_signals&) = delete;
    no_signals& operator=(const no_signals&) = delete;

  private:
    sigset_t before_{};
};

} // namespace upciedev::inline v1::detail
