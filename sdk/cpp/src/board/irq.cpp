// SPDX-License-Identifier: BSD-3-Clause
#include "base/bits.hpp"
#include "base/signal_hold.hpp"
#include "base/stop_event.hpp"
#include "base/timed_poll.hpp"
#include "board/irq_state.hpp"
#include "description/lookup_error.hpp"

#include <fmt/format.h>

#include <poll.h>

#include <algorithm>

namespace upciedev {
inline namespace v1 {
namespace {

using std::chrono::nanoseconds;
using time_point = std::chrono::steady_clock::time_point;

bool has_bit(std::uint64_t bits, std::size_t number) {
    return (bits >> number & 1) != 0;
}

/// Until there may be an event, or the time is over.
void sleep(int events, int stop, time_point end, const std::string& where) {
    std::array<pollfd, 2> both{{{events, POLLIN, 0}, {stop, POLLIN, 0}}};
    const int failed = detail::poll_until(both, end, detail::signal_hold::waiting_mask());
    if (failed != 0 && failed != EINTR)
        detail::throw_access_error(detail::from_errno(failed), where);
    if (failed != 0 || both[1].revents != 0)
        throw error(errc::interrupted, where, "waiting for the interrupt was interrupted");
}

} // namespace

bool irq_event::has(std::string_view cause) const noexcept {
    return std::ranges::find(causes, cause) != causes.end();
}

irq::state::state(std::shared_ptr<const detail::board_state> board,
                  const std::vector<std::string>& names)
    : board_(std::move(board)) {
    const auto wanted = request(names);
    try {
        source_ = board_->way().interrupts(wanted);
    } catch (const error& reason) {
        throw reason.at(where());
    }
}

interrupt_request irq::state::request(const std::vector<std::string>& names) {
    const auto& board = *board_->description();
    for (const auto& name : names)
        if (std::ranges::find(board.irqs, name, &irq_description::name) == board.irqs.end())
            detail::refuse_irq(board, name);
    if (board.irqs.empty())
        throw error(errc::not_supported, board_->label(), "the board file names no interrupts",
                    "describe them under 'irqs'");
    interrupt_request request;
    for (std::size_t i = 0; i < board.irqs.size(); ++i)
        if (names.empty() || std::ranges::find(names, board.irqs[i].name) != names.end())
            want(request, i);
    return request;
}

void irq::state::want(interrupt_request& request, std::size_t number) {
    const auto& what = board_->description()->irqs[number];
    if (number >= detail::most_causes)
        throw error(errc::not_supported, board_->label(),
                    what.name + " is not one of the first 64 interrupts of the board file",
                    "put it further up under 'irqs'");
    names_.push_back(what.name);
    wanted_ |= std::uint64_t{1} << number;
    request.causes = wanted_;
    const auto place = std::ranges::lower_bound(request.vectors, what.vector);
    if (place == request.vectors.end() || *place != what.vector)
        request.vectors.insert(place, what.vector);
}

std::string irq::state::where() const {
    return fmt::format("{}: interrupt {}", board_->label(), fmt::join(names_, ", "));
}

/// Causes that nobody here wants share the vector. What has no cause, a storm, concerns all.
bool irq::state::concerns(const raw_interrupt& raw) const noexcept {
    return raw.status == 0 || (raw.status & wanted_) != 0 ||
           (raw.flags & raw_interrupt::masked) != 0;
}

irq_event irq::state::event_of(const raw_interrupt& raw) {
    irq_event event;
    event.status = raw.status;
    event.sequence = raw.sequence;
    event.lost = std::exchange(lost_, 0);
    event.time = time_point(nanoseconds(static_cast<std::int64_t>(raw.time_ns)));
    event.vector = raw.vector;
    event.masked = (raw.flags & raw_interrupt::masked) != 0;
    const auto& irqs = board_->description()->irqs;
    for (std::size_t i = 0; i < std::min(irqs.size(), detail::most_causes); ++i) {
        if (!has_bit(raw.status, i)) continue;
        event.causes.push_back(irqs[i].name);
        if (event.name.empty() && has_bit(wanted_, i)) event.name = irqs[i].name;
    }
    return event;
}

std::optional<irq_event> irq::state::take() {
    raw_interrupt raw;
    std::size_t count = 0;
    while (true) {
        if (const auto failed = source_->read({&raw, 1}, count))
            detail::throw_access_error(failed, where());
        if (count == 0) return std::nullopt;
        lost_ += raw.lost;
        if (concerns(raw)) return event_of(raw);
    }
}

std::optional<irq_event> irq::state::wait(nanoseconds timeout, const std::stop_token& stop) {
    constexpr nanoseconds longest = std::chrono::hours(24 * 365); // the sum cannot overflow
    const auto end =
        std::chrono::steady_clock::now() + std::clamp(timeout, nanoseconds(0), longest);
    const detail::stop_event stopped(stop);
    const detail::signal_hold held;
    while (true) {
        if (auto event = take()) return event;
        if (std::chrono::steady_clock::now() >= end) return std::nullopt;
        sleep(source_->descriptor(), stopped.descriptor(), end, where());
    }
}

std::vector<irq_event> irq::state::drain() {
    std::vector<irq_event> all;
    while (auto event = take())
        all.push_back(*std::move(event));
    return all;
}

void irq::state::unmask() {
    if (const auto failed = source_->unmask()) detail::throw_access_error(failed, where());
}

irq::irq(std::unique_ptr<state> what) : state_(std::move(what)) {}
irq::irq(irq&&) noexcept = default;
irq& irq::operator=(irq&&) noexcept = default;
irq::~irq() = default;

std::optional<irq_event> irq::wait(nanoseconds timeout, const std::stop_token& stop) {
    return state_->wait(timeout, stop);
}

std::vector<irq_event> irq::drain() {
    return state_->drain();
}

void irq::unmask() {
    state_->unmask();
}

int irq::fd() const noexcept {
    return state_->descriptor();
}

const std::vector<std::string>& irq::names() const noexcept {
    return state_->names();
}

irq_event irq::next() {
    while (true)
        if (auto event = wait(std::chrono::hours(1))) return *std::move(event);
}

} // namespace v1
} // namespace upciedev
