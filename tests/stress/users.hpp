// SPDX-License-Identifier: BSD-3-Clause
// Programs that use a board until it goes, and again when it is back: a thread each.
#pragma once

#include "crate.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <sys/types.h>

namespace stress {

/// What a user does: for as long as the board is there, with an open file of it. Returns the errno
/// that ended it.
using usage = std::function<int(class user&, int fd)>;

class user {
  public:
    user(std::string name, const board& board, usage use);
    ~user();
    user(const user&) = delete;
    user& operator=(const user&) = delete;

    const std::string& name() const { return name_; }
    const stress::board& board() const { return board_; }
    /// Generation of the board that it has open; 0: none.
    std::uint64_t generation() const { return generation_; }
    /// How often its board has gone.
    std::uint64_t losses() const { return losses_; }
    bool ending() const { return ending_; }
    /// It ends when its call returns; call wake() until has_ended().
    void end() { ending_ = true; }
    void wake();
    bool has_ended() const { return ended_; }
    /// Where in the driver its thread sleeps, as the kernel prints it; empty if it runs, or sleeps
    /// elsewhere.
    std::string sleeps_at() const;
    /// Empty as long as all went as it must.
    std::string complaint() const { return failed_ ? complaint_ : ""; }

  private:
    void run();
    bool use_once();

    std::string name_;
    const stress::board& board_;
    usage use_;
    std::atomic<std::uint64_t> generation_{0}, losses_{0};
    std::atomic<pid_t> thread_id_{0};
    std::atomic<bool> ending_{false}, ended_{false}, failed_{false};
    std::string complaint_;
    std::thread thread_;
};

/// Of each kind that the crate has boards for: streams, transfers to peers, waits, maps.
std::vector<std::unique_ptr<user>> make_users(const std::vector<board>& boards);

} // namespace stress
