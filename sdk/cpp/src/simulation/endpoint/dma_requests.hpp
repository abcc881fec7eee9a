// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/bus.hpp"
#include "simulation/endpoint/channel.hpp"

#include <condition_variable>

namespace upciedev::vfio_user {

/// DMA_READ and DMA_WRITE to the client, and who waits for its answers.
class dma_requests {
  public:
    explicit dma_requests(std::chrono::milliseconds timeout) : timeout_(timeout) {}

    void connect(std::shared_ptr<channel> to);
    void disconnect(); ///< all who wait get not_connected
    [[nodiscard]] bool connected() const;
    /// What the client takes in one message, in bytes.
    void limit(std::size_t largest) { largest_ = largest; }
    [[nodiscard]] std::size_t largest() const { return largest_; }

    /// Blocks, not for the thread that calls answered().
    [[nodiscard]] std::error_code exchange(const transfer& wanted);
    /// Nobody's answer is ignored: its waiter had enough.
    void answered(message& reply);

  private:
    struct waiter {
        std::uint16_t command = 0;
        bool done = false;
        std::error_code error;
        std::vector<std::byte> payload;
    };

    const std::chrono::milliseconds timeout_;
    std::atomic<std::size_t> largest_ = protocol::max_transfer;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<channel> channel_;
    std::map<std::uint16_t, waiter*> waiting_;
    std::uint16_t last_id_ = 0;
};

} // namespace upciedev::vfio_user
