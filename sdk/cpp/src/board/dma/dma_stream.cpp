// SPDX-License-Identifier: BSD-3-Clause
#include "base/stop_event.hpp"
#include "base/timed_poll.hpp"
#include "board/dma/dma_ring.hpp"
#include "board/dma/region_state.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace upciedev {
inline namespace v1 {
namespace {

using std::chrono::nanoseconds;
using time_point = std::chrono::steady_clock::time_point;

time_point end_of(nanoseconds timeout) {
    constexpr nanoseconds longest = std::chrono::hours(24 * 365); // the sum cannot overflow
    return std::chrono::steady_clock::now() + std::clamp(timeout, nanoseconds(0), longest);
}

nanoseconds left_until(time_point end) {
    return std::max(end - std::chrono::steady_clock::now(), nanoseconds(0));
}

std::error_code code(int number) {
    return {number, std::generic_category()};
}

} // namespace

class dma_stream::state {
  public:
    using ring_ptr = std::shared_ptr<dma_frame::ring>;

    state(std::shared_ptr<dma::state> channel, ring_ptr ring, std::chrono::milliseconds patience)
        : channel_(std::move(channel)), ring_(std::move(ring)), patience_(patience) {}
    ~state() { ring_->close(); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    [[nodiscard]] dma_frame::ring& ring() const noexcept { return *ring_; }
    std::optional<dma_frame> next(nanoseconds timeout, const std::stop_token& stop);
    void send(dma_frame frame);
    bool finish(nanoseconds timeout, const std::stop_token& stop);
    void stop();
    [[nodiscard]] bool ended() const noexcept {
        return ring_->has_ended() && ring_->ready() == taken_;
    }

  private:
    std::optional<dma_frame> take();
    dma_frame frame(dma_entry entry) {
        auto* const data = ring_->data(entry.index);
        if (data == nullptr) entry.length = 0; // it is in another board
        return {ring_, data, entry};
    }
    bool wait(std::uint64_t seen, time_point end, const std::stop_token& stop);
    std::error_code poll(time_point end, const std::stop_token& stop);
    void check_end() const;
    [[noreturn]] void fail(std::error_code cause) const;

    std::shared_ptr<dma::state> channel_;
    ring_ptr ring_;
    std::chrono::milliseconds patience_;
    std::uint64_t taken_ = 0, sent_ = 0;
    std::stop_token stop_; // that the event tells
    std::unique_ptr<detail::stop_event> stopped_;
};

std::optional<dma_frame> dma_stream::state::take() {
    if (ring_->to_board())
        if (const auto index = ring_->take_own()) {
            dma_entry entry;
            entry.length = ring_->frame_size();
            entry.index = *index;
            return frame(entry);
        }
    if (ring_->ready() == taken_) return std::nullopt;
    auto next = frame(ring_->entry(taken_++));
    if (ring_->to_board()) next.entry_.length = ring_->frame_size();
    return next;
}

void dma_stream::state::fail(std::error_code cause) const {
    if (cause == code(ETIMEDOUT))
        throw error(errc::timeout, channel_->where(),
                    fmt::format("the engine did not move a frame in {} ms", patience_.count()),
                    "give it more by the 'timeout' of the options, or reset the board", cause);
    if (cause == code(EACCES))
        throw error(errc::not_permitted, channel_->where(),
                    "the way to the other board is refused by now", "see why: upciedev p2p matrix",
                    cause);
    detail::throw_transfer_error(cause, channel_->where(), {});
}

/// \throws error what ended it
void dma_stream::state::check_end() const {
    if (const int failed = ring_->failure()) fail(code(failed));
}

std::error_code dma_stream::state::poll(time_point end, const std::stop_token& stop) {
    if (!stopped_ || stop_ != stop) {
        stopped_ = std::make_unique<detail::stop_event>(stop);
        stop_ = stop;
    }
    std::array<pollfd, 2> both{
        {{ring_->source().descriptor(), POLLIN, 0}, {stopped_->descriptor(), POLLIN, 0}}};
    if (const int failed = detail::poll_until(both, end, nullptr)) return code(failed);
    return both[1].revents != 0 ? code(ECANCELED) : std::error_code();
}

/// Once, for more than \p seen. \returns whether time is left
bool dma_stream::state::wait(std::uint64_t seen, time_point end, const std::stop_token& stop) {
    const auto left = left_until(end);
    const bool waits = left.count() != 0;
    std::error_code failed;
    if (waits && !stop.stop_possible()) {
        failed = ring_->exchange(detail::dma_milliseconds(left), seen);
    } else {
        failed = ring_->exchange(0, seen);
        if (!failed && waits && ring_->ready() == seen && !ring_->has_ended())
            failed = poll(end, stop);
    }
    if (failed && failed != code(ETIMEDOUT) && failed != code(ENODATA) && !ring_->has_ended())
        fail(failed);
    return waits;
}

std::optional<dma_frame> dma_stream::state::next(nanoseconds timeout, const std::stop_token& stop) {
    if (auto frame = take()) return frame;
    const auto end = end_of(timeout);
    while (true) {
        const bool last = ring_->has_ended();
        if (auto frame = take()) return frame;
        if (last) {
            check_end();
            return std::nullopt;
        }
        if (wait(taken_, end, stop)) continue;
        return take();
    }
}

void dma_stream::state::send(dma_frame frame) {
    if (!ring_->to_board())
        throw error(errc::not_supported, channel_->where(), "it moves data from the board only",
                    "destroy the frame to give it back");
    if (frame.ring_ != ring_)
        throw error(errc::bad_value, channel_->where(), "the frame is of another stream");
    ring_->send(frame.release());
    ++sent_;
}

bool dma_stream::state::finish(nanoseconds timeout, const std::stop_token& stop) {
    const auto end = end_of(timeout);
    while (ring_->ready() < sent_) {
        const bool last = ring_->has_ended();
        const auto ready = ring_->ready();
        if (ready >= sent_) break;
        if (last) check_end();
        if (last) return false;
        if (!wait(ready, end, stop)) return ring_->ready() >= sent_;
    }
    return true;
}

void dma_stream::state::stop() {
    if (const auto failed = ring_->source().stop()) fail(failed);
}

dma_stream::dma_stream(std::unique_ptr<state> what) : state_(std::move(what)) {}
dma_stream::dma_stream(dma_stream&&) noexcept = default;
dma_stream& dma_stream::operator=(dma_stream&&) noexcept = default;
dma_stream::~dma_stream() = default;

std::optional<dma_frame> dma_stream::next(nanoseconds timeout, const std::stop_token& stop) {
    return state_->next(timeout, stop);
}

std::optional<dma_frame> dma_stream::wait_for_next() {
    while (!ended())
        if (auto frame = next(std::chrono::hours(1))) return frame;
    return next(nanoseconds(0)); // throws what ended it
}

void dma_stream::send(dma_frame frame) {
    state_->send(std::move(frame));
}

bool dma_stream::finish(nanoseconds timeout, const std::stop_token& stop) {
    return state_->finish(timeout, stop);
}

void dma_stream::stop() {
    state_->stop();
}

bool dma_stream::ended() const noexcept {
    return state_->ended();
}

std::uint64_t dma_stream::lost() const noexcept {
    return state_->ring().lost();
}

unsigned dma_stream::depth() const noexcept {
    return state_->ring().depth();
}

std::uint64_t dma_stream::frame_size() const noexcept {
    return state_->ring().frame_size();
}

int dma_stream::fd() const noexcept {
    return state_->ring().source().descriptor();
}

template <class MakeRing>
dma_stream dma::begin(unsigned depth, std::uint64_t frame_size, const dma_stream_options& options,
                      const MakeRing& make_ring) const {
    dma_start how;
    how.offset = options.offset;
    how.step = options.step;
    how.count = options.count;
    how.causes = state_->causes_of(options.trigger);
    how.timeout_ms = detail::dma_milliseconds(options.timeout);
    state_->check_stream(depth, frame_size, how);
    auto source = state_->open();
    dma_ring memory;
    make_ring(*source, memory);
    auto ring = std::make_shared<dma_frame::ring>(std::move(source), std::move(memory), depth,
                                                  frame_size, description().to_board);
    auto made = std::make_unique<dma_stream::state>(state_, ring, options.timeout);
    if (const auto failed = ring->source().start(how)) state_->fail(failed);
    return dma_stream(std::move(made));
}

dma_stream dma::stream(unsigned depth, std::uint64_t frame_size,
                       const dma_stream_options& options) const {
    return begin(depth, frame_size, options, [&](dma_source& source, dma_ring& memory) {
        if (const auto failed = source.make_ring(frame_size, depth, memory)) state_->fail(failed);
    });
}

dma_stream dma::stream_to(const upciedev::region& target, std::uint64_t frame_size,
                          const dma_stream_options& options) const {
    const auto& peer = target.internals();
    if (!peer.seen())
        throw error(errc::not_supported, peer.where(), "it is in no BAR of its board",
                    "name an area in a BAR that the board file offers by 'peer: true'");
    if (description().to_board)
        throw error(errc::not_supported, where(), "it moves data to its board only",
                    "use a channel from the board");
    if (frame_size == 0 || frame_size > target.size())
        throw error(errc::bad_value, peer.where(),
                    fmt::format("a frame of {} bytes does not fit", frame_size));
    dma_peer_ring how;
    how.frame_length = how.step = frame_size;
    how.peer_offset = peer.seen()->offset;
    how.bar = peer.seen()->bar;
    how.frames = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(target.size() / frame_size, dma_source::most_frames));
    state_->check_aligned("offset of the target in its BAR", how.peer_offset);
    return begin(how.frames, frame_size, options, [&](dma_source& source, dma_ring& memory) {
        if (const auto failed = source.make_peer_ring(how, peer.way(), memory))
            detail::throw_peer_error(failed, *state_, peer);
    });
}

} // namespace v1
} // namespace upciedev
