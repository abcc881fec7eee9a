// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_waits.hpp"
#include "base/signal_hold.hpp"
#include "base/timed_poll.hpp"
#include "base/transport_error.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace upciedev::inline v1::detail {

void sim_waits::wake_all() noexcept {
    const std::lock_guard hold(lock_);
    for (const auto* each : waiters_) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(each->event_.get(), &one, sizeof one);
    }
}

sim_waits::waiter::waiter(sim_waits& where)
    : where_(where), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw_access_error(from_errno(errno), "eventfd");
    const std::lock_guard hold(where_.lock_);
    where_.waiters_.push_back(this);
}

sim_waits::waiter::~waiter() {
    const std::lock_guard hold(where_.lock_);
    std::erase(where_.waiters_, this);
}

int sim_waits::waiter::sleep(time_point end, int other) noexcept {
    std::array<pollfd, 2> both{{{event_.get(), POLLIN, 0}, {other, POLLIN, 0}}};
    if (const int failed = poll_until(both, end, signal_hold::waiting_mask())) return failed;
    std::uint64_t told = 0;
    if (both[0].revents != 0) [[maybe_unused]]
        const auto cleared = ::read(event_.get(), &told, sizeof told);
    return 0;
}

} // namespace upciedev::inline v1::detail
