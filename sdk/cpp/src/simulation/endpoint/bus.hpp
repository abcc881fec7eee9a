// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/protocol.hpp"

#include "base/unique_fd.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace upciedev::vfio_user {

using detail::unique_fd;

/// A transfer between a bus address and our memory, or what is left of one.
struct transfer {
    std::uint64_t address;
    std::byte* data; // only read if to_bus
    std::size_t size;
    bool to_bus;
};

/// What the endpoint can reach as bus master: the client's memory, shown by DMA_MAP. One lock for a
/// copy of up to 64 KiB and for a change, so that after the answer to DMA_UNMAP, or after Bus
/// Master went off, nothing lands any more.
class bus {
  public:
    /// Errno, or 0.
    [[nodiscard]] int map(const protocol::dma_map_request& request, unique_fd file);
    [[nodiscard]] int unmap(const protocol::dma_unmap_request& request);
    void clear();

    void set_master(bool on);
    [[nodiscard]] bool master() const { return master_; }
    [[nodiscard]] std::size_t size() const;

    struct step {
        std::size_t size = 0;    // how much of the transfer this is about
        bool by_message = false; // not done: the client has to do it
        std::error_code error;
    };
    /// Does the first part of the transfer.
    step advance(const transfer& wanted);

  private:
    /// The same file comes once a map, with a virtual IOMMU once a page: keep one descriptor of
    /// each.
    struct file_key {
        dev_t device;
        ino_t inode;
        int access;
        auto operator<=>(const file_key&) const = default; // NOLINT(modernize-use-nullptr)
    };
    using shared_file = std::shared_ptr<const unique_fd>;
    struct area {
        std::uint64_t size;
        std::uint32_t flags;
        std::uint64_t offset;
        shared_file file; // none: by messages only
    };
    using areas = std::map<std::uint64_t, area>;

    /// Against starvation by an engine that copies without pause: who waits here goes next.
    std::unique_lock<std::mutex> lock_for_copy();
    bool overlaps(std::uint64_t address, std::uint64_t last) const;
    std::pair<int, shared_file> share(unique_fd file, std::uint64_t end);
    static step advance_in(const transfer& wanted, std::uint64_t start, const area& found);

    std::mutex turn_;
    mutable std::mutex mutex_;
    std::atomic<bool> master_ = false;
    areas areas_;
    std::map<file_key, std::weak_ptr<const unique_fd>> files_;
};

} // namespace upciedev::vfio_user
