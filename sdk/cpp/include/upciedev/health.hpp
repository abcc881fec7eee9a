// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// The PCI Express link of a board. A speed or width of 0 is not known.
struct link_facts {
    double speed = 0;       ///< GT/s, now
    unsigned width = 0;     ///< lanes, now
    double max_speed = 0;   ///< GT/s, what the board can
    unsigned max_width = 0; ///< lanes, what the board can
    [[nodiscard]] bool degraded() const noexcept {
        return (speed != 0 && speed < max_speed) || (width != 0 && width < max_width);
    }
};

/// Errors that the board reported since boot, by advanced error reporting (AER).
struct error_counts {
    std::uint64_t correctable = 0;
    std::uint64_t nonfatal = 0;
    std::uint64_t fatal = 0;
};

/// Who keeps all others from writing to a board.
struct claimant {
    std::int64_t process = 0; ///< 0: one that cannot be seen from here
    std::string program;      ///< its name; empty if not known
};

/// How a board does.
struct board_health {
    bool gone = false;      ///< it left its slot, was unbound or reset
    bool simulated = false; ///< no hardware: nothing about link and errors
    std::optional<link_facts> link;
    /// Nothing where board or kernel count none. Simulated: Unsupported Requests, once there are
    /// any.
    std::optional<error_counts> errors;
    std::optional<claimant> claimed;
    std::string card;   ///< driver plugin, or model
    std::string driver; ///< version; empty where there is none
    std::uint64_t generation = 0;
    std::string firmware; ///< bits of the register that `match` names for it, "0x10002"; or empty

    /// What is not as it should be, for people; empty: all is well.
    [[nodiscard]] UPCIEDEV_API std::vector<std::string> complaints() const;
};

} // namespace v1
} // namespace upciedev
