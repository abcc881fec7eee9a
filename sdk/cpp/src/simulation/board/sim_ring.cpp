// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_ring.hpp"
#include "base/bits.hpp"
#include "base/transport_error.hpp"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <sys/mman.h>

namespace upciedev::inline v1::detail {

ring_memory::ring_memory(std::uint64_t frame_length, std::uint32_t frames)
    : head_length_(whole_pages(sizeof(dma_head) + frames * sizeof(dma_entry))),
      step_(whole_pages(frame_length)), size_(head_length_ + frames * step_),
      file_(memfd_create("upciedev-dma", MFD_CLOEXEC)) {
    if (!file_ || ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
        throw_access_error(from_errno(errno), "memory for DMA");
    map();
}

ring_memory::ring_memory(unique_fd file, std::uint64_t frame_length, std::uint32_t frames)
    : head_length_(whole_pages(sizeof(dma_head) + frames * sizeof(dma_entry))),
      step_(whole_pages(frame_length)), size_(head_length_ + frames * step_),
      file_(std::move(file)) {
    map();
    mprotect(base_, head_length_, PROT_READ);
}

void ring_memory::map() {
    map_ = mapping(file_.get(), 0, size_, PROT_READ | PROT_WRITE);
    if (!map_) throw_access_error(from_errno(errno), "memory for DMA");
    base_ = map_.data();
}

dma_ring told_of(const std::shared_ptr<const ring_memory>& memory) noexcept {
    return {memory,           &memory->head(), memory->queue(),
            memory->frames(), memory->step(),  memory->file()};
}

sim_ring::sim_ring(std::uint64_t frame_length, std::uint32_t frames, bool to_board, bool elsewhere)
    : frame_length_(frame_length), frames_(frames),
      memory_(std::make_shared<ring_memory>(elsewhere ? 0 : frame_length, frames)),
      held_(frames, to_board) {
    if (to_board) return; // all are the user's
    given_.resize(frames);
    std::iota(given_.begin(), given_.end(), 0U);
}

bool sim_ring::has_frame() const {
    const std::lock_guard hold(lock_);
    return !given_.empty();
}

std::optional<std::uint32_t> sim_ring::next() {
    const std::lock_guard hold(lock_);
    if (given_.empty()) return std::nullopt;
    const auto index = given_.front();
    given_.pop_front();
    return index;
}

void sim_ring::keep(std::uint32_t index) {
    const std::lock_guard hold(lock_);
    given_.push_front(index);
}

void sim_ring::deliver(std::uint32_t index, std::uint64_t time_ns, std::uint32_t lost) {
    const std::lock_guard hold(lock_);
    lost_ += lost;
    sequence_ += lost;
    memory_->queue()[ready_ % frames_] = {sequence_++, time_ns, frame_length_, index, lost};
    held_[index] = true;
    ++ready_;
    auto& head = memory_->head();
    __atomic_store_n(&head.lost, lost_, __ATOMIC_RELAXED);
    __atomic_store_n(&head.ready, ready_, __ATOMIC_RELEASE); // after the entry
}

void sim_ring::set_state(std::uint32_t state, int error) {
    const std::lock_guard hold(lock_);
    state_ = state;
    error_ = error;
    auto& head = memory_->head();
    __atomic_store_n(&head.error, error, __ATOMIC_RELAXED);
    __atomic_store_n(&head.state, state, __ATOMIC_RELEASE); // after the error
}

bool sim_ring::is_running() const {
    const std::lock_guard hold(lock_);
    return state_ == dma_head::running;
}

int sim_ring::give(std::span<const std::uint32_t> indices) {
    const std::lock_guard hold(lock_);
    for (const auto index : indices) {
        if (index >= frames_ || !held_[index]) return EINVAL;
        held_[index] = false;
        given_.push_back(index);
    }
    return 0;
}

bool sim_ring::see(std::uint64_t seen) {
    const std::lock_guard hold(lock_);
    seen_ = seen;
    return ready_ > seen_ || state_ == dma_head::ended;
}

bool sim_ring::has_news() const {
    const std::lock_guard hold(lock_);
    return ready_ > seen_ || state_ == dma_head::ended;
}

int sim_ring::no_frame(std::uint64_t seen) const {
    const std::lock_guard hold(lock_);
    if (ready_ > seen) return 0;
    if (state_ != dma_head::ended) return ETIMEDOUT;
    return error_ != 0 ? error_ : ENODATA;
}

} // namespace upciedev::inline v1::detail
