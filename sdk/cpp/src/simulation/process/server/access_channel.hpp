// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_peer.hpp"
#include "simulation/process/slot_wire.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace upciedev::slot {

/// The dialogue with one client over an open DMA channel.
class access_channel {
  public:
    using reader = detail::slot_wire::reader;
    using writer = detail::slot_wire::writer;

    /// \param may_write whether the client may have the board work at this moment
    /// \param far the board of another slot, as the client may use it
    access_channel(std::unique_ptr<dma_source> source, std::function<bool()> may_write,
                   std::function<detail::far_board(unsigned slot)> far);
    ~access_channel();
    access_channel(const access_channel&) = delete;
    access_channel& operator=(const access_channel&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return source_->descriptor(); }
    [[nodiscard]] detail::slot_wire::channel_answer facts() const;
    /// \param file goes with the answer
    /// \returns errno, or -1: this is no call of ours
    int carry_out(detail::slot_wire::call what, reader& body, writer& to, int& file);

  private:
    int make_ring(reader& body, int& file);
    int transfer(reader& body);
    int peer_transfer(reader& body);
    int peer_ring(reader& body, int& file);
    int begin(std::function<std::error_code()> act);
    int result(reader& body, writer& to);
    int start(reader& body);
    int exchange(reader& body);
    void work(const std::function<std::error_code()>& act);

    std::unique_ptr<dma_source> source_;
    std::function<bool()> may_write_;
    std::function<detail::far_board(unsigned slot)> far_;
    std::mutex lock_; // of what follows
    std::condition_variable ended_;
    bool at_work_ = false, asked_ = false;
    dma_transfer now_;
    dma_peer_transfer with_peer_;
    int failed_ = 0;
    std::vector<std::byte> data_; // with room to have the place that the engine wants
    std::span<std::byte> part_;
    std::thread worker_;
};

} // namespace upciedev::slot
