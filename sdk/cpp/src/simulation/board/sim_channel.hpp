// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/transport_error.hpp"
#include "simulation/board/sim_dma.hpp"
#include "simulation/board/sim_ring.hpp"
#include "simulation/board/sim_trigger.hpp"

#include <cerrno>
#include <thread>

namespace upciedev::inline v1::detail {

/// An open DMA channel of a simulated board: does what the driver does with its file.
class sim_channel final : public dma_source {
  public:
    sim_channel(std::shared_ptr<sim_dma> of, unsigned number);
    ~sim_channel() override;

    [[nodiscard]] const dma_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] int descriptor() const noexcept override { return event_.get(); }
    std::error_code transfer(dma_transfer& what) noexcept override;
    void cancel() noexcept override;
    std::error_code make_ring(std::uint64_t frame_length, std::uint32_t frames,
                              dma_ring& made) noexcept override;
    std::error_code start(const dma_start& how) noexcept override;
    std::error_code stop() noexcept override;
    std::error_code exchange(std::span<const std::uint32_t> indices, std::uint32_t timeout_ms,
                             std::uint64_t seen) noexcept override;

    std::error_code transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept override;
    std::error_code make_peer_ring(dma_peer_ring& how, transport& peer,
                                   dma_ring& made) noexcept override;

    /// The event, whether there is news.
    void tell() noexcept;
    /// The board has left; its memory is not reached any more when this returns.
    void leave();

  private:
    struct request;
    /// Whatever it throws, it is no memory or no files that are left, or the board has gone.
    template <class Act>
    std::error_code guarded(const Act& act) noexcept {
        try {
            const int failed = act();
            return failed == 0 ? std::error_code() : from_errno(failed);
        } catch (const std::exception&) {
            return from_errno(ended() != 0 ? ended() : ENOMEM);
        }
    }
    /// While the board cannot leave.
    template <class Act>
    int entered(const Act& act) {
        if (const int gone = dma_->enter(epoch_)) return gone;
        int failed = ENOMEM;
        try {
            failed = act();
        } catch (const std::exception&) {
            failed = ended() != 0 ? ENODEV : ENOMEM;
        }
        dma_->leave();
        return failed;
    }
    [[nodiscard]] int ended() const noexcept;
    [[nodiscard]] int check(std::uint64_t offset, std::uint64_t length) const noexcept;
    /// \param cancels ends it when it changes
    [[nodiscard]] static sim_limit limit_of(std::uint32_t timeout_ms,
                                            const std::atomic<std::uint32_t>& cancels) {
        const auto now = std::chrono::steady_clock::now();
        return {now + std::chrono::milliseconds(timeout_ms), &cancels, cancels};
    }
    [[nodiscard]] static bool good_time(std::uint32_t timeout_ms) {
        return timeout_ms != 0 && timeout_ms <= longest_ms;
    }
    [[nodiscard]] bool aligned(std::uint64_t numbers) const noexcept {
        return (numbers & (facts_.alignment - 1)) == 0;
    }
    int to_or_from_user(dma_transfer& what, const sim_limit& limit);
    int with_peer(dma_peer_transfer& what, transport& peer);
    int peer_ring(dma_peer_ring& how, transport& peer, dma_ring& made);
    [[nodiscard]] int unless_gone(const sim_peer& peer, int failed) const;
    int next_stretch(request& of);
    int direct(request& of, std::uint64_t length);
    int bounced(request& of, std::uint64_t length);
    int move_mapped(std::span<std::byte> memory, std::uint64_t offset, const sim_limit& limit,
                    std::uint64_t& done);
    int in_ring(dma_transfer& what, const sim_limit& limit);
    int check_start(const dma_start& how) const;
    int begin(const dma_start& how);
    void flow(dma_start how, sim_trigger& by);
    int flow_on(const dma_start& how, sim_trigger& by);
    int next_frame(sim_trigger& by, std::uint32_t& index, std::uint64_t& time_ns,
                   std::uint32_t& lost);
    int move_frame(std::uint32_t index, std::uint64_t offset, std::uint32_t timeout_ms);
    int wait_for_news(std::uint64_t seen, std::uint32_t timeout_ms);
    void stop_flow() noexcept;
    [[nodiscard]] std::uint64_t frame_at(std::uint32_t index) const noexcept;

    const std::shared_ptr<sim_dma> dma_;
    const unsigned number_;
    const std::uint32_t epoch_;
    const dma_facts facts_;
    unique_fd event_;
    std::atomic<std::uint32_t> cancels_ = 0, stops_ = 0;
    std::mutex lock_;                      // of the ring's beginning and of what flows
    std::shared_ptr<sim_ring> ring_;       // once there it stays
    std::optional<std::uint64_t> ring_at_; // bus address
    std::uint64_t ring_step_ = 0;          // from a frame to the next one there
    std::optional<sim_peer> ring_peer_;    // whose memory it is
    std::unique_ptr<sim_trigger> trigger_;
    std::thread flow_;
    std::mutex telling_;
};

} // namespace upciedev::inline v1::detail
