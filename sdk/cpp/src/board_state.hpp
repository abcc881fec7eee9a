// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "transport_error.hpp"

#include <upciedev/transport.hpp>

#include <array>

namespace upciedev {
inline namespace v1 {
namespace detail {

/// What a board and all its handles share. Immutable, but for what the transport does.
class board_state {
  public:
    board_state(transport_ptr way, board_description_ptr description, std::string alias,
                std::string file_reason);

    [[nodiscard]] transport& way() const noexcept { return *way_; }
    [[nodiscard]] const transport_ptr& shared_way() const noexcept { return way_; }
    [[nodiscard]] const board_description_ptr& description() const noexcept { return description_; }
    [[nodiscard]] const std::string& alias() const noexcept { return alias_; }
    [[nodiscard]] const std::string& file_reason() const noexcept { return file_reason_; }
    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::string label() const;
    /// Non-zero once the board has left; never null.
    [[nodiscard]] const volatile std::uint32_t* gone_flag() const noexcept { return gone_; }
    /// Mapped accesses of this BAR arrive as they were made, in order.
    [[nodiscard]] bool ordered(unsigned bar) const noexcept {
        return bar < ordered_.size() && ordered_[bar];
    }

    /// One operation. \param where tells the place, asked only on error.
    template <class Where>
    void run(operation& what, const Where& where) const {
        const outcome result = way_->run({&what, 1});
        if (result.error) [[unlikely]]
            throw_access_error(result.error, where());
    }

  private:
    transport_ptr way_;
    board_description_ptr description_;
    std::string alias_;
    std::string file_reason_;
    const volatile std::uint32_t* gone_;
    std::array<bool, 6> ordered_{};
};

} // namespace detail
} // namespace v1
} // namespace upciedev
