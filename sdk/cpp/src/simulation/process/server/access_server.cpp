// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_server.hpp"
#include "simulation/process/crate_folder.hpp"
#include "simulation/process/slot_socket.hpp"

#include <array>
#include <cerrno>
#include <iostream>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

constexpr std::size_t most_clients = 256;

/// Whatever is there was left by a process that died: `upciedev sim` starts one a slot.
detail::unique_fd listen_at(const std::filesystem::path& path) {
    std::filesystem::remove(path);
    const auto address = detail::socket_address(path);
    detail::unique_fd made(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    // Nobody can connect before listen().
    if (!made ||
        bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        chmod(path.c_str(), 0600) != 0 || ::listen(made.get(), 64) != 0)
        throw std::system_error(errno, std::generic_category(), path.native());
    return made;
}

bool is_of_this_user(int socket) {
    ucred who{};
    socklen_t size = sizeof(who);
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

detail::unique_fd make_event() {
    detail::unique_fd made(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!made) throw std::system_error(errno, std::generic_category(), "eventfd");
    return made;
}

void refuse(int socket) {
    writer packet(header{.what = call::hello, .number = 1, .error = EUSERS});
    detail::set_socket_times(socket, 1, 1);
    detail::send_packet(socket, packet.bytes());
}

} // namespace

access_server::access_server(sim_board& board, access_facts facts, std::filesystem::path socket)
    : shared_(board, std::move(facts)), path_(std::move(socket)), socket_(listen_at(path_)),
      failure_(make_event()) {
    board.on_failure([event = failure_.get()] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(event, &one, sizeof one);
    });
    listener_ = std::thread([this] { listen(); });
}

access_server::~access_server() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    ending_ = true;
    shutdown(socket_.get(), SHUT_RDWR);
    listener_.join();
    {
        const std::lock_guard hold(lock_);
        for (auto& each : clients_)
            shutdown(each.socket.get(), SHUT_RDWR);
    }
    for (auto& each : clients_)
        each.thread.join();
    shared_.board.on_failure({});
}

/// A failure comes first: who connects after it is to have the next generation.
void access_server::listen() {
    std::array<pollfd, 2> both{{{failure_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
    while (!ending_) {
        if (poll(both.data(), both.size(), -1) < 0) continue;
        if (ending_) return;
        if (both[0].revents != 0)
            renew();
        else
            accept_one();
    }
}

void access_server::accept_one() {
    detail::unique_fd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int failed = socket ? 0 : errno;
    bury();
    if (socket)
        admit(std::move(socket));
    else if (failed == EMFILE || failed == ENFILE || failed == ENOMEM)
        std::this_thread::sleep_for(std::chrono::milliseconds(50)); // until others have left
}

/// The board has gone for all who had it, so that none of them waits in it for long.
void access_server::renew() {
    std::uint64_t failures = 0;
    [[maybe_unused]] const auto cleared = read(failure_.get(), &failures, sizeof failures);
    {
        const std::lock_guard hold(lock_);
        for (auto& each : clients_) // what they asked for is still answered
            if (!each.is_channel) shutdown(each.socket.get(), SHUT_RD);
        std::erase_if(clients_, [](client& each) {
            if (each.is_channel && !each.done) return false;
            each.thread.join();
            return true;
        });
    }
    detail::wait_for_users(path_.parent_path(), shared_.facts.slot);
    try {
        shared_.board.begin_again();
    } catch (const error& failed) { // it stays gone
        std::cerr << std::string(failed.what()) + "\n";
        return;
    }
    shared_.facts.renewed(shared_.generation());
}

void access_server::admit(detail::unique_fd socket) try {
    const std::lock_guard hold(lock_);
    if (!is_of_this_user(socket.get())) return;
    if (clients_.size() >= most_clients) return refuse(socket.get());
    auto& one = clients_.emplace_back();
    one.socket = std::move(socket);
    try {
        one.thread = std::thread([this, &one] { serve(one); });
    } catch (const std::exception&) { // no more threads: as if there were too many
        refuse(one.socket.get());
        clients_.pop_back();
    }
} catch (const std::exception&) { // out of memory: the client sees that it is cut off
    return;
}

void access_server::serve(client& one) {
    try {
        access_session(shared_, one.socket.get(), one.is_channel).serve();
    } catch (const std::exception&) { // out of memory: as if it had said nonsense
        shutdown(one.socket.get(), SHUT_RDWR);
    }
    shutdown(one.socket.get(), SHUT_RDWR);
    one.done = true;
}

void access_server::bury() {
    const std::lock_guard hold(lock_);
    std::erase_if(clients_, [](client& each) {
        if (!each.done) return false;
        each.thread.join();
        return true;
    });
}

} // namespace upciedev::slot
