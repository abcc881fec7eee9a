// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_stream.hpp"
#include "simulation/process/slot_socket.hpp"
#include "simulation/process/slot_wire.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

namespace upciedev::slot {
namespace {

using namespace detail::slot_wire;

class sender {
  public:
    sender(interrupt_source& from, int socket) : from_(from), socket_(socket) {}

    /// \returns whether to go on
    bool step() {
        std::array<pollfd, 2> both{{{socket_, POLLIN, 0}, {from_.descriptor(), POLLIN, 0}}};
        if (waiting_) { // it stays in the ring until the client has room
            both[0].events |= POLLOUT;
            both[1].fd = -1;
        }
        if (poll(both.data(), both.size(), -1) < 0) return errno == EINTR;
        if ((both[0].revents & ~POLLOUT) != 0 && !listen()) return false;
        return send();
    }

  private:
    bool listen() {
        std::vector<std::byte> packet;
        if (detail::receive_packet(socket_, packet) != 0) return false;
        reader request(packet);
        const auto head = request.take<header>();
        return request.whole() && head.magic == magic && head.what == call::unmask &&
               !from_.unmask();
    }

    bool send() {
        while (waiting_ || take()) {
            if (::send(socket_, &*waiting_, sizeof(*waiting_), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                return errno == EAGAIN || errno == EINTR;
            waiting_.reset();
        }
        return !failed_;
    }

    bool take() {
        raw_interrupt one;
        std::size_t count = 0;
        failed_ = static_cast<bool>(from_.read({&one, 1}, count));
        if (count == 1) waiting_ = one;
        return count == 1;
    }

    interrupt_source& from_;
    int socket_;
    std::optional<raw_interrupt> waiting_; // for room
    bool failed_ = false;
};

} // namespace

void stream(interrupt_source& from, int socket) {
    for (sender one(from, socket); one.step();)
        ;
}

} // namespace upciedev::slot
