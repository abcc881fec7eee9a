// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/protocol.hpp"

#include "base/unique_fd.hpp"

#include <array>
#include <mutex>

namespace upciedev::vfio_user {

using detail::unique_fd;

/// The eventfds by which the client wants to hear of interrupts. For any thread.
class interrupts {
  public:
    interrupts(unsigned msi, unsigned msix) : counts_{0, msi, msix} {}

    [[nodiscard]] std::uint32_t count(std::uint32_t index) const { return counts_[index]; }
    /// Carries out SET_IRQS, takes the descriptors it uses. An errno, 0 for success.
    [[nodiscard]] int set(const protocol::irq_set& request, std::vector<unique_fd>& fds);
    /// False: nobody listens to this vector.
    bool fire(unsigned vector);
    void clear();

  private:
    bool signal(std::uint32_t index, std::size_t vector) const;
    void assign(const protocol::irq_set& request, std::vector<unique_fd>& fds);

    mutable std::mutex mutex_;
    std::array<std::uint32_t, protocol::irq_index_count> counts_;
    // As many as the host was granted; a vector without listener has no descriptor.
    std::array<std::vector<unique_fd>, protocol::irq_index_count> vectors_;
};

} // namespace upciedev::vfio_user
