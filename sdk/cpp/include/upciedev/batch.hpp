// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/reg.hpp>

namespace upciedev {
inline namespace v1 {

/// Accesses collected and carried out in order by one call. Belongs to one thread.
class UPCIEDEV_API batch {
  public:
    struct state; ///< operations and answers (implementation)

    /// Where a read's answer will be found after run().
    class UPCIEDEV_API result {
      public:
        [[nodiscard]] std::uint64_t raw() const; ///< \throws error not_supported: did not run
        [[nodiscard]] value get() const;         ///< engineering value; throws as raw() does
      private:
        friend class batch;
        std::shared_ptr<const state> state_;
        std::size_t index_ = 0;
        const field_description* field_ = nullptr; // nullptr: the whole register
    };

    result read(const basic_reg& what);
    result read(const field& what);
    void write(const basic_reg& what, const value& number);
    void write_raw(const basic_reg& what, std::uint64_t bits);
    void write(const field& what, const value& number);
    /// By the name of an enumeration value. \throws error bad_value (with the names)
    void write(const basic_reg& what, std::string_view name);
    void write(const field& what, std::string_view name);
    /// Replace the bits in \p mask, as basic_reg::modify_raw() does, but for the old bits: where
    /// none has to be kept it is a plain write.
    void modify_raw(const basic_reg& what, std::uint64_t mask, std::uint64_t bits);
    /// Go on when (bits & mask) == (wanted & mask). \throws (in run) error timeout
    void wait(const basic_reg& what, std::uint64_t mask, std::uint64_t wanted,
              std::chrono::microseconds timeout);

    [[nodiscard]] std::size_t size() const noexcept;
    /// \throws error of the first access that failed; where() names its register, and
    /// done() tells how many were carried out
    void run();
    [[nodiscard]] std::size_t done() const noexcept;
    /// Start anew; answers already collected stay valid.
    void clear();

  private:
    friend class board;
    explicit batch(std::shared_ptr<detail::board_state> board);
    result add(const basic_reg& what, const operation& how, const field_description* part);
    std::shared_ptr<detail::board_state> board_;
    std::shared_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
