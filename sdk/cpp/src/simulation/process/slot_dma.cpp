// SPDX-License-Identifier: BSD-3-Clause
// The engine is driven by the slot's process. Rings are memory of both; what is transferred into or
// from other memory goes over the socket.
#include "simulation/process/slot_dma.hpp"
#include "base/signal_hold.hpp"
#include "base/transport_error.hpp"
#include "simulation/board/sim_ring.hpp"
#include "simulation/process/slot_link.hpp"
#include "simulation/process/slot_transport.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <poll.h>

namespace upciedev::inline v1::detail {
namespace {

using slot_wire::call;
using clock = std::chrono::steady_clock;

dma_facts facts_of(const slot_wire::channel_answer& told) {
    dma_facts facts;
    facts.name.assign(told.name.data(), strnlen(told.name.data(), told.name.size()));
    facts.to_board = told.to_board != 0;
    facts.descriptors = told.descriptors != 0;
    facts.stoppable = told.stoppable != 0;
    facts.alignment = std::max(told.alignment, 1U);
    facts.address_bits = told.address_bits;
    facts.max_length = told.max_length;
    facts.memory = told.memory;
    return facts;
}

/// Readable when one of the two is, or when the other end of the socket has gone.
unique_fd both(int event, int socket) {
    unique_fd all(epoll_create1(EPOLL_CLOEXEC));
    epoll_event readable{.events = EPOLLIN, .data = {}}, hangup{.events = 0, .data = {}};
    if (!all || epoll_ctl(all.get(), EPOLL_CTL_ADD, event, &readable) != 0 ||
        epoll_ctl(all.get(), EPOLL_CTL_ADD, socket, &hangup) != 0)
        throw_access_error(from_errno(errno), "epoll");
    return all;
}

std::uint32_t milliseconds_left(clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, dma_source::longest_ms));
}

class slot_dma final : public dma_source {
  public:
    slot_dma(const std::filesystem::path& socket, unsigned slot, std::uint32_t channel);

    [[nodiscard]] const dma_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] int descriptor() const noexcept override { return all_.get(); }
    std::error_code transfer(dma_transfer& what) noexcept override;
    void cancel() noexcept override { ++cancels_; }
    std::error_code make_ring(std::uint64_t frame_length, std::uint32_t frames,
                              dma_ring& made) noexcept override;
    std::error_code start(const dma_start& how) noexcept override {
        return guarded([&] { return link_.ask(call::start, how).error; });
    }
    std::error_code stop() noexcept override {
        return guarded([&] { return link_.ask(call::stop).error; });
    }
    std::error_code exchange(std::span<const std::uint32_t> indices, std::uint32_t timeout_ms,
                             std::uint64_t seen) noexcept override;
    std::error_code transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept override;
    std::error_code make_peer_ring(dma_peer_ring& how, transport& peer,
                                   dma_ring& made) noexcept override;

  private:
    template <class Act>
    std::error_code guarded(const Act& act) noexcept {
        try {
            const int failed = act();
            return failed == 0 ? std::error_code() : link_.code_of(failed);
        } catch (const std::exception&) {
            return from_errno(ENOMEM);
        }
    }
    int move(dma_transfer& what);
    /// What ends a transfer early.
    struct ending {
        std::uint32_t cancels_before;
        bool signalled = false;
    };
    int move_piece(dma_transfer& piece, ending& by);
    int wait_for_end(ending& by, slot_wire::transfer_result& outcome, std::span<std::byte> into);
    int move_with_peer(dma_peer_transfer& what);
    [[nodiscard]] std::int32_t slot_of(transport& peer) const noexcept {
        const auto slot = slot_in(folder_, peer);
        return slot ? static_cast<std::int32_t>(*slot) : -1;
    }
    int wait_for_news(clock::time_point end, std::uint64_t seen);
    [[nodiscard]] int no_frame(std::uint64_t seen) const noexcept;
    [[nodiscard]] bool has_news(std::uint64_t seen) const noexcept;

    const std::filesystem::path folder_;
    slot_link link_;
    unique_fd event_, all_;
    dma_facts facts_;
    std::mutex moving_;
    std::atomic<std::uint32_t> cancels_ = 0;
    std::shared_ptr<const ring_memory> ring_;
};

