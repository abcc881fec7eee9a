// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/backplane.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace fs = std::filesystem;

namespace upciedev::slot {
namespace {

constexpr unsigned char no_line = 0xff; // wakes the listener for its end

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof(address.sun_path))
        throw std::system_error(ENAMETOOLONG, std::generic_category(), path.native());
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return address;
}

detail::unique_fd bind_to(const fs::path& path) {
    fs::remove(path);
    detail::unique_fd made(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(path);
    if (!made ||
        bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw std::system_error(errno, std::generic_category(), path.native());
    return made;
}

} // namespace

backplane::backplane(fs::path folder, unsigned slot, std::function<void(unsigned line)> received)
    : folder_(folder.empty() ? "." : std::move(folder)),
      own_(folder_ / ("slot" + std::to_string(slot) + ".lines")), received_(std::move(received)),
      socket_(bind_to(own_)), listener_([this] { listen(); }) {}

backplane::~backplane() {
    try {
        send(own_, no_line);
    } catch (const std::exception&) { // its path was good once
        shutdown(socket_.get(), SHUT_RDWR);
    }
    listener_.join();
    std::error_code ignored;
    fs::remove(own_, ignored);
}

void backplane::send(const fs::path& to, unsigned char line) const {
    const auto address = address_of(to);
    sendto(socket_.get(), &line, 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address));
}

void backplane::pulse(unsigned line) noexcept {
    try {
        for (const auto& entry : fs::directory_iterator(folder_))
            if (entry.path().extension() == ".lines" && entry.path() != own_)
                send(entry.path(), static_cast<unsigned char>(line));
    } catch (const std::exception&) { // the folder has gone: so have the others
        return;
    }
}

void backplane::listen() {
    for (;;) {
        unsigned char line = no_line;
        if (recv(socket_.get(), &line, 1, 0) < 0 && errno == EINTR) continue;
        if (line == no_line) return;
        received_(line);
    }
}

} // namespace upciedev::slot
