// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <span>

namespace upciedev::inline v1::detail {

/// Waits for files until \p end; none is ready if the time is over before. \param mask of signals
/// meanwhile; nullptr leaves it as it is. \returns 0 or errno
inline int poll_until(std::span<pollfd> files, std::chrono::steady_clock::time_point end,
                      const sigset_t* mask) noexcept {
    using std::chrono::nanoseconds;
    const auto left = std::max(end - std::chrono::steady_clock::now(), nanoseconds(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec time{.tv_sec = seconds.count(), .tv_nsec = nanoseconds(left - seconds).count()};
    return ::ppoll(files.data(), files.size(), &time, mask) < 0 ? errno : 0;
}

} // namespace upciedev::inline v1::detail
