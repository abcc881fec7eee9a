// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "handles.hpp"

namespace upciedev::python {

using region_handle = handle<region>;

/// Region, PeerRoute, CopyResult, copy() and Board.route_to().
void bind_peer(pybind11::module_& core, pybind11::class_<board_handle>& board_type);

} // namespace upciedev::python
