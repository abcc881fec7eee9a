// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "description/reg_effects.hpp"

#include <upciedev/settings.hpp>

namespace upciedev::inline v1::detail {

/// The bits of a register that can be read and written back without effects.
struct settable {
    std::uint64_t mask = 0;
    std::string reason; ///< why there are none
};
/// Enable bits of interrupts count as well.
settable settable_bits(const register_description& what);

/// Why that field of a register is not settable; empty where it is, and for enable bits.
std::string why_not_settable(const register_description& reg, const field_description& part);

/// Those of the settable bits that belong to the driver: enable bits, and where no other field
/// can be set, whatever else the register has.
std::uint64_t bits_of_driver(const board_description& board, const register_location& where);
/// What \p bits of the driver are in a list of what is left out.
void add_bits_of_driver(std::vector<setting_left_out>& list, const board_description& board,
                        const register_location& where, std::uint64_t bits);

/// A settings file: what restore() writes, and what it leaves out.
struct settings_text {
    std::vector<register_setting> registers;
    std::vector<setting_left_out> left_out;
};

/// What a settings file says, which must be for \p board.
/// \throws error bad_board_file with its place
settings_text read_settings(std::string_view text, const std::string& name, const board& board);

} // namespace upciedev::inline v1::detail
