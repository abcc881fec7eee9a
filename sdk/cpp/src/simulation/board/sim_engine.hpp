// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_interrupts.hpp"
#include "simulation/board/sim_waits.hpp"
#include "simulation/model/model_parts.hpp"

#include <upciedev/extend/dma_source.hpp>

#include <atomic>
#include <functional>

namespace upciedev::inline v1::detail {

/// What ends the work of an engine early.
struct sim_limit {
    sim_waits::time_point end;
    const std::atomic<std::uint32_t>* cancels = nullptr; ///< ends when it is no more \p before
    std::uint32_t before = 0;
};

/// A stretch that lies together on both sides.
struct sim_piece {
    std::uint64_t host = 0;  ///< bus address
    std::uint64_t board = 0; ///< offset as the engine counts it
    std::uint64_t length = 0;
};

/// One channel of a simulated board as a driver handles it, by register accesses.
class sim_engine {
  public:
    /// What it shares with the other channels of the board.
    struct surroundings {
        model_board& board;
        std::mutex& accesses; ///< held by every access to the board
        sim_waits& waits;
        std::function<int()> ended;    ///< errno once the board has left
        std::function<void()> cut_off; ///< the engine does not stop
        std::function<std::unique_ptr<interrupt_source>(const interrupt_request&)> interrupts;
    };
    sim_engine(const surroundings& with, const dma_description& what);

    [[nodiscard]] const dma_description& description() const noexcept { return what_; }
    [[nodiscard]] const board_description& board() const noexcept {
        return with_.board.description();
    }
    [[nodiscard]] dma_facts facts() const;
    /// Whether both are started by one register; then they take turns.
    [[nodiscard]] bool shares_engine_with(const sim_engine& other) const noexcept;

    /// \returns 0 or an errno: nothing ends it early
    [[nodiscard]] int check(const sim_limit& limit) const noexcept;
    /// Nobody else uses it. Whatever happens, it is at rest at the end.
    /// \returns 0 or an errno
    int run(const sim_piece& what, const sim_limit& limit);

  private:
    class done_interrupt;
    struct step {
        model_place where;
        std::uint64_t bits;
    };
    [[nodiscard]] std::vector<step> steps_of(const std::vector<part_write>& writes) const;
    [[nodiscard]] std::uint64_t get(const model_place& place) const;
    void put(const model_place& place, std::uint64_t bits) const;
    void put_all(const std::vector<step>& steps) const;
    void start(const sim_piece& what) const;
    [[nodiscard]] bool at_rest(done_interrupt& done) const;
    int wait_for_end(done_interrupt& done, sim_waits::waiter& waiter, const sim_limit& limit) const;
    void bring_to_rest(done_interrupt& done, sim_waits::waiter& waiter) const;
    [[nodiscard]] const model_place& trigger() const noexcept;

    const surroundings& with_;
    const dma_description& what_;
    std::vector<model_place> host_;
    std::optional<model_place> board_, length_, busy_, error_;
    std::vector<step> start_, stop_;
    std::uint64_t cause_ = 0; ///< bit of the interrupt that tells the end; 0: none
    unsigned vector_ = 0;
};

} // namespace upciedev::inline v1::detail
