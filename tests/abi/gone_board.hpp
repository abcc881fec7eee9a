// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "harness.hpp"

namespace raw {

// Every command and call on the file of a board that has left fails with ENODEV.
void expect_gone(int fd);

} // namespace raw
