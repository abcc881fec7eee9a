// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_socket.hpp"
#include "simulation/process/slot_wire.hpp"

#include <upciedev/error.hpp>

#include <cerrno>
#include <sys/socket.h>

namespace upciedev::inline v1::detail {
namespace {

/// Room for one file beside a packet.
struct file_room {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

int from_socket(int number) noexcept {
    if (number == EAGAIN || number == EWOULDBLOCK) return ETIME;
    return number == EPIPE || number == ECONNRESET || number == ENOTCONN ? ENODEV : number;
}

void attach(msghdr& message, file_room& room, int file) noexcept {
    message.msg_control = room.bytes.data();
    message.msg_controllen = room.bytes.size();
    auto* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(control), &file, sizeof(int));
}

unique_fd file_in(msghdr& message) noexcept {
    const auto* control = CMSG_FIRSTHDR(&message);
    if (control == nullptr || control->cmsg_type != SCM_RIGHTS) return {};
    int file = -1;
    std::memcpy(&file, CMSG_DATA(control), sizeof(int));
    return unique_fd(file);
}

timeval time_of(int milliseconds) noexcept {
    return {milliseconds / 1000, static_cast<suseconds_t>(milliseconds % 1000) * 1000};
}

} // namespace

sockaddr_un socket_address(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof(address.sun_path))
        throw error(errc::out_of_range, path.native(), "is too long for the name of a socket",
                    "give the crate a shorter name, or name a folder in $UPCIEDEV_RUN");
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return address;
}

int send_packet(int socket, std::span<const std::byte> packet, int file) noexcept {
    // sendmsg() only reads what it is given.
    iovec data{const_cast<std::byte*>(packet.data()), packet.size()}; // NOLINT
    file_room room;
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (file >= 0) attach(message, room, file);
    while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
        if (errno != EINTR) return from_socket(errno);
    return 0;
}

int receive_packet(int socket, std::vector<std::byte>& packet, unique_fd* file) {
    packet.resize(slot_wire::most_bytes);
    iovec data{packet.data(), packet.size()};
    file_room room;
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (file != nullptr) {
        message.msg_control = room.bytes.data();
        message.msg_controllen = room.bytes.size();
    }
    const auto size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (size < 0) return from_socket(errno);
    if (file != nullptr) *file = file_in(message);
    packet.resize(static_cast<std::size_t>(size));
    if (size == 0) return ENODEV; // nobody sends empty ones
    return (message.msg_flags & MSG_TRUNC) != 0 ? EMSGSIZE : 0;
}

std::int32_t process_behind(int socket) noexcept {
    ucred who{};
    socklen_t size = sizeof(who);
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

void set_socket_times(int socket, int send_ms, int receive_ms) noexcept {
    const auto send = time_of(send_ms), receive = time_of(receive_ms);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &send, sizeof(send));
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
}

} // namespace upciedev::inline v1::detail
