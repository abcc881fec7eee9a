// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/hangup_watch.hpp"
#include "base/no_signals.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <system_error>
#include <thread>

namespace upciedev::inline v1::detail {

hangup_watch& hangup_watch::only() {
    static auto& one = *new hangup_watch;
    return one;
}

hangup_watch::hangup_watch() : events_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!events_) throw std::system_error(errno, std::generic_category(), "epoll");
    const no_signals meanwhile;
    std::thread([this] { watch(); }).detach();
}

std::uint64_t hangup_watch::add(int socket, std::function<void()> told) {
    const std::lock_guard hold(lock_);
    const auto key = ++last_key_;
    told_.emplace(key, std::move(told));
    epoll_event event{};
    event.events = EPOLLONESHOT; // hang-ups are told without asking
    event.data.u64 = key;
    if (epoll_ctl(events_.get(), EPOLL_CTL_ADD, socket, &event) == 0) return key;
    const int failed = errno;
    told_.erase(key);
    throw std::system_error(failed, std::generic_category(), "epoll");
}

void hangup_watch::remove(int socket, std::uint64_t key) noexcept {
    const std::lock_guard hold(lock_);
    told_.erase(key);
    epoll_ctl(events_.get(), EPOLL_CTL_DEL, socket, nullptr);
}

void hangup_watch::watch() {
    for (;;) {
        std::array<epoll_event, 16> events{};
        const int count = epoll_wait(events_.get(), events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i)
            tell(events.at(static_cast<std::size_t>(i)).data.u64);
    }
}

void hangup_watch::tell(std::uint64_t key) {
    const std::lock_guard hold(lock_);
    const auto found = told_.find(key);
    if (found == told_.end()) return; // removed meanwhile
    found->second();
    told_.erase(found);
}

} // namespace upciedev::inline v1::detail
