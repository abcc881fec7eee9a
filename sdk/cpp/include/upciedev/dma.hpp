// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>
#include <upciedev/extend/dma_source.hpp>
#include <upciedev/region.hpp>

#include <chrono>
#include <concepts>
#include <iterator>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace upciedev {
inline namespace v1 {

class board;
class dma;

/// How a transfer went.
struct dma_result {
    std::uint64_t bytes = 0;
    std::uint64_t bounced =
        0; ///< of them, those that were copied because of the engine's alignment
};

/// How long a transfer may take where nothing else is said.
inline constexpr std::chrono::seconds dma_patience{10};

/// Memory whose bytes an engine can move.
template <class R>
concept dma_memory = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    std::is_trivially_copyable_v<std::ranges::range_value_t<R>>;

/// Memory that stays pinned, for transfers again and again; from dma::buffer(). Keeps its contents
/// after the board has left. Move-only; for one thread.
class UPCIEDEV_API dma_buffer {
  public:
    dma_buffer(dma_buffer&&) noexcept;
    dma_buffer& operator=(dma_buffer&&) noexcept;
    ~dma_buffer();

    [[nodiscard]] std::span<std::byte> bytes() const noexcept;
    template <class T>
    [[nodiscard]] std::span<T> as() const noexcept {
        return {reinterpret_cast<T*>(bytes().data()), bytes().size() / sizeof(T)};
    }
    /// Move \p length bytes between \p offset of the board and \p at of the buffer, in the
    /// direction of the channel; all three multiples of its alignment.
    dma_result transfer(std::uint64_t offset, std::uint64_t at, std::uint64_t length,
                        std::chrono::nanoseconds timeout = dma_patience,
                        const std::stop_token& stop = {});
    /// All of it.
    dma_result transfer(std::uint64_t offset, std::chrono::nanoseconds timeout = dma_patience,
                        const std::stop_token& stop = {}) {
        return transfer(offset, 0, bytes().size(), timeout, stop);
    }
    /// What keeps bytes() valid, for those that outlive the buffer.
    [[nodiscard]] std::shared_ptr<const void> memory() const noexcept;

  private:
    friend class dma;
    class state;
    explicit dma_buffer(std::unique_ptr<state> what);
    std::unique_ptr<state> state_;
};

/// A frame of a stream, yours until it is destroyed, which gives it back; in any order, from any
/// thread, also after the stream and the board. Move-only.
class UPCIEDEV_API dma_frame {
  public:
    dma_frame(dma_frame&& other) noexcept
        : ring_(std::move(other.ring_)), data_(other.data_), entry_(other.entry_) {}
    dma_frame& operator=(dma_frame&& other) noexcept {
        std::swap(ring_, other.ring_);
        std::swap(data_, other.data_);
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~dma_frame() {
        if (ring_) give_back();
    }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data_, entry_.length}; }
    template <class T>
    [[nodiscard]] std::span<T> as() const noexcept {
        return {reinterpret_cast<T*>(data_), entry_.length / sizeof(T)};
    }
    /// Which of the stream's frames it is, 0 to depth() - 1. In another board they lie one behind
    /// the other, and bytes() is empty.
    [[nodiscard]] unsigned index() const noexcept { return entry_.index; }
    /// Steps by one, and by those lost.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return entry_.sequence; }
    /// CLOCK_MONOTONIC of its trigger, or of its end where there is none.
    [[nodiscard]] std::chrono::steady_clock::time_point time() const noexcept {
        return std::chrono::steady_clock::time_point(
            std::chrono::nanoseconds(static_cast<std::int64_t>(entry_.time_ns)));
    }
    /// Triggers between the frame before and this one for which there was no frame.
    [[nodiscard]] std::uint64_t lost() const noexcept { return entry_.lost; }

  private:
    friend class dma_stream;
    friend class dma;
    class ring;
    dma_frame(std::shared_ptr<ring> of, std::byte* data, const dma_entry& entry)
        : ring_(std::move(of)), data_(data), entry_(entry) {}
    void give_back() noexcept;
    [[nodiscard]] std::uint32_t release() noexcept;

    std::shared_ptr<ring> ring_;
    std::byte* data_;
    dma_entry entry_;
};

/// How frames flow.
struct dma_stream_options {
    std::uint64_t offset = 0; ///< of the first frame in the board's memory, bytes
    std::uint64_t step = 0;  ///< bytes from a frame to the next one there; 0: always the same place
    std::uint64_t count = 0; ///< frames, after which it ends; 0: without end, then step is 0
    std::vector<std::string> trigger{}; ///< interrupts of which each moves a frame; none: at once
    std::chrono::milliseconds timeout{1000}; ///< for the engine to move one frame
};

/// Frames that flow by themselves, from dma::stream() or dma::stream_to(). From the board, next()
/// yields those that were filled. To the board, next() yields those that are free; fill and send()
/// them. Ends when it is destroyed. Move-only; for one thread.
class UPCIEDEV_API dma_stream {
  public:
    dma_stream(dma_stream&&) noexcept;
    dma_stream& operator=(dma_stream&&) noexcept;
    ~dma_stream();

