// SPDX-License-Identifier: BSD-3-Clause
#include "sim_backplane.hpp"

namespace upciedev::inline v1::detail {
namespace {

class backplane_slot final : public model_slot {
  public:
    backplane_slot(std::shared_ptr<sim_backplane> lines, const sim_board& board)
        : lines_(std::move(lines)), board_(board) {}
    ~backplane_slot() override { lines_->remove(board_); }

    std::error_code read(std::uint64_t, std::span<std::byte>) noexcept override { return nobody(); }
    std::error_code write(std::uint64_t, std::span<const std::byte>) noexcept override {
        return nobody();
    }
    void interrupt(unsigned) noexcept override {} // sim_board hears of it by itself
    void pulse(unsigned line) noexcept override { lines_->pulse(board_, line); }

  private:
    /// There is no host memory on this bus: an Unsupported Request.
    static std::error_code nobody() { return std::make_error_code(std::errc::no_such_device); }
    std::shared_ptr<sim_backplane> lines_;
    const sim_board& board_;
};

} // namespace

void sim_backplane::plug(sim_board& board) {
    board.plug(std::make_shared<backplane_slot>(shared_from_this(), board));
    const std::lock_guard hold(lock_);
    boards_.push_back(&board);
}

void sim_backplane::remove(const sim_board& board) noexcept {
    const std::lock_guard hold(lock_);
    std::erase(boards_, &board);
}

void sim_backplane::pulse(const sim_board& sender, unsigned line) noexcept {
    const std::lock_guard hold(lock_);
    for (auto* board : boards_)
        if (board != &sender && !board->gone()) board->hardware().trigger(line);
}

} // namespace upciedev::inline v1::detail
