// SPDX-License-Identifier: BSD-3-Clause
// What a transport gives that knows DMA; programs use board::dma().
#pragma once

#include <upciedev/error.hpp>
#include <upciedev/peer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace upciedev {
inline namespace v1 {

class transport;

// The structures are laid out as those of the driver's ABI that are named like them.

/// A DMA channel of a board, as the way to it has it.
struct dma_facts {
    std::string name;
    bool to_board = false;
    bool descriptors = false;    ///< one start does a whole list of pieces
    bool stoppable = false;      ///< the board has registers that stop it
    std::uint32_t alignment = 1; ///< bytes, of what the engine itself moves
    std::uint32_t address_bits = 64;
    std::uint64_t max_length = 0; ///< bytes of one start; requests may be longer
    std::uint64_t memory = 0;     ///< bytes of board memory that it reaches; 0: nobody knows
};

/// Between the board and memory of the caller.
struct dma_transfer {
    static constexpr std::uint32_t ring_memory =
        1; ///< flags: address counts from the ring's frames

    std::uint64_t offset = 0;     ///< into the board's memory, bytes
    std::uint64_t address = 0;    ///< in this process
    std::uint64_t length = 0;     ///< bytes
    std::uint32_t timeout_ms = 0; ///< 1 to dma_source::longest_ms
    std::uint32_t flags = 0;
    std::uint64_t done = 0;         ///< out: bytes that have arrived, also on error
    std::uint64_t bounced = 0;      ///< out: of them, those that had to be copied
    std::uint64_t reserved[2] = {}; // NOLINT(modernize-avoid-c-arrays)
};

/// What is told of a ring; written by the other side alone.
struct dma_head {
    static constexpr std::uint32_t idle = 0, running = 1, ended = 2;

    std::uint32_t state = idle;
    std::int32_t error = 0;         ///< errno that ended it, or 0
    std::uint64_t ready = 0;        ///< frames delivered; number n stands in queue[n % frames]
    std::uint64_t lost = 0;         ///< triggers without a frame
    std::uint64_t reserved[5] = {}; // NOLINT(modernize-avoid-c-arrays)
};

/// A frame that was delivered.
struct dma_entry {
    std::uint64_t sequence = 0;
    std::uint64_t time_ns = 0; ///< CLOCK_MONOTONIC
    std::uint64_t length = 0;  ///< bytes that are valid
    std::uint32_t index = 0;   ///< of the frame in the ring's memory
    std::uint32_t lost = 0;    ///< triggers since the frame before
};

/// Memory for frames, shared with the other side.
struct dma_ring {
    std::shared_ptr<const void> memory; ///< keeps the rest valid, whatever becomes of the board
    const dma_head* head = nullptr;
    const dma_entry* queue = nullptr;
    std::byte* frames = nullptr;
    std::uint64_t step = 0; ///< bytes from a frame to the next one
    int file = -1;          ///< all of it, for other processes of a simulation; -1: there is none
};

/// How frames are to flow.
struct dma_start {
    std::uint64_t offset = 0;     ///< of the first frame in the board's memory, bytes
    std::uint64_t step = 0;       ///< bytes from a frame to the next one there
    std::uint64_t count = 0;      ///< frames after which it ends; 0: without end, then step is 0
    std::uint64_t causes = 0;     ///< interrupts of which each moves a frame; 0: at once
    std::uint32_t timeout_ms = 0; ///< for the engine to move one frame
    std::uint32_t flags = 0;
    std::uint64_t reserved[2] = {}; // NOLINT(modernize-avoid-c-arrays)
};

/// Between the memory of a channel's board and a window of another one. Laid out as struct
/// upciedev_dma_peer.
struct dma_peer_transfer {
    std::uint64_t offset = 0;      ///< into the memory of the channel's board, bytes
    std::uint64_t peer_offset = 0; ///< into the peer's BAR, bytes
    std::uint64_t length = 0;      ///< bytes
    std::int32_t peer = -1;        ///< the transport's own
    std::uint32_t bar = 0;         ///< of the peer
    std::uint32_t timeout_ms = 0;  ///< 1 to dma_source::longest_ms
    std::uint32_t flags = 0;
    std::uint64_t done = 0;         ///< out: bytes that were issued, also on error
    std::uint32_t way = 0;          ///< out: peer_way, also on EACCES
    std::uint32_t reason = 0;       ///< out: peer_reason, also on EACCES
    std::uint64_t reserved[2] = {}; // NOLINT(modernize-avoid-c-arrays)
};

/// Frames in a window of another board. Laid out as struct upciedev_dma_peer_ring.
struct dma_peer_ring {
    std::uint64_t frame_length = 0; ///< bytes
    std::uint64_t peer_offset = 0;  ///< of the first frame, into the peer's BAR, bytes
    std::uint64_t step = 0;         ///< bytes from a frame to the next one
    std::uint32_t frames = 0;       ///< 1 to dma_source::most_frames
    std::uint32_t bar = 0;          ///< of the peer
    std::int32_t peer = -1;         ///< the transport's own
    std::uint32_t flags = 0;
    std::uint64_t head_length = 0;  ///< out
    std::uint64_t reserved[2] = {}; // NOLINT(modernize-avoid-c-arrays)
};

/// A channel, opened once; see "DMA" in the driver's ABI, whose calls these are. Any number of
/// them may use a channel of the board: they take turns. Thread-safe.
///
/// Errors are errno values of generic_category: EINVAL, ERANGE, ETIMEDOUT, EINTR, ECANCELED, EIO,
/// EBUSY, ENOMEM, EFAULT, ENODATA; ENODEV once the board has left or was reset.
class UPCIEDEV_API dma_source {
  public:
    static constexpr std::uint32_t longest_ms = 3'600'000;
    static constexpr std::uint32_t most_frames = 4096;

    dma_source() = default;
    dma_source(const dma_source&) = delete;
    dma_source& operator=(const dma_source&) = delete;
    virtual ~dma_source() = default;

    [[nodiscard]] virtual const dma_facts& facts() const noexcept = 0;
    /// Readable, for poll(), while the ring has a frame that the last exchange() had not seen, or
    /// has ended, and for ever once the board left.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;
    /// Waits for the end. Whatever ends it early, the engine is at rest when it returns.
    virtual std::error_code transfer(dma_transfer& what) noexcept = 0;
    /// Ends the transfers that are under way here, which return ECANCELED; does not wait.
    virtual void cancel() noexcept = 0;
    /// Once.
    virtual std::error_code make_ring(std::uint64_t frame_length, std::uint32_t frames,
                                      dma_ring& made) noexcept = 0;
    virtual std::error_code start(const dma_start& how) noexcept = 0;
    /// Returns when no frame changes any more.
    virtual std::error_code stop() noexcept = 0;
    /// Give frames back, and wait until more than \p seen were delivered.
    /// \returns ETIMEDOUT; ENODATA: it has ended; nothing if \p timeout_ms is 0
    virtual std::error_code exchange(std::span<const std::uint32_t> indices,
                                     std::uint32_t timeout_ms, std::uint64_t seen) noexcept = 0;

    /// With a window of \p peer: a channel from the board writes there, one to the board reads.
    /// What was written is on its way when it returns; what the same engine writes later arrives
    /// later. \returns as transfer(), and EACCES: the way is refused; EHOSTDOWN: the peer has
    /// gone, nothing arrives there any more; ENXIO, EXDEV (\p peer is none of this crate)
    virtual std::error_code transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept;
    /// Instead of make_ring(): frames are in a window of \p peer.
    virtual std::error_code make_peer_ring(dma_peer_ring& how, transport& peer,
                                           dma_ring& made) noexcept;
};

} // namespace v1
} // namespace upciedev
