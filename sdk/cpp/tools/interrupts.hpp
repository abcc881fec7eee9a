// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <csignal>

namespace cli {

/// Ctrl-C and the like, held back while it lives and asked for instead.
class interrupts {
  public:
    interrupts();
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;
    ~interrupts();

    /// \returns whether one came before that time
    [[nodiscard]] bool until(std::chrono::steady_clock::time_point time) const;

  private:
    sigset_t signals_{};
    sigset_t before_{};
};

} // namespace cli
