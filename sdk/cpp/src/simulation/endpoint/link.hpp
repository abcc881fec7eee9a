// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/link_down.hpp"

#include <functional>
#include <map>
#include <string_view>

namespace upciedev::vfio_user {

/// Passes on what a client and the server of an endpoint say to each other. A server that hangs up,
/// because its process died, is a link that goes down: the client sees an endpoint that answers no
/// more, not the end of its connection, over which QEMU 11.1 aborts now and then.
class link {
  public:
    using log_function = std::function<void(std::string_view)>;
    link(unique_fd client, unique_fd server, log_function log);

    /// Until the client goes.
    void run();

  private:
    void pass_requests();
    void pass_answers();
    void go_down();
    bool expect(const message& request);
    void settle(const message& answer);

    channel client_, server_;
    log_function log_;
    link_down down_;
    std::mutex lock_; // over what follows
    bool up_ = true;
    std::map<std::uint16_t, message> open_; // requests without an answer, by id
};

} // namespace upciedev::vfio_user
