// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/reg.hpp>

namespace upciedev {
inline namespace v1 {

/// Accesses collected and carried out in order by one call. Belongs to one thread.
class UPCIEDEV_API batch {
  public:
    /// Where a read's answer will be found after run().
    class UPCIEDEV_API result {
      public:
        [[nodiscard]] std::uint64_t raw() const;
        [[nodiscard]] value get() const; ///< engineering value \throws error if it did not run
      private:
        friend class batch;
        std::shared_ptr<void> state_;
        std::size_t index_ = 0;
        conversion convert_;
    };

    result read(const basic_reg& what);
    void write(const basic_reg& what, const value& number);
    void write_raw(const basic_reg& what, std::uint64_t bits);
    void write(const field& what, const value& number);
    /// Go on when (bits & mask) == (wanted & mask). \throws (in run) error timeout
    void wait(const basic_reg& what, std::uint64_t mask, std::uint64_t wanted,
              std::chrono::microseconds timeout);

    [[nodiscard]] std::size_t size() const noexcept;
    /// \throws error of the first access that failed; where() names its register, and
    /// done() tells how many were carried out
    void run();
    [[nodiscard]] std::size_t done() const noexcept;
    void clear();

  private:
    friend class board;
    explicit batch(std::shared_ptr<detail::board_state> board);
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
