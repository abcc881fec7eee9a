// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <thread>

namespace upciedev::slot {

/// The crate's trigger lines between the processes of its slots: a datagram of one byte, the line,
/// to the socket "slot<N>.lines" of every other slot in one folder. A slot that has died is passed
/// over, as a pulled board is.
class backplane {
  public:
    /// \throws std::system_error
    backplane(std::filesystem::path folder, unsigned slot,
              std::function<void(unsigned line)> received);
    ~backplane();
    backplane(const backplane&) = delete;
    backplane& operator=(const backplane&) = delete;
    void pulse(unsigned line) noexcept;

  private:
    void listen();
    void send(const std::filesystem::path& to, unsigned char line) const;

    std::filesystem::path folder_, own_;
    std::function<void(unsigned)> received_;
    detail::unique_fd socket_;
    std::thread listener_;
};

} // namespace upciedev::slot
