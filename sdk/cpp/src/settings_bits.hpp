// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "reg_effects.hpp"

#include <upciedev/settings.hpp>

namespace upciedev::inline v1::detail {

/// The bits of a register that can be read and written back without effects.
struct settable {
    std::uint64_t mask = 0;
    std::string reason; ///< why there are none
};
settable settable_bits(const register_description& what);

/// Why that field of a register is not settable; empty where it is.
std::string why_not_settable(const register_description& reg, const field_description& part);

/// "1b36:00a8"
std::string ids_text(const board_ids& ids);

/// What a settings file says, which must be for \p board.
/// \throws error bad_board_file with its place
std::vector<register_setting> read_settings(std::string_view text, const std::string& name,
                                            const board& board);

} // namespace upciedev::inline v1::detail
