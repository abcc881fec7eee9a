// SPDX-License-Identifier: BSD-3-Clause
#include "interrupts.hpp"

#include <algorithm>

namespace cli {

interrupts::interrupts() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

interrupts::~interrupts() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool interrupts::until(std::chrono::steady_clock::time_point time) const {
    const auto left = std::max(time - std::chrono::steady_clock::now(),
                               std::chrono::steady_clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    timespec wait{};
    wait.tv_sec = seconds.count();
    wait.tv_nsec = std::chrono::nanoseconds(left - seconds).count();
    return sigtimedwait(&signals_, nullptr, &wait) > 0;
}

} // namespace cli
