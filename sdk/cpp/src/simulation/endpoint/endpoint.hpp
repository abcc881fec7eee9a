// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/bus.hpp"
#include "simulation/endpoint/config_space.hpp"
#include "simulation/endpoint/interrupts.hpp"

#include "simulation/endpoint/server.hpp"

namespace upciedev::vfio_user {

struct counters {
    std::atomic<std::uint64_t> clients, messages, refused, reads, writes, interrupts, resets,
        dma_direct_bytes, dma_message_bytes;
};

/// The endpoint's state between messages. But for `irqs`, `reach` and `count` it belongs to the
/// protocol thread.
class endpoint {
  public:
    endpoint(device_facts wanted, device& behaviour);

    /// Errno, or 0.
    [[nodiscard]] int read(const protocol::region_access& access, std::span<std::byte> to);
    [[nodiscard]] int write(const protocol::region_access& access, std::span<const std::byte> from);
    [[nodiscard]] std::uint64_t region_size(std::uint32_t region) const;
    void reset();
    /// Forgets all that a client has set.
    void disconnect();

    const device_facts facts;
    interrupts irqs;
    bus reach;
    counters count{};

  private:
    int check_access(const protocol::region_access& access) const;
    std::byte* table_at(const protocol::region_access& access);
    void write_config(std::uint64_t offset, std::span<const std::byte> from);

    device& behaviour_;
    config_space config_;
    std::vector<std::byte> msix_table_;
    std::vector<std::byte> msix_pending_;
};

} // namespace upciedev::vfio_user
