// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/protocol.hpp"

#include "base/unique_fd.hpp"

#include <atomic>
#include <chrono>
#include <mutex>

struct msghdr;

namespace upciedev::vfio_user {

using detail::unique_fd;

struct message {
    protocol::header head{};
    std::vector<std::byte> payload;
    std::vector<unique_fd> fds;
};

/// Whole messages over a connected socket. No wait outlasts `patience`, but that for the next
/// message to begin; all end when `wake_fd` (borrowed) becomes readable.
class channel {
  public:
    channel(unique_fd socket, int wake_fd, std::chrono::milliseconds patience);

    /// For one thread. False: the client has gone or broken the rules of framing, or we shall stop.
    [[nodiscard]] bool receive(message& into);
    /// For any thread; `fds` (max_fds at most) are lent. False: the connection is of no use any
    /// more.
    [[nodiscard]] bool send(const protocol::header& head, std::span<const std::byte> payload,
                            std::span<const int> fds = {});
    /// Ends the connection, and whoever waits in it; for any thread.
    void hang_up() const;

  private:
    using clock = std::chrono::steady_clock;

    bool wait(short events, clock::time_point deadline) const;
    bool fill(std::span<std::byte> to, std::vector<unique_fd>& fds,
              clock::time_point deadline) const;
    bool flush(msghdr& rest, std::size_t size) const;

    unique_fd socket_;
    int wake_fd_;
    std::chrono::milliseconds patience_;
    std::mutex sending_;
    bool broken_ = false; // guarded by sending_
};

} // namespace upciedev::vfio_user
