// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/crate_monitor.hpp>

#include "base/stop_event.hpp"
#include "base/transport_error.hpp"
#include "crate/crate_source.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <tuple>

namespace upciedev {
inline namespace v1 {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

auto place_of(const present_board& board) {
    return std::tie(board.entry.crate, board.entry.slot, board.entry.pci_address, board.generation);
}

bool holds(const std::vector<present_board>& boards, const present_board& wanted) {
    return std::ranges::any_of(
        boards, [&](const auto& board) { return place_of(board) == place_of(wanted); });
}

int milliseconds_until(clock::time_point end) {
    constexpr milliseconds longest{60'000}; // poll() counts in int
    const auto left = std::chrono::ceil<milliseconds>(end - clock::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), longest).count());
}

} // namespace

class crate_monitor::state {
  public:
    explicit state(std::shared_ptr<crate::source> from)
        : from_(std::move(from)), signal_(from_->signal()), boards_(from_->present()) {}

    [[nodiscard]] int descriptor() const noexcept { return signal_->descriptor(); }
    std::optional<crate_change> wait(clock::time_point end, const std::stop_token& stop);

  private:
    std::optional<crate_change> take();
    void compare();
    bool sleep(int stop, clock::time_point end) const;

    std::shared_ptr<crate::source> from_;
    detail::change_signal_ptr signal_; ///< before the first look, so that nothing is missed
    std::vector<present_board> boards_;
    std::deque<crate_change> changes_;
};

std::optional<crate_change> crate_monitor::state::take() {
    if (changes_.empty()) return std::nullopt;
    auto change = std::move(changes_.front());
    changes_.pop_front();
    return change;
}

void crate_monitor::state::compare() {
    signal_->clear();
    auto now = from_->present();
    for (const auto& board : boards_)
        if (!holds(now, board)) changes_.push_back({false, board.entry});
    for (const auto& board : now)
        if (!holds(boards_, board)) changes_.push_back({true, board.entry});
    boards_ = std::move(now);
}

/// \returns whether there may be changes
bool crate_monitor::state::sleep(int stop, clock::time_point end) const {
    std::array<pollfd, 2> both{{{signal_->descriptor(), POLLIN, 0}, {stop, POLLIN, 0}}};
    const int ready = ::poll(both.data(), both.size(), milliseconds_until(end));
    if (ready < 0 && errno != EINTR)
        detail::throw_access_error(detail::from_errno(errno), from_->uri());
    if (ready < 0 || both[1].revents != 0)
        throw error(errc::interrupted, from_->uri(), "waiting for boards was interrupted");
    return ready > 0;
}

std::optional<crate_change> crate_monitor::state::wait(clock::time_point end,
                                                       const std::stop_token& stop) {
    const detail::stop_event ended(stop);
    while (changes_.empty()) {
        const bool is_last = clock::now() >= end;
        if (sleep(ended.descriptor(), end))
            compare();
        else if (is_last)
            break;
    }
    return take();
}

crate_monitor::crate_monitor(const crate& of) : state_(std::make_unique<state>(of.source_)) {}
crate_monitor::crate_monitor(crate_monitor&&) noexcept = default;
crate_monitor& crate_monitor::operator=(crate_monitor&&) noexcept = default;
crate_monitor::~crate_monitor() = default;

std::optional<crate_change> crate_monitor::wait(milliseconds timeout, const std::stop_token& stop) {
    constexpr milliseconds longest =
        std::chrono::hours(24 * 365); // so that the sum cannot overflow
    return state_->wait(clock::now() + std::clamp(timeout, milliseconds(0), longest), stop);
}

int crate_monitor::descriptor() const noexcept {
    return state_->descriptor();
}

crate_change crate_monitor::next() {
    for (;;)
        if (auto change = wait(std::chrono::hours(1))) return *std::move(change);
}

} // namespace v1
} // namespace upciedev
