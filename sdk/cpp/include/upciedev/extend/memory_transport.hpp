// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/transport.hpp>

#include <mutex>

namespace upciedev {
inline namespace v1 {

/// A way to a board whose BARs are memory of this process: give it map(), and operations become
/// loads and stores in it, each as wide as asked for. What cannot be mapped cannot be accessed
/// (EOPNOTSUPP). A masked modify happens as a whole for the threads of this process only.
class UPCIEDEV_API memory_transport : public transport {
  public:
    memory_transport();
    ~memory_transport() override;
    outcome run(std::span<operation> operations) noexcept override;
    [[nodiscard]] capability_set capabilities() const noexcept override {
        return {capability::mapping};
    }

  private:
    int carry_out(operation& op) noexcept;
    int modify(operation& op, volatile std::byte* at) noexcept;
    int read(const volatile std::byte* at, unsigned width, std::uint64_t& bits) const noexcept;

    std::mutex modifying_;
};

} // namespace v1
} // namespace upciedev
