// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <csignal>
#include <initializer_list>

namespace upciedev::inline v1::detail {

/// While one lives, signals reach this thread only inside of a ppoll() that is given
/// waiting_mask(): one that comes between two of them ends the next one at once, so that none is
/// missed by a wait that is made of many short ones. Faults of the program itself come as ever.
class signal_hold {
  public:
    signal_hold() noexcept : outer_(current) {
        sigset_t held;
        sigfillset(&held);
        for (const int each : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            sigdelset(&held, each);
        pthread_sigmask(SIG_BLOCK, &held, &before_);
        if (current == nullptr) current = &before_;
    }
    ~signal_hold() {
        current = outer_;
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    signal_hold(const signal_hold&) = delete;
    signal_hold& operator=(const signal_hold&) = delete;

    /// nullptr, which leaves the thread's mask as it is, where none is held.
    static const sigset_t* waiting_mask() noexcept { return current; }

  private:
    inline static thread_local const sigset_t* current = nullptr;
    const sigset_t* outer_;
    sigset_t before_{};
};

} // namespace upciedev::inline v1::detail
