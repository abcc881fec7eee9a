// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_engine.hpp"
#include "simulation/board/sim_host_memory.hpp"
#include "simulation/board/sim_peer.hpp"

#include <cerrno>
#include <functional>
#include <list>

namespace upciedev::inline v1::detail {

class sim_channel;

/// Another board's window, and by which way it is reached now; EXDEV: it is on no bus with this
/// one.
struct found_peer {
    int failed = 0;
    sim_peer peer;
    peer_route route;
};
using peer_finder = std::function<found_peer(transport& peer, const window_leases::stretch& where,
                                             unsigned channel)>;

/// The DMA of a simulated board, as the driver has it: channels, whose turn it is, and who uses
/// mapped memory. Outlives the board while channels are open.
class sim_dma : public std::enable_shared_from_this<sim_dma> {
  public:
    /// \param accesses held by every access to the board
    /// \param fail the board's engine does not stop; called without any lock
    sim_dma(model_board& board, std::mutex& accesses, std::shared_ptr<sim_interrupts> interrupts,
            std::function<void()> fail);
    ~sim_dma();
    sim_dma(const sim_dma&) = delete;
    sim_dma& operator=(const sim_dma&) = delete;

    /// How other boards are found.
    void find_peers_by(peer_finder finder) { finder_ = std::move(finder); }
    [[nodiscard]] found_peer find_peer(transport& peer, const window_leases::stretch& where,
                                       unsigned channel) const {
        return finder_ ? finder_(peer, where, channel) : found_peer{EXDEV, {}, {}};
    }
    /// What the board reaches: plug it in there.
    [[nodiscard]] sim_host_memory& host() noexcept { return host_; }
    /// \throws error not_supported, board_gone
    std::unique_ptr<dma_source> open(unsigned channel);
    /// The board leaves or is about to be reset: open channels are void. Returns when it reaches
    /// no memory any more. Not while it is accessed.
    void end();
    /// The same, without waiting for those who use it: for one of them.
    void end_soon() noexcept;
    /// After a reset: channels can be opened again.
    void begin_again() noexcept { ended_ = 0; }

    // For channels.

    [[nodiscard]] sim_waits& waits() noexcept { return waits_; }
    [[nodiscard]] std::shared_ptr<sim_interrupts> interrupts() const noexcept {
        return interrupts_;
    }
    [[nodiscard]] sim_engine& engine(unsigned channel) { return engines_[channel]; }
    [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }
    void add(sim_channel& who);
    void remove(sim_channel& who) noexcept;

    /// Between entering and leaving memory may be mapped. \returns 0 or ENODEV
    int enter(std::uint32_t epoch);
    void leave() noexcept;
    /// Move a stretch of mapped memory; turns are taken.
    /// \param done grows by what was moved, also on error
    int move(unsigned channel, std::uint64_t address, std::uint64_t length, std::uint64_t offset,
             const sim_limit& limit, std::uint64_t& done);

  private:
    class turn;
    static int run_pieces(sim_engine& engine, sim_piece what, const sim_limit& limit,
                          std::uint64_t& done);
    [[nodiscard]] bool is_first(unsigned engine, const turn* who);
    int take_turn(unsigned engine, const turn* who, sim_engine& asks, const sim_limit& limit);
    [[nodiscard]] unsigned engine_of(unsigned channel) const;

    std::shared_ptr<sim_interrupts> interrupts_;
    std::function<void()> fail_;
    peer_finder finder_;
    sim_waits waits_;
    sim_host_memory host_;
    std::atomic<int> ended_ = 0;           // errno
    std::atomic<std::uint32_t> epoch_ = 0; // grows with each reset
    sim_engine::surroundings around_;
    std::vector<sim_engine> engines_; // a channel each
    std::mutex lock_;                 // of what follows
    std::vector<std::list<const turn*>> turns_;
    unsigned users_ = 0;
    std::mutex channels_lock_;
    std::vector<sim_channel*> channels_;
};

} // namespace upciedev::inline v1::detail
