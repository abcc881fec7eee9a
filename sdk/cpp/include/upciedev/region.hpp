// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace upciedev {
inline namespace v1 {

/// A stretch of a board's memory, as source or target of copy(): from dma::region(),
/// area::region() or bar::region(). Cheap to copy; keeps its board alive. Thread-safe.
class UPCIEDEV_API region {
  public:
    [[nodiscard]] std::uint64_t size() const noexcept; ///< bytes
    [[nodiscard]] std::string where() const;           ///< "slot 8 vio: WINDOW, bytes 0 to 4095"

    class state; ///< implementation
    explicit region(std::shared_ptr<const state> what) : state_(std::move(what)) {}
    [[nodiscard]] const state& internals() const noexcept { return *state_; }

  private:
    std::shared_ptr<const state> state_;
};

} // namespace v1
} // namespace upciedev
