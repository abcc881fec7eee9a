// SPDX-License-Identifier: BSD-3-Clause
// Boards are taken from their driver and given back. One thread does it.
#include "worker.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/// Nothing more to do: it has left its driver, or came back with an answer that went nowhere.
bool is_over(int error) {
    return error == 0 || error == ENODEV || error == EALREADY;
}

/// A board that stayed off would be missed by all.
int bring_back(worker& me, int held) {
    constexpr unsigned most = 100;
    int error = EAGAIN;
    for (unsigned i = 0; i < most && !is_over(error); ++i) {
        upciedev_online back{};
        back.timeout_ms = 1 + me.dice.below32(1000);
        error = me.control(command::online, held, UPCIEDEV_ONLINE, back);
    }
    return is_over(error) ? 0 : error;
}

/// Its FPGA is loaded, so to speak, while others use it. Where the answer goes is not changed, so
/// that the file is always known.
int offline(worker& me) {
    auto* file = me.board_file(O_RDWR);
    if (file == nullptr) return no_call;
    upciedev_offline request{};
    request.fd = -1;
    if (me.dice.one_in(8)) request.flags = static_cast<std::uint32_t>(me.dice.next());
    if (me.dice.one_in(16)) request.reserved[me.dice.below(2)] = me.dice.next();
    me.log.begin(command::offline, file->fd, UPCIEDEV_OFFLINE, request.flags);
    const int error = me.log.end(::ioctl(file->fd, UPCIEDEV_OFFLINE, &request) < 0 ? errno : 0);
    if (error != 0) return me.seen(*file, error);
    ::usleep(me.dice.below32(2000));
    const int held = request.fd;
    const int result = bring_back(me, held);
    ::close(held);
    return result;
}

constexpr weighted calls[] = {{unbind, 2}, {bind, 40}, {offline, 12}};

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
