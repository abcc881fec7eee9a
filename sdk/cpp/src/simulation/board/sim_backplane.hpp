// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_peer.hpp"

#include <upciedev/extend/sim.hpp>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

namespace upciedev::inline v1::detail {

/// What connects the slots of a crate in this process: the trigger lines, which run past all of
/// them, and the switch. Thread-safe.
class sim_backplane : public std::enable_shared_from_this<sim_backplane> {
  public:
    explicit sim_backplane(const peer_policy& policy = {}) : policy_(policy) {}
    [[nodiscard]] const peer_policy& policy() const noexcept { return policy_; }
    void plug(sim_board& board);
    void remove(const sim_board& board) noexcept;
    /// All boards but the one that sends.
    void pulse(const sim_board& sender, unsigned line) noexcept;
    /// As model_bus.
    std::error_code read(sim_board& reader, std::uint64_t address,
                         std::span<std::byte> into) noexcept;
    std::error_code write(sim_board& writer, std::uint64_t address,
                          std::span<const std::byte> from) noexcept;
    /// There is a board in that slot.
    [[nodiscard]] bool answers(unsigned slot) noexcept;
    /// Unsupported Requests that the board answered, or that were its own and reached nobody.
    [[nodiscard]] std::uint64_t unsupported(const sim_board& board) noexcept;

  private:
    struct seat {
        sim_board* board;
        unsigned slot;
        bool leaving = false;
        unsigned users = 0; ///< requests that it is answering
        std::uint64_t unsupported = 0;
    };
    seat* enter(const sim_board& asking, unsigned slot) noexcept;
    void leave(seat& one, bool unsupported) noexcept;
    void count_unsupported(const sim_board& whose) noexcept;
    template <class Access>
    std::error_code route(sim_board& asking, std::uint64_t address, const Access& access) noexcept;

    const peer_policy policy_;
    std::mutex lock_; // not held while a board answers, for that may send a pulse
    std::condition_variable left_;
    std::list<seat> seats_;
};

/// Which one a board is plugged into, by what it is plugged into; nullptr: none.
sim_backplane* backplane_behind(model_slot* slot) noexcept;

} // namespace upciedev::inline v1::detail
