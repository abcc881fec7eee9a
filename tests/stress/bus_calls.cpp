// SPDX-License-Identifier: BSD-3-Clause
// Boards are taken from their driver and given back. One thread does it.
#include "worker.hpp"

#include <cerrno>

namespace stress {

namespace of_bus {

std::vector<unsigned>& unbound() {
    static std::vector<unsigned> boards;
    return boards;
}

int give_back(crate_state& crate, unsigned index) {
    const auto& board = crate.boards[index];
    return write_file("/sys/bus/pci/drivers/" + board.driver + "/bind", board.address);
}

int bind(worker& me) {
    if (unbound().empty()) return no_call;
    const auto index = unbound().back();
    me.log.begin(command::bind, -1, index, 0);
    const int error = me.log.end(give_back(me.crate, index));
    if (error == 0) unbound().pop_back();
    return error;
}

int unbind(worker& me) {
    constexpr std::size_t most_unbound = 2;
    if (unbound().size() >= most_unbound) return bind(me);
    const auto index = me.dice.below32(static_cast<std::uint32_t>(me.crate.boards.size()));
    for (const auto other : unbound())
        if (other == index) return no_call;
    const auto& board = me.crate.boards[index];
    me.log.begin(command::unbind, -1, index, 0);
    const int error =
        me.log.end(write_file("/sys/bus/pci/drivers/" + board.driver + "/unbind", board.address));
    if (error == 0) unbound().push_back(index);
    return error;
}

constexpr weighted calls[] = {{unbind, 2}, {bind, 40}};

} // namespace of_bus

std::span<const weighted> bus_calls() {
    return of_bus::calls;
}

int bind_all(crate_state& crate) {
    int error = 0;
    for (; !of_bus::unbound().empty(); of_bus::unbound().pop_back())
        if (const int failed = of_bus::give_back(crate, of_bus::unbound().back())) error = failed;
    return error;
}

} // namespace stress
