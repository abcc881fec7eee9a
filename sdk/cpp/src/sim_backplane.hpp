// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/sim.hpp>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

namespace upciedev::inline v1::detail {

/// What connects the slots of a crate in this process: the trigger lines, which run past all of
/// them, and the switch. Thread-safe.
class sim_backplane : public std::enable_shared_from_this<sim_backplane> {
  public:
    void plug(sim_board& board);
    void remove(const sim_board& board) noexcept;
    /// All boards but the one that sends.
    void pulse(const sim_board& sender, unsigned line) noexcept;
    /// As model_bus.
    std::error_code read(const sim_board& reader, std::uint64_t address,
                         std::span<std::byte> into) noexcept;
    std::error_code write(const sim_board& writer, std::uint64_t address,
                          std::span<const std::byte> from) noexcept;

  private:
    struct seat {
        sim_board* board;
        unsigned slot;
        bool leaving = false;
        unsigned users = 0; ///< requests that it is answering
    };
    seat* enter(const sim_board& asking, unsigned slot) noexcept;
    void leave(seat& one) noexcept;
    template <class Access>
    std::error_code route(const sim_board& asking, std::uint64_t address,
                          const Access& access) noexcept;

    std::mutex lock_; // not held while a board answers, for that may send a pulse
    std::condition_variable left_;
    std::list<seat> seats_;
};

} // namespace upciedev::inline v1::detail
