// SPDX-License-Identifier: BSD-3-Clause
// Frames flow by themselves: a thread waits for a trigger, if there is one, and for a frame, has
// the engine move it, and delivers it.
#include "base/bits.hpp"
#include "base/no_signals.hpp"
#include "simulation/board/sim_channel.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace upciedev::inline v1::detail {
namespace {

using clock = std::chrono::steady_clock;

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(clock::now().time_since_epoch()).count());
}

} // namespace

sim_trigger::sim_trigger(sim_dma& dma, const board_description& board, std::uint64_t causes,
                         std::uint32_t stops)
    : causes_(causes), stops_(stops), waiter_(dma.waits()) {
    if (causes == 0) return;
    interrupt_request wanted;
    wanted.causes = causes;
    for (std::size_t i = 0; i < std::min(board.irqs.size(), most_causes); ++i)
        if ((causes >> i & 1) != 0) wanted.vectors.push_back(board.irqs[i].vector);
    std::ranges::sort(wanted.vectors);
    wanted.vectors.erase(std::unique(wanted.vectors.begin(), wanted.vectors.end()),
                         wanted.vectors.end());
    source_ = dma.interrupts()->subscribe(wanted);
}

std::uint32_t sim_trigger::came(std::uint64_t& time_ns) {
    std::uint32_t number = 0;
    std::size_t count = 0;
    for (raw_interrupt event; !source_->read({&event, 1}, count) && count != 0;) {
        number += event.lost;
        if ((event.status & causes_) == 0) continue;
        ++number;
        time_ns = event.time_ns;
    }
    return number;
}

void sim_trigger::sleep() noexcept {
    waiter_.sleep(clock::now() + std::chrono::seconds(1), source_ ? source_->descriptor() : -1);
}

int sim_channel::check_start(const dma_start& how) const {
    if (!ring_ || how.flags != 0 || !good_time(how.timeout_ms) || (how.step != 0 && how.count == 0))
        return EINVAL;
    const auto irqs = dma_->engine(number_).board().irqs.size();
    if (irqs < most_causes && how.causes >> irqs != 0) return EINVAL;
    std::uint64_t span = 0;
    if (__builtin_mul_overflow(how.step, how.count == 0 ? 0 : how.count - 1, &span) ||
        __builtin_add_overflow(span, ring_->frame_length(), &span))
        return ERANGE;
    if (!aligned(how.offset | how.step)) return EINVAL;
    return check(how.offset, span);
}

std::error_code sim_channel::start(const dma_start& how) noexcept {
    return guarded([&] {
        if (const int gone = ended()) return gone;
        const std::lock_guard hold(lock_);
        if (const int wrong = check_start(how)) return wrong;
        if (ring_->is_running()) return EBUSY;
        return begin(how);
    });
}

/// The caller holds the lock.
int sim_channel::begin(const dma_start& how) {
    if (flow_.joinable()) flow_.join(); // it has told its end
    trigger_ =
        std::make_unique<sim_trigger>(*dma_, dma_->engine(number_).board(), how.causes, stops_);
    ring_->set_state(dma_head::running, 0);
    const no_signals hidden;
    flow_ = std::thread([this, how] { flow(how, *trigger_); });
    return 0;
}

std::error_code sim_channel::stop() noexcept {
    stop_flow();
    return {};
}

void sim_channel::stop_flow() noexcept {
    const std::lock_guard hold(lock_);
    ++stops_;
    dma_->waits().wake_all();
    if (flow_.joinable()) flow_.join();
    trigger_.reset();
}

void sim_channel::flow(dma_start how, sim_trigger& by) {
    int failed = ENOMEM;
    try {
        failed = flow_on(how, by);
    } catch (const std::exception&) {
        failed = ended() != 0 ? ENODEV : ENOMEM;
    }
    ring_->set_state(dma_head::ended, failed == ECANCELED ? 0 : failed);
    tell();
    dma_->waits().wake_all();
}

int sim_channel::flow_on(const dma_start& how, sim_trigger& by) {
    auto offset = how.offset;
    for (std::uint64_t number = 0; how.count == 0 || number < how.count; ++number) {
        std::uint32_t index = 0, lost = 0;
        std::uint64_t time_ns = 0;
        if (const int over = next_frame(by, index, time_ns, lost)) return over;
        if (const int failed = move_frame(index, offset, how.timeout_ms)) {
            ring_->keep(index);
            return failed;
        }
        ring_->deliver(index, by.has_causes() ? time_ns : now_ns(), lost);
        tell();
        dma_->waits().wake_all();
        offset += how.step;
    }
    return 0;
}

/// With a trigger there must be a frame at that moment; else it is waited for. Triggers that came
/// while the engine was at work are lost, but for the last.
int sim_channel::next_frame(sim_trigger& by, std::uint32_t& index, std::uint64_t& time_ns,
                            std::uint32_t& lost) {
    while (true) {
        if (const int gone = ended()) return gone;
        if (stops_ != by.stops()) return ECANCELED;
        const auto came = by.has_causes() ? by.came(time_ns) : 1;
        if (came != 0) {
            const auto frame = ring_->next();
            if (frame) {
                index = *frame;
                lost += came - 1;
                return 0;
            }
            if (by.has_causes()) lost += came;
        }
        by.sleep();
    }
}

int sim_channel::move_frame(std::uint32_t index, std::uint64_t offset, std::uint32_t timeout_ms) {
    auto limit = limit_of(timeout_ms, stops_);
    limit.before = trigger_->stops();
    std::uint64_t done = 0;
    const int failed = entered([&] {
        return dma_->move(number_, frame_at(index), ring_->frame_length(), offset, limit, done);
    });
    return ring_peer_ ? unless_gone(*ring_peer_, failed) : failed;
}

} // namespace upciedev::inline v1::detail
