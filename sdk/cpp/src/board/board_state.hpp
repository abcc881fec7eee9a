// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/transport_error.hpp"

#include <upciedev/extend/transport.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>

namespace upciedev {
inline namespace v1 {
namespace detail {

/// What a board and all its handles share. Immutable, but for the way to the board.
class board_state {
  public:
    /// \param again opens the board anew after it left; may be empty
    board_state(transport_ptr way, board_description_ptr description, std::string alias,
                std::string file_reason, std::function<transport_ptr()> again);

    [[nodiscard]] transport& way() const noexcept { return *way_.load(std::memory_order_acquire); }
    /// After it left. Handles keep their pointers into the maps of before, which read all ones.
    void reopen();
    [[nodiscard]] const board_description_ptr& description() const noexcept { return description_; }
    /// \throws error no_such_register: no board file describes it
    [[nodiscard]] const board_description& described() const {
        if (!description_) [[unlikely]]
            refuse_undescribed();
        return *description_;
    }
    [[nodiscard]] const std::string& alias() const noexcept { return alias_; }
    [[nodiscard]] const std::string& file_reason() const noexcept { return file_reason_; }
    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::string label() const;
    /// Non-zero once the board has left; never null.
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept {
        return gone_.load(std::memory_order_acquire);
    }
    /// Mapped accesses of this BAR arrive as they were made, in order.
    [[nodiscard]] bool ordered(unsigned bar) const noexcept {
        return bar < ordered_.size() && ordered_[bar];
    }

    /// One operation. \param where tells the place, asked only on error.
    template <class Where>
    void run(operation& what, const Where& where) const {
        const outcome result = way().run({&what, 1});
        if (result.error) [[unlikely]]
            fail(result.error, where(), &what);
    }
    /// An access failed. Who has claimed the board is named. \param what the access, if it is known
    [[noreturn]] void fail(std::error_code cause, std::string where,
                           const operation* what = nullptr) const;

  private:
    void use(transport_ptr way);
    [[noreturn]] void refuse_undescribed() const;

    std::mutex reopening_;
    std::vector<transport_ptr> ways_; // all there were, the last one in use
    std::atomic<transport*> way_;
    board_description_ptr description_;
    std::string alias_;
    std::string file_reason_;
    std::function<transport_ptr()> again_;
    std::atomic<const volatile std::uint32_t*> gone_;
    std::array<bool, 6> ordered_{};
};

} // namespace detail
} // namespace v1
} // namespace upciedev
