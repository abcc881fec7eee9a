// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace upciedev::vfio_user {

/// Bytes of a BAR that the client may map; both numbers are multiples of 4096.
struct stretch {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct bar_facts {
    std::uint64_t size = 0; ///< bytes, a power of two from 16; 0: no such BAR
    bool is_64bit = false;  ///< takes the next BAR's place too
    bool prefetchable = false;
    /// Memory behind the BAR (a memfd; BAR offset = file offset), borrowed for the server's life;
    /// -1: every access is trapped.
    int memory_fd = -1;
    /// With memory_fd: what may be mapped, the rest is trapped. Empty: all of it.
    std::vector<stretch> mappable;
};

/// Where an MSI-X board keeps its tables: in a BAR without memory. The server answers accesses to
/// them, the device never sees these.
struct msix_facts {
    unsigned vectors = 0; ///< 1..2048
    unsigned bar = 0;
    std::uint32_t table_offset = 0;   ///< multiple of 8; 16 bytes a vector
    std::uint32_t pending_offset = 0; ///< multiple of 8; a bit a vector, in words of 64
};

/// What the host finds when it looks at the endpoint.
struct device_facts {
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint16_t subvendor = 0;
    std::uint16_t subdevice = 0;
    std::uint32_t class_code = 0x118000; ///< 24 bits: class, subclass, programming interface
    std::uint8_t revision = 0;
    std::array<bar_facts, 6> bars;
    unsigned msi_vectors = 0; ///< 0 (no MSI), 1, 2, 4, 8, 16 or 32
    std::optional<msix_facts> msix;
    std::uint64_t serial = 0; ///< device serial number; 0: the board has none
};

/// Throws std::invalid_argument, whose text names the fact, if no endpoint can be like that.
void check(const device_facts& facts);

/// What the endpoint does. All functions are called from the server's protocol thread, one at a
/// time, while the client's processor stands still: return within microseconds, never wait for DMA.
/// An exception makes the access fail at the client.
class device {
  public:
    device() = default;
    device(const device&) = delete;
    device& operator=(const device&) = delete;
    virtual ~device() = default;

    /// One access of 1, 2, 4 or 8 naturally aligned bytes within the BAR, in bus (little-endian)
    /// order. Reaches memory as well, where the client has not mapped it.
    virtual void read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) = 0;
    virtual void write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) = 0;

    /// Function level reset, reset of the bus, or the client went away. Bus Master is off by now.
    virtual void reset() = 0;
};

} // namespace upciedev::vfio_user
