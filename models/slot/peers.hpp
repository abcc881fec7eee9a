// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "slot_link.hpp"

#include <map>
#include <memory>
#include <span>

namespace upciedev::slot {

/// The switch of a running crate, as one slot's engine uses it: requests go to the processes of the
/// other slots, by their access sockets in one folder. Thread-safe; results are as of model_bus.
class peers {
  public:
    peers(std::filesystem::path folder, unsigned own_slot)
        : folder_(std::move(folder)), own_slot_(own_slot) {}
    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept;
    std::error_code write(std::uint64_t address, std::span<const std::byte> from) noexcept;

  private:
    using link_ptr = std::shared_ptr<detail::slot_link>;
    struct request {
        std::uint64_t address, size;
        std::span<const std::byte> data; ///< to write
    };
    detail::slot_answer ask(const request& what);
    link_ptr link_to(unsigned slot);
    void drop(unsigned slot, const link_ptr& dead);

    std::filesystem::path folder_;
    unsigned own_slot_;
    std::mutex lock_;
    std::map<unsigned, link_ptr> links_; // made when first needed
};

} // namespace upciedev::slot
