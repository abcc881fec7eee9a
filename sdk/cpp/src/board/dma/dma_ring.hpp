// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "board/dma/dma_state.hpp"

#include <mutex>

namespace upciedev {
inline namespace v1 {

/// Memory of a stream, and which of its frames are to be given back. The stream and all frames
/// share it; the memory stays when the channel is closed.
class dma_frame::ring {
  public:
    using source_ptr = std::unique_ptr<dma_source>;

    ring(source_ptr source, dma_ring memory, unsigned depth, std::uint64_t frame_size,
         bool to_board);

    [[nodiscard]] unsigned depth() const noexcept { return depth_; }
    [[nodiscard]] std::uint64_t frame_size() const noexcept { return frame_size_; }
    [[nodiscard]] bool to_board() const noexcept { return to_board_; }
    [[nodiscard]] dma_source& source() noexcept { return *source_; }

    // What the other side tells.

    [[nodiscard]] std::uint64_t ready() const noexcept {
        return __atomic_load_n(&memory_.head->ready, __ATOMIC_ACQUIRE);
    }
    [[nodiscard]] std::uint64_t lost() const noexcept {
        return __atomic_load_n(&memory_.head->lost, __ATOMIC_RELAXED);
    }
    /// Ask for it before ready(), which then is the last.
    [[nodiscard]] bool has_ended() const noexcept {
        return __atomic_load_n(&memory_.head->state, __ATOMIC_ACQUIRE) == dma_head::ended;
    }
    [[nodiscard]] int failure() const noexcept { return memory_.head->error; }
    [[nodiscard]] const dma_entry& entry(std::uint64_t number) const noexcept {
        return memory_.queue[number % depth_];
    }
    [[nodiscard]] std::byte* data(std::uint32_t index) const noexcept {
        return memory_.frames == nullptr ? nullptr : memory_.frames + index * memory_.step;
    }
    [[nodiscard]] const std::shared_ptr<const void>& memory() const noexcept {
        return memory_.memory;
    }

    // Frames that come back.

    /// One that is not wanted any more, from any thread.
    void give_back(std::uint32_t index) noexcept;
    /// One to be written.
    void send(std::uint32_t index);
    /// To the board: one that may be filled.
    [[nodiscard]] std::optional<std::uint32_t> take_own() noexcept;
    /// Gives back what is to be, and waits until more than \p seen are ready.
    std::error_code exchange(std::uint32_t timeout_ms, std::uint64_t seen);
    /// The channel is not needed any more.
    void close() noexcept;

  private:
    void put(std::uint32_t index) noexcept;
    [[nodiscard]] bool many() const noexcept { return given_.size() >= enough_; }

    source_ptr source_;
    const dma_ring memory_;
    const unsigned depth_;
    const std::size_t enough_; // frames that are worth a call
    const std::uint64_t frame_size_;
    const bool to_board_;
    std::mutex lock_; // of what follows
    std::vector<std::uint32_t> given_, on_the_way_;
    std::vector<std::uint32_t> own_;
    std::uint64_t seen_ = 0;
    bool waiting_ = false; // then what is given back goes out at once
    bool closed_ = false;
};

} // namespace v1
} // namespace upciedev
