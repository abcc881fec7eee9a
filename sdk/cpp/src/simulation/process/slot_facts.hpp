// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/slot_link.hpp"

#include <filesystem>

namespace upciedev::inline v1::detail {

/// What the process of a slot says of its board.
struct slot_facts {
    slot_wire::hello_answer hello;
    std::int32_t process = 0;
    std::string file, board, title, alias, crate, crate_title;
};

/// From the greeting of a connection.
slot_facts facts_of(const slot_link& link);
/// \throws error no_such_board (nothing is plugged in), io_error (it does not answer), abi_mismatch
slot_facts ask_slot(const std::filesystem::path& folder, unsigned slot);

} // namespace upciedev::inline v1::detail
