// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/interrupt_source.hpp>

#include <algorithm>
#include <limits>

namespace upciedev::inline v1::detail {

/// The interrupts of one vector, the last few thousand of them. Each reader has a cursor of its
/// own, the sequence number that it reads next. Whoever calls holds a lock.
class interrupt_ring {
  public:
    static constexpr std::uint64_t size = 4096; // a power of two, as in the driver

    interrupt_ring() : events_(size) {}
    [[nodiscard]] std::uint64_t head() const noexcept { return head_; }
    void put(raw_interrupt event) noexcept {
        event.sequence = head_;
        events_[head_++ % size] = event;
    }
    /// The oldest from \p cursor on that is still there; cursor is below head().
    [[nodiscard]] const raw_interrupt& oldest(std::uint64_t cursor) const noexcept {
        return events_[first_from(cursor) % size];
    }
    /// The same, with what was overwritten, and the cursor goes on.
    [[nodiscard]] raw_interrupt take(std::uint64_t& cursor) const noexcept {
        constexpr std::uint64_t most = std::numeric_limits<std::uint16_t>::max();
        auto event = oldest(cursor);
        event.lost = static_cast<std::uint16_t>(std::min(event.sequence - cursor, most));
        cursor = event.sequence + 1;
        return event;
    }

  private:
    [[nodiscard]] std::uint64_t first_from(std::uint64_t cursor) const noexcept {
        return std::max(cursor, head_ > size ? head_ - size : 0);
    }
    std::vector<raw_interrupt> events_;
    std::uint64_t head_ = 0;
};

} // namespace upciedev::inline v1::detail
