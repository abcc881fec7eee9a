// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <chrono>
#include <memory>

namespace upciedev {
inline namespace v1 {
namespace detail {
class model_engine;
class model_timeline;
} // namespace detail

/// The time that board models live by. Copies share it. Thread-safe.
///
/// By the real clock every board has a thread of its own for what it does by itself. By the manual
/// clock nothing happens until advance(), which does it all in the calling thread and in the order
/// of time, so that a test sees the same each time.
class UPCIEDEV_API model_clock {
  public:
    using duration = std::chrono::nanoseconds;

    static model_clock real();
    static model_clock manual();

    [[nodiscard]] duration now() const noexcept; ///< since the clock was made
    [[nodiscard]] bool is_manual() const noexcept;
    /// Let time pass, and the boards do what falls due until then.
    /// \throws error not_supported (a real clock)
    void advance(duration step);

  private:
    friend class detail::model_engine;
    explicit model_clock(bool manual);
    std::shared_ptr<detail::model_timeline> timeline_;
};

} // namespace v1
} // namespace upciedev
