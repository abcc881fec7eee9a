// SPDX-License-Identifier: BSD-3-Clause
// upciedev-vfio-link SOCKET BOARD: serves vfio-user at SOCKET by asking who serves it at the socket
// BOARD. When that process dies, the board's link goes down. Who connects anew finds the process
// that serves BOARD then.
#include "simulation/endpoint/link.hpp"

#include "simulation/endpoint/server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

using upciedev::vfio_user::unique_fd;

void say(std::string_view line) {
    std::cerr << std::string(line) + "\n";
}

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

unique_fd next_client(const unique_fd& listening) {
    pollfd wanted{listening.get(), POLLIN, 0};
    while (::poll(&wanted, 1, -1) < 0)
        if (errno != EINTR) fail("poll");
    return unique_fd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

unique_fd connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    errno = ENAMETOOLONG;
    if (path.size() >= sizeof address.sun_path) fail(path);
    path.copy(address.sun_path, path.size());
    unique_fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!made) fail("socket");
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail(path);
    return made;
}

void pass_on(unique_fd client, const std::string& board) try {
    say("a client has come");
    upciedev::vfio_user::link(std::move(client), connect_to(board), say).run();
    say("the client has gone");
} catch (const std::system_error& problem) {
    say(std::string("no board to be had: ") + problem.what());
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "usage: upciedev-vfio-link SOCKET BOARD\n";
        return 2;
    }
    (void)std::remove(argv[1]); // of one that died
    const auto listening = upciedev::vfio_user::listen_at(argv[1]);
    say("serving " + std::string(argv[1]));
    for (;;)
        if (auto client = next_client(listening)) pass_on(std::move(client), argv[2]);
} catch (const std::exception& problem) {
    std::cerr << "upciedev-vfio-link: " << problem.what() << '\n';
    return 1;
}
