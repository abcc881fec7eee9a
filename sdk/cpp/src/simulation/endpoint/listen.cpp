// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace upciedev::vfio_user {

namespace {

[[noreturn]] void fail(int error, const std::string& path) {
    throw std::system_error(error, std::generic_category(), "socket " + path);
}

} // namespace

unique_fd listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) fail(ENAMETOOLONG, path);
    std::memcpy(address.sun_path, path.data(), path.size());
    unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail(errno, path);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail(errno, path);
    // Nobody can connect before listen().
    if (::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 1) != 0) fail(errno, path);
    return fd;
}

} // namespace upciedev::vfio_user
