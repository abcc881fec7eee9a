// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"
#include "simulation/endpoint/device.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace upciedev::vfio_user {

using detail::unique_fd;

struct options {
    /// A message that the client has begun must be whole, and one for it taken, within this time;
    /// else the connection is closed.
    std::chrono::milliseconds message_timeout{2000};
    /// The longest wait for the client's answer to one DMA message (at most 64 KiB).
    std::chrono::milliseconds dma_timeout{2000};
    /// One line for each client that comes or goes and each message refused; from any thread.
    std::function<void(std::string_view)> log;
};

/// Counts since the server was made.
struct statistics {
    std::uint64_t clients = 0;
    std::uint64_t messages = 0;
    std::uint64_t refused = 0; ///< messages answered with an error
    std::uint64_t reads = 0;   ///< of BARs, trapped
    std::uint64_t writes = 0;
    std::uint64_t interrupts = 0;       ///< delivered to the client
    std::uint64_t resets = 0;           ///< function level resets and DEVICE_RESET
    std::uint64_t dma_direct_bytes = 0; ///< copied from and to the client's memory
    std::uint64_t dma_message_bytes = 0;
    std::uint64_t dma_maps = 0; ///< present now
};

/// A socket that listens at `path`, for the owner only. Throws std::system_error, also if something
/// is there already: remove what a dead server has left.
[[nodiscard]] unique_fd listen_at(const std::string& path);

/// Serves one endpoint to one vfio-user client at a time, from a thread of its own. When a client
/// goes, the endpoint is reset and the next may come. All functions but start and stop may be
/// called from any thread but for what they say.
class server {
  public:
    /// `endpoint` is borrowed. Throws std::invalid_argument for impossible facts.
    server(device_facts facts, device& endpoint, options settings = {});
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server(); ///< stops

    /// Starts to accept clients. Once only.
    void start(unique_fd listening);
    /// Serves a client that is connected already, and no other. Once only.
    void start_connected(unique_fd connected);
    /// Ends the connection and the thread; returns when the last callback has. DMA in flight ends
    /// with not_connected. Not for the device's callbacks (throws std::logic_error). May be
    /// repeated.
    void stop();

    /// Raises an interrupt. The host may have granted fewer MSI vectors than the endpoint has: then
    /// they are folded, as the vector's high bits are lost on the bus. False: nobody listens (no
    /// client, interrupts off, MSI-X vector unused, no Bus Master).
    bool interrupt(unsigned vector);

    /// Reads or writes `size` bytes at a bus address, as the endpoint's engine does: in the
    /// client's memory, or by messages where it has shown none (a peer's BAR, an address that the
    /// IOMMU refuses). Stops at the first error; what came before is done. Errors:
    ///   operation_not_permitted         Bus Master is off
    ///   permission_denied               the client has mapped it for the other direction only
    ///   not_connected, timed_out        no client, or none that answers
    ///   resource_deadlock_would_occur   called from a device callback, which the client waits for
    /// or what the client says (no_such_device where nothing is).
    [[nodiscard]] std::error_code dma_read(std::uint64_t bus, std::span<std::byte> to);
    [[nodiscard]] std::error_code dma_write(std::uint64_t bus, std::span<const std::byte> from);

    [[nodiscard]] bool bus_master() const; ///< Bus Master Enable, as the host has set it
    [[nodiscard]] bool connected() const;
    [[nodiscard]] statistics counts() const;

  private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace upciedev::vfio_user