slot_dma::slot_dma(const std::filesystem::path& socket, unsigned slot, std::uint32_t channel)
    : folder_(socket.parent_path()), link_(socket, slot) {
    auto answer = link_.ask(call::channel, channel);
    if (answer.error == EOPNOTSUPP)
        throw error(errc::not_supported, fmt::format("slot {}", slot),
                    "its engine takes lists, whose format only the card's plugin knows",
                    "use the board by the driver, in a guest: ./dev crate");
    if (answer.error != 0) link_.refuse(answer.error);
    facts_ = facts_of(answer.body().take<slot_wire::channel_answer>());
    event_ = std::move(answer.file);
    all_ = both(event_.get(), link_.socket());
}

std::error_code slot_dma::transfer(dma_transfer& what) noexcept {
    return guarded([&] {
        what.done = what.bounced = 0;
        const std::lock_guard hold(moving_);
        const signal_hold held;
        return move(what);
    });
}

/// Piece by piece, all but the first beginning where the engine can.
int slot_dma::move(dma_transfer& what) {
    const auto end = clock::now() + std::chrono::milliseconds(what.timeout_ms);
    ending by{cancels_};
    const bool in_ring = what.flags != 0;
    while (what.done < what.length) {
        dma_transfer piece = what;
        piece.offset += what.done;
        piece.address += what.done;
        const auto most = slot_wire::most_data - piece.offset % slot_wire::most_data;
        piece.length = what.length - what.done;
        if (!in_ring) piece.length = std::min(piece.length, most);
        piece.timeout_ms = milliseconds_left(end);
        if (piece.timeout_ms == 0) return ETIMEDOUT;
        const int failed = move_piece(piece, by);
        what.done += piece.done;
        what.bounced += piece.bounced;
        if (failed != 0) return failed;
    }
    return 0;
}

int slot_dma::move_piece(dma_transfer& piece, ending& by) {
    const bool in_ring = piece.flags != 0;
    // The address is an integer in the driver's ABI.
    auto* const memory =
        reinterpret_cast<std::byte*>(piece.address); // NOLINT(performance-no-int-to-ptr)
    slot_wire::writer request;
    request.put(piece);
    if (facts_.to_board && !in_ring) request.put_bytes({memory, piece.length});
    piece.done = piece.bounced = 0;
    const auto begun = link_.ask_noting_signals(call::transfer, request.bytes(), by.signalled);
    if (begun.error != 0) return begun.error;
    const bool brings = !facts_.to_board && !in_ring;
    slot_wire::transfer_result outcome;
    const int failed = wait_for_end(by, outcome, {memory, brings ? piece.length : std::size_t{0}});
    piece.done = outcome.done;
    piece.bounced = outcome.bounced;
    return failed;
}

/// \param into what the transfer brings
int slot_dma::wait_for_end(ending& by, slot_wire::transfer_result& outcome,
                           std::span<std::byte> into) {
    while (true) {
        const bool cancel = by.signalled || cancels_ != by.cancels_before;
        const std::uint32_t asked = cancel ? 1 : 0;
        const auto answer = link_.ask_noting_signals(
            call::result, std::as_bytes(std::span(&asked, 1)), by.signalled);
        if (answer.error == EINPROGRESS) continue;
        auto body = answer.body();
        const auto end = body.take<slot_wire::transfer_result>();
        const auto data = body.take_bytes(std::min<std::uint64_t>(end.done, into.size()));
        if (body.bad()) return answer.error != 0 ? answer.error : EPROTO;
        outcome = end;
        std::ranges::copy(data, into.begin());
        return answer.error == ECANCELED && by.signalled ? EINTR : answer.error;
    }
}

