// SPDX-License-Identifier: BSD-3-Clause
#include "board/dma/dma_ring.hpp"

#include <numeric>

namespace upciedev {
inline namespace v1 {

dma_frame::ring::ring(source_ptr source, dma_ring memory, unsigned depth, std::uint64_t frame_size,
                      bool to_board)
    : source_(std::move(source)), memory_(std::move(memory)), depth_(depth),
      enough_(std::max(2U, depth / 2)), frame_size_(frame_size), to_board_(to_board) {
    given_.reserve(depth);
    on_the_way_.reserve(depth);
    own_.reserve(depth);
    if (!to_board) return;
    own_.resize(depth);
    std::iota(own_.rbegin(), own_.rend(), 0U);
}

/// The caller holds the lock.
void dma_frame::ring::put(std::uint32_t index) noexcept {
    given_.push_back(index);
    if (!waiting_ && !many()) return;
    source_->exchange(given_, 0, seen_); // an error comes again when somebody waits
    given_.clear();
}

void dma_frame::ring::give_back(std::uint32_t index) noexcept {
    const std::lock_guard hold(lock_);
    if (closed_) return;
    if (to_board_)
        own_.push_back(index);
    else
        put(index);
}

void dma_frame::ring::send(std::uint32_t index) {
    const std::lock_guard hold(lock_);
    if (!closed_) put(index);
}

std::optional<std::uint32_t> dma_frame::ring::take_own() noexcept {
    const std::lock_guard hold(lock_);
    if (own_.empty()) return std::nullopt;
    const auto index = own_.back();
    own_.pop_back();
    return index;
}

std::error_code dma_frame::ring::exchange(std::uint32_t timeout_ms, std::uint64_t seen) {
    std::unique_lock hold(lock_);
    on_the_way_.swap(given_);
    seen_ = seen;
    waiting_ = timeout_ms != 0;
    hold.unlock();
    const auto result = source_->exchange(on_the_way_, timeout_ms, seen);
    hold.lock();
    on_the_way_.clear();
    waiting_ = false;
    return result;
}

void dma_frame::ring::close() noexcept {
    const std::lock_guard hold(lock_);
    closed_ = true;
    source_->stop();
    source_.reset();
}

void dma_frame::give_back() noexcept {
    std::exchange(ring_, nullptr)->give_back(entry_.index);
}

std::uint32_t dma_frame::release() noexcept {
    ring_.reset();
    return entry_.index;
}

} // namespace v1
} // namespace upciedev
