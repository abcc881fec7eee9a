// SPDX-License-Identifier: BSD-3-Clause
// Transfers straight into other boards, with the checks of the driver.
#include "base/signal_hold.hpp"
#include "simulation/board/sim_channel.hpp"

namespace upciedev::inline v1::detail {

/// What an engine reports when nothing answers, because the peer has left.
int sim_channel::unless_gone(const sim_peer& peer, int failed) const {
    return failed == EIO && ended() == 0 && peer.gone() ? EHOSTDOWN : failed;
}

std::error_code sim_channel::transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept {
    const signal_hold held;
    return guarded([&] {
        what.done = what.way = what.reason = 0;
        return with_peer(what, peer);
    });
}

int sim_channel::with_peer(dma_peer_transfer& what, transport& peer) {
    if (what.length == 0 || !good_time(what.timeout_ms) || what.flags != 0) return EINVAL;
    if (const int gone = ended()) return gone;
    if (const int wrong = check(what.offset, what.length)) return wrong;
    if (!aligned(what.offset | what.peer_offset | what.length)) return EINVAL;
    return entered([&] {
        const auto found =
            dma_->find_peer(peer, {what.bar, what.peer_offset, what.length, 0}, number_);
        if (found.failed != 0) return found.failed;
        what.way = static_cast<std::uint32_t>(found.route.way);
        what.reason = static_cast<std::uint32_t>(found.route.reason);
        if (!found.route.open()) return EACCES;
        const auto failed = dma_->move(number_, found.peer.address + what.peer_offset, what.length,
                                       what.offset, limit_of(what.timeout_ms, cancels_), what.done);
        return unless_gone(found.peer, failed);
    });
}

std::error_code sim_channel::make_peer_ring(dma_peer_ring& how, transport& peer,
                                            dma_ring& made) noexcept {
    return guarded([&] { return peer_ring(how, peer, made); });
}

int sim_channel::peer_ring(dma_peer_ring& how, transport& peer, dma_ring& made) {
    if (facts_.to_board || how.frames == 0 || how.frames > most_frames || how.frame_length == 0 ||
        how.step < how.frame_length || how.flags != 0 ||
        !aligned(how.frame_length | how.peer_offset | how.step))
        return EINVAL;
    std::uint64_t length = 0;
    if (__builtin_mul_overflow(how.step, how.frames - 1, &length) ||
        __builtin_add_overflow(length, how.frame_length, &length))
        return ERANGE;
    found_peer found;
    const window_leases::stretch where{how.bar, how.peer_offset, length, 0};
    const int failed = entered([&] {
        found = dma_->find_peer(peer, where, number_);
        return found.failed;
    });
    if (failed != 0) return failed;
    if (!found.route.open()) return EACCES;
    const std::lock_guard hold(lock_);
    if (ring_) return EBUSY;
    ring_ = std::make_shared<sim_ring>(how.frame_length, how.frames, false, true);
    ring_at_ = found.peer.address + how.peer_offset;
    ring_step_ = how.step;
    ring_peer_ = found.peer;
    made = told_of(ring_->memory());
    made.frames = nullptr;
    made.step = how.step;
    return 0;
}

} // namespace upciedev::inline v1::detail
