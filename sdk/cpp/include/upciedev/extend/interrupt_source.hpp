// SPDX-License-Identifier: BSD-3-Clause
// What a transport gives that knows interrupts; programs use board::irq().
#pragma once

#include <upciedev/error.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// One interrupt; same layout as struct upciedev_irq_event of the driver's ABI.
struct raw_interrupt {
    static constexpr std::uint16_t masked = 1; ///< flags: none follows until unmask()

    std::uint32_t vector = 0;
    std::uint16_t flags = 0;
    std::uint16_t lost =
        0; ///< of this vector, overwritten since the one read before; at most 65535
    std::uint64_t status = 0;   ///< causes that were pending, a bit each in the board file's order
    std::uint64_t sequence = 0; ///< of the vector, grows by one
    std::uint64_t time_ns = 0;  ///< CLOCK_MONOTONIC
};

/// What somebody wants to be told.
struct interrupt_request {
    std::vector<unsigned> vectors; ///< ascending, as the board file numbers them
    std::uint64_t causes = 0;      ///< that the board is to interrupt for; bits as in status
};

/// Interrupts of one subscriber, queued since it was made. For one thread.
class UPCIEDEV_API interrupt_source {
  public:
    interrupt_source() = default;
    interrupt_source(const interrupt_source&) = delete;
    interrupt_source& operator=(const interrupt_source&) = delete;
    virtual ~interrupt_source() = default;

    /// Readable, for poll(), while there is an interrupt to read, and for ever once the board left.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;
    /// The oldest ones that are there, \p count of them; does not wait.
    /// \returns ENODEV, whatever is queued, once the board has left or was reset
    virtual std::error_code read(std::span<raw_interrupt> into, std::size_t& count) noexcept = 0;
    /// Let vectors of the request interrupt again that were masked.
    virtual std::error_code unmask() noexcept = 0;
};

} // namespace v1
} // namespace upciedev
