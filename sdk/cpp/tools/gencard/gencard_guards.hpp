// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <functional>
#include <string>

namespace gencard {

/// The entries of the card's table of guards. \param bar_name of a BAR, in C
std::string guard_rows(const upciedev::board_description& board,
                       const std::function<std::string(unsigned)>& bar_name);

} // namespace gencard