std::error_code slot_dma::transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept {
    what.peer = slot_of(peer);
    if (what.peer < 0) return dma_source::transfer_with_peer(what, peer);
    return guarded([&] {
        const std::lock_guard hold(moving_);
        const signal_hold held;
        return move_with_peer(what);
    });
}

int slot_dma::move_with_peer(dma_peer_transfer& what) {
    ending by{cancels_};
    what.done = what.way = what.reason = 0;
    const auto begun = link_.ask_noting_signals(call::peer_transfer,
                                                std::as_bytes(std::span(&what, 1)), by.signalled);
    if (begun.error != 0) return begun.error;
    slot_wire::transfer_result outcome;
    const int failed = wait_for_end(by, outcome, {});
    what.done = outcome.done;
    what.way = outcome.way;
    what.reason = outcome.reason;
    return failed;
}

std::error_code slot_dma::make_peer_ring(dma_peer_ring& how, transport& peer,
                                         dma_ring& made) noexcept {
    how.peer = slot_of(peer);
    if (how.peer < 0) return dma_source::make_peer_ring(how, peer, made);
    return guarded([&] {
        auto answer = link_.ask(call::peer_ring, how);
        if (answer.error != 0) return answer.error;
        ring_ = std::make_shared<const ring_memory>(std::move(answer.file), 0, how.frames);
        made = told_of(ring_);
        made.frames = nullptr;
        made.step = how.step;
        return 0;
    });
}

std::error_code slot_dma::make_ring(std::uint64_t frame_length, std::uint32_t frames,
                                    dma_ring& made) noexcept {
    return guarded([&] {
        auto answer = link_.ask(call::ring, slot_wire::ring_request{frame_length, frames, 0});
        if (answer.error != 0) return answer.error;
        ring_ = std::make_shared<const ring_memory>(std::move(answer.file), frame_length, frames);
        made = told_of(ring_);
        return 0;
    });
}

bool slot_dma::has_news(std::uint64_t seen) const noexcept {
    const auto& head = ring_->head();
    return __atomic_load_n(&head.state, __ATOMIC_ACQUIRE) == dma_head::ended ||
           __atomic_load_n(&head.ready, __ATOMIC_ACQUIRE) > seen;
}

/// When it has news; as the driver tells it, from what it has written.
int slot_dma::no_frame(std::uint64_t seen) const noexcept {
    const auto& head = ring_->head();
    if (__atomic_load_n(&head.ready, __ATOMIC_ACQUIRE) > seen) return 0;
    return head.error != 0 ? head.error : ENODATA;
}

int slot_dma::wait_for_news(clock::time_point end, std::uint64_t seen) {
    while (true) {
        if (has_news(seen)) return no_frame(seen);
        if (link_.hung_up()) return ENODEV;
        const auto left = milliseconds_left(end);
        if (left == 0) return ETIMEDOUT;
        pollfd state{descriptor(), POLLIN, 0};
        const timespec time{.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1'000'000L};
        if (ppoll(&state, 1, &time, signal_hold::waiting_mask()) < 0) return errno;
    }
}

std::error_code slot_dma::exchange(std::span<const std::uint32_t> indices, std::uint32_t timeout_ms,
                                   std::uint64_t seen) noexcept {
    return guarded([&] {
        if (!ring_) return EINVAL;
        const auto end = clock::now() + std::chrono::milliseconds(timeout_ms);
        slot_wire::writer request;
        request.put(seen);
        request.put_bytes(std::as_bytes(indices));
        const signal_hold held;
        bool signalled = false;
        const auto done = link_.ask_noting_signals(call::exchange, request.bytes(), signalled);
        if (done.error != 0 || timeout_ms == 0) return done.error;
        return signalled && !has_news(seen) ? EINTR : wait_for_news(end, seen);
    });
}

} // namespace

std::unique_ptr<dma_source> open_slot_channel(const std::filesystem::path& socket, unsigned slot,
                                              unsigned channel) {
    return std::make_unique<slot_dma>(socket, slot, channel);
}

} // namespace upciedev::inline v1::detail
