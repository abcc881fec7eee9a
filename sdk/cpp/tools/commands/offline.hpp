// SPDX-License-Identifier: BSD-3-Clause
// A board of the driver that is off for a while, so that its FPGA can be loaded.
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace cli {

/// Takes the board off when it is made. It stays off when this ends, unless bring_back() succeeded.
class offline_board {
  public:
    enum class answer {
        back,
        silent,  ///< it does not answer yet
        left,    ///< its driver has left it, as where the hot-plug of its slot removed it
        changed, ///< it cannot come back as it was: the kernel has to find it anew
    };

    /// \throws upciedev::error busy (claimed by another program), not_permitted, not_supported (an
    /// older driver)
    explicit offline_board(const std::string& pci_address);

    /// Waits for its answer for a while, as often as it is called.
    /// \throws upciedev::error io_error: what the driver says
    [[nodiscard]] answer bring_back() const;

  private:
    std::string address_;
    upciedev::detail::unique_fd held_;
};

/// Looks from its making on how long the link to a board is down, or the board not there at all.
class link_watch {
  public:
    explicit link_watch(const std::string& pci_address);
    link_watch(const link_watch&) = delete;
    link_watch& operator=(const link_watch&) = delete;
    ~link_watch() = default;

    /// Ends the looking. \returns the time for which it was down
    std::chrono::nanoseconds end();

  private:
    void look(const std::stop_token& stop);

    std::string folder_; ///< of the board, in sysfs
    std::string port_;   ///< of the port above, or empty
    std::chrono::nanoseconds down_{};
    std::jthread thread_;
};

/// Where the driver has a board now that was at \p pci_address in \p slot; empty: nowhere.
/// \param slot of the driver: "4", or "none"
std::string address_now(const std::string& pci_address, const std::string& slot);
/// The slot of a board as the driver names it.
std::string driver_slot(const std::string& pci_address);

} // namespace cli
