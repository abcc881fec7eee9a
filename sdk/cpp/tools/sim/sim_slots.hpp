// SPDX-License-Identifier: BSD-3-Clause
// The processes of a running simulated crate, one a slot.
#pragma once

#include "commands/interrupts.hpp"

#include <upciedev/crate_file.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

/// What a slot of a running crate looks like.
struct slot_state {
    unsigned slot = 0;
    std::string board, alias, title;
    int process = 0;   ///< 0: none
    std::string state; ///< "up", "stuck", "dead", "unplugged"
};

/// A crate that was brought up.
struct running_crate {
    std::string name;
    std::filesystem::path folder;
    std::filesystem::path file; ///< its crate file
    std::vector<slot_state> slots;
    /// Its processes died without being told to.
    [[nodiscard]] bool dead() const;
};

/// \throws error no_such_board: there is none of that name
running_crate find_crate(const std::string& name);
std::vector<running_crate> find_crates();

/// Start the boards of these slots and wait until all of them answer; none is left if one does not.
/// \throws error with what the process of the slot said; interrupted
void start_slots(const std::filesystem::path& folder, const std::filesystem::path& crate_file,
                 const std::vector<unsigned>& slots, const interrupts& ctrl_c);

/// End the processes of these slots, and wait until they and those who use them know it.
/// \param surprise at once, as a board that is pulled out
void stop_slots(const std::filesystem::path& folder, const std::vector<unsigned>& slots,
                bool surprise);

} // namespace cli
