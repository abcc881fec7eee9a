// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/server/access_session.hpp"

#include <atomic>
#include <filesystem>
#include <list>
#include <mutex>
#include <thread>

namespace upciedev::slot {

/// Serves a board to any number of programs of the same user, as slot_wire.hpp says: a thread for
/// each, so that nobody waits for another one's waits or silence.
///
/// A board that was cut off from the bus because its engine did not stop is reset and serves on, as
/// with the driver: all connections of the generation before are ended first, and those that come
/// meanwhile wait for the next one. Channels of before stay, to report how their transfers ended;
/// they reach nothing any more.
class access_server {
  public:
    /// Accepts at once. \param board outlives it
    /// \throws error, std::system_error: the socket cannot be made
    access_server(sim_board& board, access_facts facts, std::filesystem::path socket);
    /// Cuts all clients off. The board should have gone, so that nobody waits in it.
    ~access_server();
    access_server(const access_server&) = delete;
    access_server& operator=(const access_server&) = delete;

  private:
    struct client {
        detail::unique_fd socket;
        std::atomic<bool> is_channel = false;
        std::atomic<bool> done = false;
        std::thread thread;
    };
    void listen();
    void accept_one();
    void renew();
    void admit(detail::unique_fd socket);
    void serve(client& one);
    void bury();

    access_shared shared_;
    std::filesystem::path path_;
    detail::unique_fd socket_;
    detail::unique_fd failure_; ///< readable once the board has failed
    std::mutex lock_;           // over the clients
    std::list<client> clients_;
    std::atomic<bool> ending_ = false;
    std::thread listener_;
};

} // namespace upciedev::slot
