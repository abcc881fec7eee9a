// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/session.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <thread>

namespace upciedev::vfio_user {

class server::implementation {
  public:
    implementation(device_facts facts, device& behaviour, options settings);

    void start(unique_fd socket, bool listens);
    void stop();
    std::error_code dma(transfer rest);
    bool in_protocol_thread() const { return std::this_thread::get_id() == thread_id_; }

    endpoint state;
    dma_requests requests;

  private:
    void accept_clients(const unique_fd& listening);
    void serve(unique_fd connected);
    bool wait_for(int fd, int milliseconds) const;
    void log(std::string_view line) const;

    const options settings_;
    unique_fd wake_; // readable from stop() on
    std::atomic<std::thread::id> thread_id_{};
    std::mutex stopping_;
    std::thread thread_;
    bool started_ = false;
};

server::implementation::implementation(device_facts facts, device& behaviour, options settings)
    : state(std::move(facts), behaviour), requests(settings.dma_timeout),
      settings_(std::move(settings)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void server::implementation::log(std::string_view line) const {
    if (settings_.log) settings_.log(line);
}

void server::implementation::start(unique_fd socket, bool listens) {
    const std::lock_guard lock(stopping_);
    if (std::exchange(started_, true)) throw std::logic_error("vfio-user server: started twice");
    thread_ = std::thread([this, listens, socket = std::move(socket)]() mutable {
        thread_id_ = std::this_thread::get_id();
        if (listens)
            accept_clients(socket);
        else
            serve(std::move(socket));
    });
}

void server::implementation::stop() {
    if (in_protocol_thread())
        throw std::logic_error("vfio-user server: a device callback cannot stop its server");
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one); // can only fail if it is readable already
    const std::lock_guard lock(stopping_);
    started_ = true;
    if (thread_.joinable()) thread_.join();
    thread_id_ = std::thread::id();
}

/// True: we shall stop. Else `fd` is readable or the time is up.
bool server::implementation::wait_for(int fd, int milliseconds) const {
    std::array<pollfd, 2> fds{{{wake_.get(), POLLIN, 0}, {fd, POLLIN, 0}}};
    while (::poll(fds.data(), fds.size(), milliseconds) < 0 && errno == EINTR) {
    }
    return fds[0].revents != 0;
}

void server::implementation::accept_clients(const unique_fd& listening) {
    while (!wait_for(listening.get(), -1)) {
        unique_fd client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client)
            serve(std::move(client));
        else if (errno == EINVAL || errno == EBADF || errno == ENOTSOCK)
            return log("no such socket");
        else if (wait_for(-1, 50))
            return; // out of descriptors, or the client has gone again
    }
}

void server::implementation::serve(unique_fd connected) {
    const auto link =
        std::make_shared<channel>(std::move(connected), wake_.get(), settings_.message_timeout);
    state.count.clients++;
    log("a client has come");
    requests.connect(link);
    session(state, *link, requests, settings_.log).run();
    requests.disconnect();
    state.disconnect();
    log("the client has gone");
}

std::error_code server::implementation::dma(transfer rest) {
    if (in_protocol_thread()) return std::make_error_code(std::errc::resource_deadlock_would_occur);
    if (rest.size > 0 && rest.address + (rest.size - 1) < rest.address)
        return std::make_error_code(std::errc::invalid_argument);
    if (!requests.connected()) return std::make_error_code(std::errc::not_connected);
    while (rest.size > 0) {
        bus::step step = state.reach.advance(rest);
        if (step.by_message) {
            step.size = std::min(step.size, requests.largest());
            step.error = requests.exchange({rest.address, rest.data, step.size, rest.to_bus});
        }
        if (step.error) return step.error;
        (step.by_message ? state.count.dma_message_bytes : state.count.dma_direct_bytes) +=
            step.size;
        rest = {rest.address + step.size, rest.data + step.size, rest.size - step.size,
                rest.to_bus};
    }
    return {};
}

server::server(device_facts facts, device& endpoint, options settings)
    : implementation_(
          std::make_unique<implementation>(std::move(facts), endpoint, std::move(settings))) {}

server::~server() {
    stop();
}

void server::start(unique_fd listening) {
    implementation_->start(std::move(listening), true);
}

void server::start_connected(unique_fd connected) {
    implementation_->start(std::move(connected), false);
}

void server::stop() {
    implementation_->stop();
}

bool server::interrupt(unsigned vector) {
    endpoint& state = implementation_->state;
    if (!state.reach.master() || !state.irqs.fire(vector)) return false;
    state.count.interrupts++;
    return true;
}

std::error_code server::dma_read(std::uint64_t bus, std::span<std::byte> to) {
    return implementation_->dma({bus, to.data(), to.size(), false});
}

std::error_code server::dma_write(std::uint64_t bus, std::span<const std::byte> from) {
    return implementation_->dma({bus, const_cast<std::byte*>(from.data()), from.size(), true});
}

bool server::bus_master() const {
    return implementation_->state.reach.master();
}

bool server::connected() const {
    return implementation_->requests.connected();
}

statistics server::counts() const {
    const counters& now = implementation_->state.count;
    return {now.clients,
            now.messages,
            now.refused,
            now.reads,
            now.writes,
            now.interrupts,
            now.resets,
            now.dma_direct_bytes,
            now.dma_message_bytes,
            implementation_->state.reach.size()};
}

} // namespace upciedev::vfio_user
