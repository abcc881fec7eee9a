// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <utility>

namespace upciedev {
inline namespace v1 {

/// An exclusive claim of a board, from board::claim(). Ends with this object, or with the process.
class lease {
  public:
    lease() = default;
    /// For transports. \param held ends the claim with its last owner
    explicit lease(std::shared_ptr<const void> held, int descriptor = -1)
        : held_(std::move(held)), descriptor_(descriptor) {}
    lease(lease&& other) noexcept
        : held_(std::move(other.held_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
    lease& operator=(lease&& other) noexcept {
        held_ = std::move(other.held_);
        descriptor_ = std::exchange(other.descriptor_, -1);
        return *this;
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() = default;

    [[nodiscard]] bool held() const noexcept { return held_ != nullptr; }
    void release() noexcept {
        held_.reset();
        descriptor_ = -1;
    }
    /// The driver's lease, a file; -1 in simulation. A program that inherits it and finds
    /// "<PCI address>=<descriptor>" in $UPCIEDEV_LEASE may write under this claim too.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  private:
    std::shared_ptr<const void> held_;
    int descriptor_ = -1;
};

} // namespace v1
} // namespace upciedev
