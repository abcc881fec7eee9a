// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/board_file.hpp>
#include <upciedev/extend/transport.hpp>

#include <functional>

namespace upciedev::inline v1::detail {

/// The board file of a board, or nullptr; and why it is this one, or why there is none.
struct chosen_file {
    board_description_ptr file;
    std::string reason;
};

/// Gives the way to a board whose registers must be read. Called only if they must. May be empty
/// where a board cannot be opened, and may throw.
using way_opener = std::function<transport_ptr()>;

/// The file whose `match` fits best.
/// \throws error bad_board_file (also where several fit equally well), board_gone, not_permitted
chosen_file find_file(board_library& library, const board_ids& ids, const way_opener& open);

/// A file that somebody named: it is for this board if it has no `match` or one that fits.
/// Registers that cannot be read are taken as right. \throws error board_gone
chosen_file check_named_file(board_description_ptr file, const board_ids& ids,
                             const way_opener& open);

} // namespace upciedev::inline v1::detail
