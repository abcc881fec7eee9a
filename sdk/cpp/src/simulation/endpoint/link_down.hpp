// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/channel.hpp"

#include <mutex>

namespace upciedev::vfio_user {

/// What a client finds where the link to an endpoint is down: reads are all ones, writes are lost.
/// Thread-safe.
class link_down {
  public:
    /// Takes note of memory that the client is given to map, from the answer about a region.
    void note(const message& region_answer);
    /// The memory that the client has mapped reads all ones too, as long as nobody writes to it.
    void blank() const;
    /// The answer to a request of which `front` bytes of payload suffice.
    [[nodiscard]] static message answer(const message& request);
    static constexpr std::size_t front = sizeof(protocol::dma_map_request);

  private:
    struct window {
        unique_fd file;
        std::uint64_t offset = 0, size = 0;
    };
    mutable std::mutex lock_;
    std::vector<window> windows_;
};

} // namespace upciedev::vfio_user
