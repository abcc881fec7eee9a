// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/signal_hold.hpp"

#include <upciedev/extend/transport.hpp>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <poll.h>

namespace upciedev::inline v1::detail {

/// A poll where no driver does it. \param read fills in the bits and returns an errno
template <class Read>
int poll_until(operation& op, const Read& read) {
    using clock = std::chrono::steady_clock;
    const signal_hold held;
    const auto deadline = clock::now() + std::chrono::microseconds(op.count);
    const std::uint64_t wanted = op.value & op.mask;
    while (true) {
        const bool last = clock::now() >= deadline;
        if (const int problem = read(op.value)) return problem;
        if ((op.value & op.mask) == wanted) return 0;
        if (last) return ETIMEDOUT;
        const timespec pause{0, 20'000};
        if (ppoll(nullptr, 0, &pause, signal_hold::waiting_mask()) != 0)
            return EINTR; // as the driver: Ctrl-C ends a poll
    }
}

} // namespace upciedev::inline v1::detail
