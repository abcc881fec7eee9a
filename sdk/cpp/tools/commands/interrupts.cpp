// SPDX-License-Identifier: BSD-3-Clause
#include "commands/interrupts.hpp"

#include <upciedev/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace cli {
namespace {

using clock = std::chrono::steady_clock;

// For the handler, which may use nothing else.
std::atomic<int> event_of_handler = -1;
std::atomic<bool> came_to_any = false;
std::atomic<bool> ends_at_once = false;

void notify(int event) noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(event, &one, sizeof one);
}

extern "C" void on_signal(int) {
    const int before = errno;
    came_to_any = true;
    if (ends_at_once) _exit(0);
    notify(event_of_handler);
    errno = before;
}

timespec until_time(clock::time_point time) {
    const auto left = std::max(time - clock::now(), clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
}

upciedev::detail::unique_fd make_event() {
    upciedev::detail::unique_fd made(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!made)
        throw upciedev::error(upciedev::errc::io_error, "signals", "no file is left for them", {},
                              {errno, std::generic_category()});
    return made;
}

} // namespace

interrupts::interrupts() : event_(make_event()), end_(make_event()) {
    try {
        thread_ = std::thread([this] { wait_for_signal(); });
    } catch (const std::system_error& problem) {
        throw upciedev::error(upciedev::errc::io_error, "signals", "no thread is left for them", {},
                              problem.code());
    }
    event_of_handler = event_.get();
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &interrupt_before_);
    sigaction(SIGTERM, &action, &terminate_before_);
    // The thread takes them, so that no other call of this one fails by EINTR.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &mask_before_);
}

interrupts::~interrupts() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
    notify(end_.get());
    thread_.join();
    event_of_handler = -1;
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void interrupts::wait_for_signal() {
    std::array<pollfd, 2> both{{{event_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    while (poll(both.data(), both.size(), -1) < 0) // by the signal itself
        ;
    if (both[0].revents != 0) stop_.request_stop();
}

bool interrupts::came() const noexcept {
    pollfd state{event_.get(), POLLIN, 0};
    return poll(&state, 1, 0) == 1;
}

bool interrupts::until(clock::time_point time) const {
    pollfd state{event_.get(), POLLIN, 0};
    while (true) {
        const auto left = until_time(time);
        const int ready = ppoll(&state, 1, &left, nullptr);
        if (ready >= 0) return ready == 1;
    }
}

bool interrupts::until_writable(int file) const {
    std::array<pollfd, 2> both{{{file, POLLOUT, 0}, {event_.get(), POLLIN, 0}}};
    while (poll(both.data(), both.size(), -1) < 0)
        ;
    return both[0].revents != 0; // also where nobody reads any more, which the writer finds out
}

bool interrupts::came_ever() noexcept {
    return came_to_any;
}

interrupts::at_once::at_once(const interrupts& by) {
    ends_at_once = true;
    if (by.came()) _exit(0); // before the handler could know
}

interrupts::at_once::~at_once() {
    ends_at_once = false;
}

} // namespace cli
