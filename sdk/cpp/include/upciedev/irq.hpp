// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev {
inline namespace v1 {

class board;

/// One interrupt of a board.
struct UPCIEDEV_API irq_event {
    std::string name;                ///< the first cause that was subscribed to and is pending
    std::vector<std::string> causes; ///< all that were pending, as the board file names them
    std::uint64_t status = 0;        ///< the same, a bit each in the order of the board file
    std::uint64_t sequence = 0;      ///< of the vector; causes not subscribed to count as well
    std::uint64_t lost = 0;          ///< of the vector, overwritten unread since the event before
    std::chrono::steady_clock::time_point time{}; ///< CLOCK_MONOTONIC
    unsigned vector = 0;
    bool masked = false; ///< too many came: none follows until irq::unmask()

    [[nodiscard]] bool has(std::string_view cause) const noexcept;
};

/// Interrupts of a board, from board::irq(). They queue from the moment this is made, so make it
/// before you start what interrupts; who is too slow is told how many were lost. The causes are
/// enabled while somebody subscribes, and acknowledged. Move-only; for one thread.
class UPCIEDEV_API irq {
  public:
    irq(irq&&) noexcept;
    irq& operator=(irq&&) noexcept;
    ~irq();

    /// \returns nothing if none came in that time
    /// \throws error board_gone: the board left or was reset; interrupted: by \p stop, or a signal
    /// handler was called
    std::optional<irq_event> wait(std::chrono::nanoseconds timeout,
                                  const std::stop_token& stop = {});
    /// Those that have come, oldest first; waits for none. \throws error board_gone
    std::vector<irq_event> drain();
    /// Go on after a storm, once its cause is mended. \throws error board_gone
    void unmask();

    /// Readable when there may be an event, or the board has left: then call wait(0ms) until it has
    /// none. For poll() and select() only.
    [[nodiscard]] int fd() const noexcept;
    /// The causes subscribed to, in the order of the board file.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept;

    /// One event after the other: waits without end, until a signal handler is called
    /// (interrupted).
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = irq_event;
        using difference_type = std::ptrdiff_t;
        using pointer = const irq_event*;
        using reference = const irq_event&;

        explicit iterator(irq& of) : irq_(&of) { ++*this; }
        [[nodiscard]] reference operator*() const noexcept { return event_; }
        [[nodiscard]] pointer operator->() const noexcept { return &event_; }
        iterator& operator++() {
            event_ = irq_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return false; }

      private:
        irq* irq_;
        irq_event event_;
    };
    [[nodiscard]] iterator begin() { return iterator(*this); }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

  private:
    friend class board;
    class state;
    explicit irq(std::unique_ptr<state> what);
    irq_event next();

    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
