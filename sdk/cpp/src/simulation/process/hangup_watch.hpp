// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace upciedev::inline v1::detail {

/// Tells when the other end of a socket has gone: one thread for all of a process.
class hangup_watch {
  public:
    /// Never destroyed, for boards may be used up to the very end.
    static hangup_watch& only();

    /// \param told is called once, from the thread. \throws std::system_error
    std::uint64_t add(int socket, std::function<void()> told);
    /// Returns when it is not called any more.
    void remove(int socket, std::uint64_t key) noexcept;

  private:
    hangup_watch();
    void watch();
    void tell(std::uint64_t key);

    unique_fd events_;
    std::mutex lock_; // held while somebody is told
    std::map<std::uint64_t, std::function<void()>> told_;
    std::uint64_t last_key_ = 0;
};

} // namespace upciedev::inline v1::detail
