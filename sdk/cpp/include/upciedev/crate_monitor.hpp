// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/crate.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>

namespace upciedev {
inline namespace v1 {

/// A board that can now be opened, or no longer.
struct crate_change {
    bool arrived = false; ///< false: it left
    crate_entry board;    ///< as it is now, or was before
};

/// Boards that arrive in a crate and leave it, in that order, from the moment this is made: one
/// that is plugged in again leaves and arrives. On this machine udev tells, or the kernel where no
/// udev runs; all other crates are looked at four times a second. Move-only; for one thread.
class UPCIEDEV_API crate_monitor {
  public:
    /// \throws error io_error: the machine cannot be watched
    explicit crate_monitor(const crate& of);
    crate_monitor(crate_monitor&&) noexcept;
    crate_monitor& operator=(crate_monitor&&) noexcept;
    ~crate_monitor();

    /// \returns nothing if no board came or went in that time
    /// \throws error interrupted: by \p stop, or a signal handler was called
    std::optional<crate_change> wait(std::chrono::milliseconds timeout,
                                     const std::stop_token& stop = {});

    /// Readable when there may be changes: then call wait(0ms) until it has none. For poll() and
    /// select() only.
    [[nodiscard]] int descriptor() const noexcept;

    /// One change after the other: waits without end, until a signal handler is called
    /// (interrupted).
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = crate_change;
        using difference_type = std::ptrdiff_t;
        using pointer = const crate_change*;
        using reference = const crate_change&;

        explicit iterator(crate_monitor& of) : monitor_(&of) { ++*this; }
        [[nodiscard]] reference operator*() const noexcept { return change_; }
        [[nodiscard]] pointer operator->() const noexcept { return &change_; }
        iterator& operator++() {
            change_ = monitor_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return false; }

      private:
        crate_monitor* monitor_;
        crate_change change_;
    };
    [[nodiscard]] iterator begin() { return iterator(*this); }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

  private:
    crate_change next();

    class state;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
