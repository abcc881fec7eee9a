// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <sys/socket.h>

#include <array>
#include <thread>

namespace fuzz {

/// A client that says what the fuzzer makes up, and hears all answers without a look at them.
class conversation {
  public:
    using socket = upciedev::detail::unique_fd;

    explicit conversation(int type) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
        ours_ = socket(ends[0]);
        theirs = socket(ends[1]);
        listener_ = std::jthread([this] { listen(); });
    }
    ~conversation() {
        ::shutdown(ours_.get(), SHUT_RDWR); // the listener has heard enough
    }
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    [[nodiscard]] int fd() const { return ours_.get(); }
    /// The server then finds the end behind the last message.
    void end() { ::shutdown(ours_.get(), SHUT_WR); }

    socket theirs;

  private:
    void listen() {
        std::array<char, 65536> answer{};
        while (::recv(ours_.get(), answer.data(), answer.size(), 0) > 0) {
        }
    }

    socket ours_;
    std::jthread listener_; // last: it uses the others
};

} // namespace fuzz
