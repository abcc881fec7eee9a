// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"

#include <upciedev/extend/dma_source.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace upciedev::inline v1::detail {

/// The memory of a ring: head and queue, and behind them the frames. Other processes can map it.
class ring_memory {
  public:
    /// Makes it. \throws error no memory
    ring_memory(std::uint64_t frame_length, std::uint32_t frames);
    /// That of another process, whose head and queue are only read here.
    ring_memory(unique_fd file, std::uint64_t frame_length, std::uint32_t frames);

    [[nodiscard]] dma_head& head() const noexcept { return *reinterpret_cast<dma_head*>(base_); }
    [[nodiscard]] dma_entry* queue() const noexcept {
        return reinterpret_cast<dma_entry*>(base_ + sizeof(dma_head));
    }
    [[nodiscard]] std::byte* frames() const noexcept { return base_ + head_length_; }
    [[nodiscard]] std::uint64_t step() const noexcept { return step_; }
    [[nodiscard]] int file() const noexcept { return file_.get(); }

  private:
    void map();
    std::uint64_t head_length_, step_, size_;
    unique_fd file_;
    mapping map_;
    std::byte* base_ = nullptr; // that of the map
};

/// As a user of it is told.
dma_ring told_of(const std::shared_ptr<const ring_memory>& memory) noexcept;

/// The driver's side of a ring: whose the frames are, and what is told of them.
class sim_ring {
  public:
    /// \param elsewhere frames are in another board, not in its memory
    sim_ring(std::uint64_t frame_length, std::uint32_t frames, bool to_board,
             bool elsewhere = false);

    [[nodiscard]] const std::shared_ptr<ring_memory>& memory() const noexcept { return memory_; }
    [[nodiscard]] std::uint64_t frame_length() const noexcept { return frame_length_; }
    [[nodiscard]] std::uint32_t frames() const noexcept { return frames_; }

    [[nodiscard]] bool has_frame() const;
    /// The oldest frame that was given to the engine.
    std::optional<std::uint32_t> next();
    /// One that was not moved.
    void keep(std::uint32_t index);
    void deliver(std::uint32_t index, std::uint64_t time_ns, std::uint32_t lost);
    void set_state(std::uint32_t state, int error);
    [[nodiscard]] bool is_running() const;

    /// \returns 0 or EINVAL: a frame that the user does not hold
    int give(std::span<const std::uint32_t> indices);
    /// Remembers \p seen. \returns whether there is more, or an end
    bool see(std::uint64_t seen);
    [[nodiscard]] bool has_news() const;
    /// Why there is no frame behind \p seen; 0: there is one.
    [[nodiscard]] int no_frame(std::uint64_t seen) const;

  private:
    const std::uint64_t frame_length_;
    const std::uint32_t frames_;
    std::shared_ptr<ring_memory> memory_;
    mutable std::mutex lock_; // of what follows; nothing that the user can write counts
    std::deque<std::uint32_t> given_;
    std::vector<bool> held_;
    std::uint64_t ready_ = 0, sequence_ = 0, lost_ = 0, seen_ = 0;
    std::uint32_t state_ = dma_head::idle;
    int error_ = 0;
};

} // namespace upciedev::inline v1::detail
