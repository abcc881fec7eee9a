// SPDX-License-Identifier: BSD-3-Clause
// Where a board's configuration space says that its MSI-X table and pending bits are.
#pragma once

#include "harness.hpp"

namespace raw {

struct window {
    unsigned bar;
    std::uint64_t offset, length;
};

// Table and pending bits; throws when the board has no MSI-X capability.
std::vector<window> msix_windows(const board& which);

} // namespace raw
