// SPDX-License-Identifier: BSD-3-Clause
// One board's memory into another's: straight by a DMA engine where a way leads there.
#pragma once

#include <upciedev/board.hpp>
#include <upciedev/peer.hpp>

namespace upciedev {
inline namespace v1 {

/// What copy() does where no engine can move it straight.
enum class fallback : std::uint8_t {
    refuse, ///< throw, and say why
    bounce  ///< by this computer's memory: two ordinary transfers
};

/// How far the bytes have come when copy() returns.
enum class arrival : std::uint8_t {
    issued,   ///< on their way: what the same engine writes later arrives later
    doorbell, ///< on their way, and behind them the doorbell
    arrived,  ///< in the target
    verified  ///< read back from the target and compared
};

/// Written last, by the same engine: whoever finds it in the target finds all the rest there too.
struct doorbell {
    region source; ///< what is written: a stretch of the same memory as the source
    region target; ///< a stretch of the same board as the target
};

/// How copy() goes about it.
struct copy_options {
    upciedev::fallback fallback = upciedev::fallback::refuse;
    std::optional<upciedev::doorbell> doorbell{};
    bool verify = false; ///< read both sides afterwards, and compare
    std::chrono::nanoseconds timeout = dma_patience;
    std::stop_token stop{};
};

/// Which way it went.
struct UPCIEDEV_API copy_result {
    peer_route route; ///< refused: why it was bounced
    bool bounced = false;
    bool read_by_dma = false, written_by_dma = false; ///< of a bounce; else by the processor
    std::uint64_t bytes = 0;
    std::chrono::nanoseconds time{};
    upciedev::arrival arrival = upciedev::arrival::issued;

    /// "direct (switch)", "bounced, read by DMA, written by the processor (refused: ...)".
    [[nodiscard]] std::string text() const;
};

/// Move all of \p source into \p target, of the same size. The engine of the source writes, or,
/// where that has none, that of the target reads. Order of bytes and elements stays as on the bus.
/// \throws error not_permitted: the way is refused, with the reason and a remedy; not_supported:
/// no engine; bad_value: sizes differ, or not aligned; busy: claimed or leased by another;
/// board_gone: either board; io_error: the engine, or verify found a difference; timeout,
/// interrupted
UPCIEDEV_API copy_result copy(const region& source, const region& target,
                              const copy_options& options = {});

/// "issued", "verified".
UPCIEDEV_API std::string_view name_of(arrival how_far) noexcept;

} // namespace v1
} // namespace upciedev