    /// Without a call while frames wait.
    /// \returns nothing if none came in that time, or it has ended()
    /// \throws error what ended it: timeout, io_error, board_gone; interrupted: by \p stop, or a
    /// signal handler was called
    std::optional<dma_frame> next(std::chrono::nanoseconds timeout,
                                  const std::stop_token& stop = {});
    /// To the board: write the frame, after those sent before. Goes out with the next wait, or
    /// with others together.
    void send(dma_frame frame);
    /// To the board: wait until all that was sent is written. \returns false: not in that time
    bool finish(std::chrono::nanoseconds timeout = dma_patience, const std::stop_token& stop = {});
    /// No frame changes any more when it returns; those that are waiting can still be taken.
    void stop();
    /// It stopped, or has moved as many frames as it should, and all of them were taken.
    [[nodiscard]] bool ended() const noexcept;
    /// Triggers so far for which there was no frame.
    [[nodiscard]] std::uint64_t lost() const noexcept;
    [[nodiscard]] unsigned depth() const noexcept;
    [[nodiscard]] std::uint64_t frame_size() const noexcept;
    /// Readable when there may be a frame, or an end: then call next(0ms) until it has none. For
    /// poll() and select() only.
    [[nodiscard]] int fd() const noexcept;

    /// One frame after the other, to the end of the stream or until a signal handler is called
    /// (interrupted). A frame that is to last is moved out of it.
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = dma_frame;
        using difference_type = std::ptrdiff_t;
        using pointer = dma_frame*;
        using reference = dma_frame&;

        explicit iterator(dma_stream& of) : stream_(&of) { ++*this; }
        [[nodiscard]] reference operator*() noexcept { return *frame_; }
        [[nodiscard]] pointer operator->() noexcept { return &*frame_; }
        iterator& operator++() {
            frame_.reset();
            frame_ = stream_->wait_for_next();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return !frame_; }

      private:
        dma_stream* stream_;
        std::optional<dma_frame> frame_;
    };
    [[nodiscard]] iterator begin() { return iterator(*this); }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

  private:
    friend class dma;
    friend class dma_frame;
    class state;
    explicit dma_stream(std::unique_ptr<state> what);
    std::optional<dma_frame> wait_for_next();
    std::unique_ptr<state> state_;
};

/// A DMA channel of a board, from board::dma(): one direction of one engine. Offsets are bytes
/// into the memory that the engine reaches. Copies share it. Thread-safe: transfers of several
/// threads take turns, piece by piece.
class UPCIEDEV_API dma {
  public:
    /// From the board, into all of \p into.
    /// \throws error timeout; interrupted: by \p stop, or a signal handler was called; io_error:
    /// the engine reports an error; out_of_range, not_supported (a channel to the board),
    /// not_permitted, busy, board_gone
    template <dma_memory R>
    requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>)
        dma_result
        read(std::uint64_t offset, R&& into, std::chrono::nanoseconds timeout = dma_patience,
             const std::stop_token& stop = {})
    const { return read_bytes(offset, std::as_writable_bytes(std::span(into)), timeout, stop); }
    /// To the board, all of \p from; offset and length are multiples of the channel's alignment.
    /// \throws error as read(), and bad_value: not aligned
    template <dma_memory R>
    dma_result write(std::uint64_t offset, const R& from,
                     std::chrono::nanoseconds timeout = dma_patience,
                     const std::stop_token& stop = {}) const {
        return write_bytes(offset, std::as_bytes(std::span(from)), timeout, stop);
    }
    /// Memory for transfers again and again, pinned once. Its size is a multiple of the alignment.
    [[nodiscard]] dma_buffer buffer(std::uint64_t bytes) const;
    /// Frames that begin to flow now. \param depth frames in memory, 2 to 4096 are sensible
    /// \throws error bad_value, out_of_range, no_such_register (a trigger), io_error (no memory)
    [[nodiscard]] dma_stream stream(unsigned depth, std::uint64_t frame_size,
                                    const dma_stream_options& options = {}) const;

    /// Frames that flow into \p target, a peer window of another board, without the processor: from
    /// its beginning, as many as fit. Each counts as delivered when it was issued; destroy the
    /// dma_frame to have its place written again.
    /// \throws error not_permitted: the way is refused; otherwise as stream() and copy()
    [[nodiscard]] dma_stream stream_to(const upciedev::region& target, std::uint64_t frame_size,
                                       const dma_stream_options& options = {}) const;
    /// Of the memory that it reaches, for copy(). \throws error out_of_range
    [[nodiscard]] upciedev::region region(std::uint64_t offset, std::uint64_t bytes) const;

    [[nodiscard]] const dma_facts& facts() const noexcept;
    [[nodiscard]] const dma_description& description() const noexcept;
    [[nodiscard]] std::string where() const; ///< "slot 4 vadc10: DMA read"

    class state; ///< implementation

  private:
    friend class board;
    friend class area;
    friend class dma_buffer;
    friend class dma_stream;
    explicit dma(std::shared_ptr<state> what) : state_(std::move(what)) {}
    dma_result read_bytes(std::uint64_t offset, std::span<std::byte> into,
                          std::chrono::nanoseconds timeout, const std::stop_token& stop) const;
    dma_result write_bytes(std::uint64_t offset, std::span<const std::byte> from,
                           std::chrono::nanoseconds timeout, const std::stop_token& stop) const;
    template <class MakeRing>
    dma_stream begin(unsigned depth, std::uint64_t frame_size, const dma_stream_options& options,
                     const MakeRing& make_ring) const;
    std::shared_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
