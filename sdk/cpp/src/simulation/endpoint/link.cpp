// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/link.hpp"

#include <algorithm>
#include <thread>

namespace upciedev::vfio_user {

using namespace protocol;

namespace {

constexpr std::chrono::milliseconds patience{2000}; // for a message that has begun

bool is_answer(const message& what) {
    return (what.head.flags & flag_type) == flag_reply;
}

bool send(channel& to, const message& what) {
    std::vector<int> fds;
    for (const unique_fd& each : what.fds)
        fds.push_back(each.get());
    return to.send(what.head, what.payload, fds);
}

/// What an answer is made from, without data and descriptors.
message front_of(const message& request) {
    const auto size = std::min(request.payload.size(), link_down::front);
    message front;
    front.head = request.head;
    front.payload.assign(request.payload.begin(),
                         request.payload.begin() + static_cast<std::ptrdiff_t>(size));
    return front;
}

} // namespace

link::link(unique_fd client, unique_fd server, log_function log)
    : client_(std::move(client), -1, patience), server_(std::move(server), -1, patience),
      log_(std::move(log)) {}

void link::run() {
    std::thread answers([this] { pass_answers(); });
    pass_requests();
    server_.hang_up();
    answers.join();
}

void link::pass_requests() {
    message from_client;
    while (client_.receive(from_client)) {
        if (expect(from_client)) {
            if (!send(server_, from_client)) server_.hang_up(); // then go_down() answers
        } else if (!is_answer(from_client) && (from_client.head.flags & flag_no_reply) == 0) {
            if (!send(client_, link_down::answer(from_client))) return;
        }
    }
}

/// Whether the server is there to be asked.
bool link::expect(const message& request) {
    const std::lock_guard hold(lock_);
    if (up_ && !is_answer(request) && (request.head.flags & flag_no_reply) == 0)
        open_.insert_or_assign(request.head.id, front_of(request));
    return up_;
}

void link::pass_answers() {
    message from_server;
    while (server_.receive(from_server)) {
        if (is_answer(from_server)) settle(from_server);
        if (!send(client_, from_server)) break;
    }
    go_down();
}

void link::settle(const message& answer) {
    if (answer.head.command == get_region_info) down_.note(answer);
    const std::lock_guard hold(lock_);
    open_.erase(answer.head.id);
}

void link::go_down() {
    std::map<std::uint16_t, message> left;
    {
        const std::lock_guard hold(lock_);
        up_ = false;
        left.swap(open_);
    }
    down_.blank();
    for (const auto& [id, request] : left)
        if (!send(client_, link_down::answer(request))) return;
    log_("the link is down");
}

} // namespace upciedev::vfio_user
