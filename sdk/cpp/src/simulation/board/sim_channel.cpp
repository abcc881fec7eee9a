// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_channel.hpp"
#include "base/signal_hold.hpp"
#include "base/transport_error.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace upciedev::inline v1::detail {
namespace {

using clock = std::chrono::steady_clock;

// As the driver does.
constexpr std::uint64_t mapped_at_once = std::uint64_t{4} << 20;
constexpr std::uint64_t bounced_at_once = std::uint64_t{64} << 10;

std::span<std::byte> memory_of(std::uint64_t address, std::uint64_t length) {
    // The address is an integer in the driver's ABI.
    return {reinterpret_cast<std::byte*>(address), length}; // NOLINT(performance-no-int-to-ptr)
}

} // namespace

/// What of a transfer is still to do.
struct sim_channel::request {
    dma_transfer& what;
    const sim_limit& limit;
    std::uint64_t left;
    std::vector<std::byte> bounce = {};

    [[nodiscard]] std::uint64_t offset() const noexcept { return what.offset + what.done; }
    [[nodiscard]] std::uint64_t address() const noexcept { return what.address + what.done; }
    void advance(std::uint64_t bytes) noexcept {
        what.done += bytes;
        left -= bytes;
    }
};

sim_channel::sim_channel(std::shared_ptr<sim_dma> of, unsigned number)
    : dma_(std::move(of)), number_(number), epoch_(dma_->epoch()),
      facts_(dma_->engine(number).facts()), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw_access_error(from_errno(errno), "eventfd");
    dma_->add(*this);
}

sim_channel::~sim_channel() {
    dma_->remove(*this);
    leave();
}

int sim_channel::ended() const noexcept {
    return dma_->epoch() == epoch_ ? 0 : ENODEV;
}

int sim_channel::check(std::uint64_t offset, std::uint64_t length) const noexcept {
    if (offset + length < offset) return ERANGE;
    if (facts_.memory != 0 && offset + length > facts_.memory) return ERANGE;
    return facts_.to_board && !aligned(offset | length) ? EINVAL : 0;
}

std::error_code sim_channel::transfer(dma_transfer& what) noexcept {
    const signal_hold held;
    return guarded([&] {
        what.done = what.bounced = 0;
        if (what.length == 0 || !good_time(what.timeout_ms) ||
            (what.flags & ~dma_transfer::ring_memory) != 0)
            return EINVAL;
        if (const int gone = ended()) return gone;
        if (const int wrong = check(what.offset, what.length)) return wrong;
        const auto limit = limit_of(what.timeout_ms, cancels_);
        return what.flags != 0 ? in_ring(what, limit) : to_or_from_user(what, limit);
    });
}

void sim_channel::cancel() noexcept {
    ++cancels_;
    dma_->waits().wake_all();
}

int sim_channel::to_or_from_user(dma_transfer& what, const sim_limit& limit) {
    request all{what, limit, what.length};
    int failed = 0;
    while (all.left != 0 && failed == 0)
        failed = next_stretch(all);
    return failed;
}

/// What the engine cannot reach because of its alignment is copied: at the edges, or all of it
/// where the caller's address and the board's offset do not agree.
int sim_channel::next_stretch(request& of) {
    const std::uint64_t unit = facts_.alignment, edge = of.offset() % unit;
    if (of.address() % unit != edge) return bounced(of, of.left);
    if (edge != 0) return bounced(of, std::min(of.left, unit - edge));
    if (of.left < unit) return bounced(of, of.left);
    return direct(of, std::min(of.left / unit * unit, mapped_at_once));
}

int sim_channel::direct(request& of, std::uint64_t length) {
    std::uint64_t done = 0;
    const int failed = move_mapped(memory_of(of.address(), length), of.offset(), of.limit, done);
    of.advance(done);
    return failed;
}

int sim_channel::bounced(request& of, std::uint64_t length) {
    const std::uint64_t unit = facts_.alignment, skip = of.offset() % unit;
    length = std::min(length, std::max(bounced_at_once, unit));
    const auto whole = (skip + length + unit - 1) / unit * unit;
    of.bounce.resize(whole + unit); // room to begin where the engine can
    auto* at = of.bounce.data();
    at += (unit - reinterpret_cast<std::uintptr_t>(at) % unit) % unit;
    if (facts_.to_board) std::memcpy(at + skip, memory_of(of.address(), length).data(), length);
    std::uint64_t done = 0;
    if (const int failed = move_mapped({at, whole}, of.offset() - skip, of.limit, done))
        return failed;
    if (!facts_.to_board) std::memcpy(memory_of(of.address(), length).data(), at + skip, length);
    of.what.bounced += length;
    of.advance(length);
    return 0;
}

