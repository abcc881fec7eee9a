// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_OFFLINE and UPCIEDEV_ONLINE.
#pragma once

#include "harness.hpp"

namespace raw {

struct off_answer {
    int error;
    file held; // of UPCIEDEV_OFFLINE
};

off_answer take_off(const file& board);

constexpr std::uint32_t long_enough_ms = 60'000;
int bring_back(const file& held, std::uint64_t* generation = nullptr,
               std::uint32_t timeout_ms = long_enough_ms);

// Of a file that cannot be opened: errno; else 0.
int open_error(const board& which);

} // namespace raw
