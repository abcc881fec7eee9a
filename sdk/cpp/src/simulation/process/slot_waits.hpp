// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/slot_link.hpp"

#include <filesystem>

namespace upciedev::inline v1::detail {

/// Connections to a slot for waits, one for each that goes on: so the slot may keep a wait for
/// long, and the transport's own connection is free for others. Thread-safe.
class slot_waits {
  public:
    slot_waits(std::filesystem::path socket, unsigned slot)
        : socket_(std::move(socket)), slot_(slot) {}

    /// \returns nullptr: there are no more to be had
    [[nodiscard]] std::unique_ptr<slot_link> take() noexcept;
    /// For the next wait. One whose wait was given up is not returned.
    void give(std::unique_ptr<slot_link> link);

  private:
    std::filesystem::path socket_;
    unsigned slot_;
    std::mutex lock_;
    std::vector<std::unique_ptr<slot_link>> idle_;
};

} // namespace upciedev::inline v1::detail