int sim_channel::move_mapped(std::span<std::byte> memory, std::uint64_t offset,
                             const sim_limit& limit, std::uint64_t& done) {
    if (const int gone = dma_->enter(epoch_)) return gone;
    auto& host = dma_->host();
    const auto address = host.map(memory, !facts_.to_board, facts_.address_bits);
    int failed = ENOMEM;
    try {
        if (address) failed = dma_->move(number_, *address, memory.size(), offset, limit, done);
    } catch (const std::exception&) {
        failed = ended() != 0 ? ENODEV : ENOMEM;
    }
    if (address) host.unmap(*address);
    dma_->leave();
    return failed;
}

std::uint64_t sim_channel::frame_at(std::uint32_t index) const noexcept {
    return *ring_at_ + index * ring_step_;
}

int sim_channel::in_ring(dma_transfer& what, const sim_limit& limit) {
    std::shared_ptr<sim_ring> ring;
    {
        const std::lock_guard hold(lock_);
        ring = ring_;
    }
    if (!ring || ring_peer_) return EINVAL;
    const auto step = ring->memory()->step();
    const auto frame = what.address / step, from = what.address % step;
    if (frame >= ring->frames() || from > ring->frame_length() ||
        what.length > ring->frame_length() - from)
        return ERANGE;
    if (!aligned(what.offset | what.length | from)) return EINVAL;
    return entered([&] {
        return dma_->move(number_, *ring_at_ + what.address, what.length, what.offset, limit,
                          what.done);
    });
}

std::error_code sim_channel::make_ring(std::uint64_t frame_length, std::uint32_t frames,
                                       dma_ring& made) noexcept {
    return guarded([&] {
        if (frames == 0 || frames > most_frames || frame_length == 0 || !aligned(frame_length))
            return EINVAL;
        const std::lock_guard hold(lock_);
        if (ring_) return EBUSY;
        const auto ring = std::make_shared<sim_ring>(frame_length, frames, facts_.to_board);
        const auto& memory = *ring->memory();
        if (const int gone = dma_->enter(epoch_)) return gone;
        ring_at_ = dma_->host().map({memory.frames(), frames * memory.step()}, !facts_.to_board,
                                    facts_.address_bits);
        dma_->leave();
        if (!ring_at_) return ENOMEM;
        ring_ = ring;
        ring_step_ = memory.step();
        made = told_of(ring->memory());
        return 0;
    });
}

/// The event is readable exactly while there is news.
void sim_channel::tell() noexcept {
    const std::lock_guard hold(telling_);
    std::uint64_t number = 1;
    if (ended() != 0 || (ring_ && ring_->has_news())) {
        [[maybe_unused]] const auto written = ::write(event_.get(), &number, sizeof number);
    } else {
        [[maybe_unused]] const auto cleared = ::read(event_.get(), &number, sizeof number);
    }
}

std::error_code sim_channel::exchange(std::span<const std::uint32_t> indices,
                                      std::uint32_t timeout_ms, std::uint64_t seen) noexcept {
    const signal_hold held;
    return guarded([&] {
        if (!ring_ || indices.size() > most_frames || timeout_ms > longest_ms) return EINVAL;
        if (const int wrong = ring_->give(indices)) return wrong;
        if (!indices.empty()) dma_->waits().wake_all();
        ring_->see(seen);
        tell();
        return timeout_ms == 0 ? 0 : wait_for_news(seen, timeout_ms);
    });
}

int sim_channel::wait_for_news(std::uint64_t seen, std::uint32_t timeout_ms) {
    const auto end = clock::now() + std::chrono::milliseconds(timeout_ms);
    sim_waits::waiter waiter(dma_->waits());
    while (true) {
        const bool running = ring_->is_running(); // then it soon tells its end, if the board goes
        if (ring_->see(seen)) return ring_->no_frame(seen);
        if (const int gone = running ? 0 : ended()) return gone;
        if (clock::now() >= end) return ETIMEDOUT;
        if (const int signal = waiter.sleep(end)) return signal;
    }
}

void sim_channel::leave() {
    stop_flow();
    const std::lock_guard hold(lock_);
    if (ring_at_ && !ring_peer_) dma_->host().unmap(*ring_at_);
    ring_at_.reset();
    tell();
}

} // namespace upciedev::inline v1::detail
