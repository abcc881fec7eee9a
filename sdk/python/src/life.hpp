// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "handles.hpp"

namespace upciedev::python {

/// claim(), reset(), remove(), reopen() and health() of a board.
void bind_life(pybind11::class_<board_handle>& type);

} // namespace upciedev::python
