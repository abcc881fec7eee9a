// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "board/board_state.hpp"

#include <upciedev/irq.hpp>

namespace upciedev {
inline namespace v1 {

class irq::state {
  public:
    /// \throws error no_such_register, not_supported, board_gone
    state(std::shared_ptr<const detail::board_state> board, const std::vector<std::string>& names);

    std::optional<irq_event> wait(std::chrono::nanoseconds timeout, const std::stop_token& stop);
    std::vector<irq_event> drain();
    void unmask();
    [[nodiscard]] int descriptor() const noexcept { return source_->descriptor(); }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  private:
    [[nodiscard]] interrupt_request request(const std::vector<std::string>& names);
    void want(interrupt_request& request, std::size_t number);
    [[nodiscard]] std::string where() const;
    std::optional<irq_event> take();
    [[nodiscard]] bool concerns(const raw_interrupt& raw) const noexcept;
    irq_event event_of(const raw_interrupt& raw);

    std::shared_ptr<const detail::board_state> board_;
    std::vector<std::string> names_;
    std::uint64_t wanted_ = 0; ///< causes, bits in the order of the board file
    std::uint64_t lost_ = 0;   ///< since the last event given
    std::unique_ptr<interrupt_source> source_;
};

} // namespace v1
} // namespace upciedev
