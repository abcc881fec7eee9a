// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/capabilities.hpp>
#include <upciedev/description.hpp>
#include <upciedev/error.hpp>
#include <upciedev/extend/dma_source.hpp>
#include <upciedev/extend/interrupt_source.hpp>
#include <upciedev/health.hpp>
#include <upciedev/lease.hpp>
#include <upciedev/peer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// One register access or block; same layout as struct upciedev_op of the driver's ABI.
struct operation {
    enum class code : std::uint8_t { read, write, modify, read_block, write_block, poll };
    static constexpr std::uint8_t fixed = 1; ///< flags: block on one address, a FIFO

    code op = code::read;
    std::uint8_t bar = 0;
    std::uint8_t width = 32; ///< bits
    std::uint8_t flags = 0;
    std::uint32_t count = 1;  ///< block: accesses; poll: time-out in microseconds
    std::uint64_t offset = 0; ///< bytes into the BAR
    std::uint64_t value = 0;  ///< or the address of the block's buffer
    std::uint64_t mask = 0;
};

/// How far a list of operations came.
struct outcome {
    std::size_t done = 0;  ///< operations carried out
    std::error_code error; ///< of operation number `done`; generic_category errno, or errc
};

/// A BAR as the way to the board has it.
struct bar_facts {
    std::string name;       ///< empty where nobody named it
    std::uint64_t size = 0; ///< bytes; 0: no such BAR
    bool io_ports = false;
    bool is_64bit = false;
    bool prefetchable = false;
    bool assigned = true;
    bool write_combined = false; ///< maps may merge and reorder writes
    bool peer = false;           ///< offered to other boards' DMA
    /// What of it can be mapped, for people ("all", "read-only", "not", "partly").
    std::string mapping;
};

/// Who a board is, as far as the transport can tell.
struct board_identity {
    board_ids ids;
    std::optional<unsigned> slot; ///< physical slot number
    std::string pci_address;      ///< "0000:03:00.0"; empty in simulation
    std::string card;             ///< driver plugin, or model
    std::string driver;           ///< driver version; empty where there is none
    std::uint64_t generation = 0;
};

/// The way to one board. Thread-safe: any number of calls at once.
class UPCIEDEV_API transport {
  public:
    transport() = default;
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;
    virtual ~transport() = default;

    /// "sim", "sysfs", "chardev".
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual board_identity identity() const = 0;
    [[nodiscard]] virtual bar_facts bar(unsigned index) const = 0;
    [[nodiscard]] virtual bool writable() const noexcept = 0;

    /// Carry out the operations in order, up to the first error. Values are as the bus has them,
    /// little-endian. A batch is one system call where there is one.
    virtual outcome run(std::span<operation> operations) noexcept = 0;

    /// Memory through which [offset, offset + length) of a BAR can be reached directly, valid as
    /// long as the transport lives, or nullptr: then only run() will do. What is mapped for writing
    /// may be read too.
    virtual volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                                    bool for_writing) noexcept = 0;

    /// The board has left. Cheap: asked when a mapped register reads all ones.
    [[nodiscard]] virtual bool gone() const noexcept = 0;

    /// A word of memory that becomes non-zero once the board has left, and stays valid as long as
    /// the transport lives; nullptr where there is none. Asked after every mapped write.
    [[nodiscard]] virtual const volatile std::uint32_t* gone_flag() const noexcept {
        return nullptr;
    }

    /// What can be done this way, with this board and these rights.
    [[nodiscard]] virtual capability_set capabilities() const noexcept { return {}; }

    /// Keep all others from writing as long as the lease lives.
    /// \throws error busy (with the holder), not_permitted, not_supported
    [[nodiscard]] virtual lease claim();
    /// Reset the board; this way may then lead to one that has gone.
    /// \throws error busy, not_permitted, not_supported
    virtual void reset();
    /// Take the board out of the system, before it is unplugged. \throws error not_permitted
    virtual void remove();
    /// Who keeps this way from writing, if anybody.
    [[nodiscard]] virtual std::optional<claimant> claimed_by_other() const;
    [[nodiscard]] virtual board_health health() const;
    /// Interrupts from now on. \throws error not_supported, board_gone
    [[nodiscard]] virtual std::unique_ptr<interrupt_source>
    interrupts(const interrupt_request& what);
    /// Open a DMA channel, numbered as in the board file.
    /// \throws error not_supported, not_permitted, busy, board_gone
    [[nodiscard]] virtual std::unique_ptr<dma_source> dma(unsigned channel);
    /// By which way requests of this board reach BAR \p bar of \p peer, at this moment.
    /// \param channel of this board whose requests they are; nothing: any that writes
    /// \throws error board_gone
    [[nodiscard]] virtual peer_route route_to(transport& peer, unsigned bar,
                                              std::optional<unsigned> channel);
    /// Keep a stretch of a peer window for transfers that name the board by this very way, as long
    /// as the lease lives. \throws error busy (with the holder), not_supported, out_of_range
    [[nodiscard]] virtual lease lease_window(unsigned bar, std::uint64_t offset,
                                             std::uint64_t length);
    /// The way itself, where this one only stands in front of it, as the access trace does.
    [[nodiscard]] virtual transport& itself() noexcept { return *this; }
};

using transport_ptr = std::shared_ptr<transport>;

} // namespace v1
} // namespace upciedev
