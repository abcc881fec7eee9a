// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace upciedev::vfio_user {

namespace {

constexpr std::size_t control_size = CMSG_SPACE(sizeof(int) * protocol::max_fds);

/// Takes ownership of all descriptors that came, wanted or not. False: too many.
bool take_fds(msghdr& received, std::vector<unique_fd>& fds) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&received); part; part = CMSG_NXTHDR(&received, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; i++) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            fds.emplace_back(fd);
        }
    }
    return !(received.msg_flags & MSG_CTRUNC) && fds.size() <= protocol::max_fds;
}

void attach(msghdr& to, std::span<char> control, std::span<const int> fds) {
    to.msg_control = control.data();
    to.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* part = CMSG_FIRSTHDR(&to);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(part), fds.data(), fds.size_bytes());
}

/// What is left to send after `sent` bytes; descriptors go with the first.
void advance(msghdr& rest, std::size_t sent) {
    rest.msg_control = nullptr;
    rest.msg_controllen = 0;
    for (std::size_t i = 0; i < rest.msg_iovlen; i++) {
        iovec& part = rest.msg_iov[i];
        const std::size_t step = std::min(sent, part.iov_len);
        part.iov_base = static_cast<std::byte*>(part.iov_base) + step;
        part.iov_len -= step;
        sent -= step;
    }
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
    if (deadline == std::chrono::steady_clock::time_point::max()) return -1;
    const auto left = deadline - std::chrono::steady_clock::now();
    return std::max(0,
                    static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

} // namespace

channel::channel(unique_fd socket, int wake_fd, std::chrono::milliseconds patience)
    : socket_(std::move(socket)), wake_fd_(wake_fd), patience_(patience) {}

bool channel::receive(message& into) {
    into.fds.clear();
    into.payload.clear();
    if (!wait(POLLIN, clock::time_point::max())) return false;
    const auto deadline = clock::now() + patience_;
    if (!fill(std::as_writable_bytes(std::span(&into.head, 1)), into.fds, deadline)) return false;
    if (into.head.size < sizeof into.head || into.head.size > protocol::max_message) return false;
    into.payload.resize(into.head.size - sizeof into.head);
    return fill(into.payload, into.fds, deadline);
}

bool channel::send(const protocol::header& head, std::span<const std::byte> payload,
                   std::span<const int> fds) {
    protocol::header copy = head;
    std::array<iovec, 2> parts{
        {{&copy, sizeof copy},
         {const_cast<std::byte*>(payload.data()), payload.size()}}}; // only read
    alignas(cmsghdr) std::array<char, control_size> control{};
    msghdr rest{};
    rest.msg_iov = parts.data();
    rest.msg_iovlen = parts.size();
    if (!fds.empty()) attach(rest, control, fds);

    const std::lock_guard lock(sending_);
    if (broken_) return false;
    if (flush(rest, sizeof copy + payload.size())) return true;
    broken_ = true; // half a message may be out
    hang_up();
    return false;
}

void channel::hang_up() const {
    ::shutdown(socket_.get(), SHUT_RDWR);
}

/// With sending_ held.
bool channel::flush(msghdr& rest, std::size_t size) const {
    const auto deadline = clock::now() + patience_;
    while (size > 0) {
        const ssize_t sent = ::sendmsg(socket_.get(), &rest, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN || !wait(POLLOUT, deadline)) return false;
            continue;
        }
        size -= static_cast<std::size_t>(sent);
        advance(rest, static_cast<std::size_t>(sent));
    }
    return true;
}

bool channel::wait(short events, clock::time_point deadline) const {
    for (;;) {
        std::array<pollfd, 2> fds{{{socket_.get(), events, 0}, {wake_fd_, POLLIN, 0}}};
        const int ready = ::poll(fds.data(), fds.size(), milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        return ready > 0 && fds[1].revents == 0;
    }
}

bool channel::fill(std::span<std::byte> to, std::vector<unique_fd>& fds,
                   clock::time_point deadline) const {
    while (!to.empty()) {
        // First of all, for a client that trickles must not outlast the deadline.
        if (!wait(POLLIN, deadline)) return false;
        alignas(cmsghdr) std::array<char, control_size> control{};
        iovec part{to.data(), to.size()};
        msghdr into{nullptr, 0, &part, 1, control.data(), control.size(), 0};
        const ssize_t got = ::recvmsg(socket_.get(), &into, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0 || !take_fds(into, fds)) return false;
        to = to.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

} // namespace upciedev::vfio_user
