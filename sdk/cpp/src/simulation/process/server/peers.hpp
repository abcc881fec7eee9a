// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/board/sim_peer.hpp"
#include "simulation/process/slot_link.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>

namespace upciedev::slot {

/// The switch of a running crate, as one slot's engine uses it: requests go to the processes of the
/// other slots, by their access sockets in one folder. Thread-safe; results are as of model_bus.
class peers {
  public:
    /// \param lets_out whether the port above lets requests to other boards pass
    peers(std::filesystem::path folder, unsigned own_slot, std::function<bool()> lets_out)
        : folder_(std::move(folder)), own_slot_(own_slot), lets_out_(std::move(lets_out)) {}
    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept;
    std::error_code write(std::uint64_t address, std::span<const std::byte> from) noexcept;
    /// Requests that no board answered.
    [[nodiscard]] std::uint64_t astray() const noexcept { return astray_; }
    /// A window of the board in that slot; its owner is the process that wants it, or 0.
    detail::sim_peer window(unsigned slot, const detail::window_leases::stretch& where);

  private:
    using link_ptr = std::shared_ptr<detail::slot_link>;
    struct request {
        std::uint64_t address, size;
        std::span<const std::byte> data; ///< to write
    };
    detail::slot_answer ask(const request& what);
    detail::slot_answer ask(unsigned slot, detail::slot_wire::call what,
                            std::span<const std::byte> body);
    [[nodiscard]] bool is_there(unsigned slot);
    link_ptr link_to(unsigned slot);
    void drop(unsigned slot, const link_ptr& dead);

    std::filesystem::path folder_;
    unsigned own_slot_;
    std::function<bool()> lets_out_;
    std::atomic<std::uint64_t> astray_ = 0;
    std::mutex lock_;
    std::map<unsigned, link_ptr> links_; // made when first needed
};

} // namespace upciedev::slot
