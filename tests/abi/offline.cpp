// SPDX-License-Identifier: BSD-3-Clause
#include "offline.hpp"

namespace raw {

off_answer take_off(const file& board) {
    upciedev_offline what{};
    const int error = control(board.get(), UPCIEDEV_OFFLINE, &what);
    return {error, file{error == 0 ? what.fd : -1}};
}

int bring_back(const file& held, std::uint64_t* generation, std::uint32_t timeout_ms) {
    upciedev_online what{};
    what.timeout_ms = timeout_ms;
    const int error = control(held.get(), UPCIEDEV_ONLINE, &what);
    if (generation != nullptr) *generation = what.generation;
    return error;
}

int open_error(const board& which) {
    const file node{::open(which.node.c_str(), O_RDWR | O_CLOEXEC)};
    return node.get() < 0 ? errno : 0;
}

} // namespace raw
