// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_backplane.hpp"
#include "simulation/board/sim_bus.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

class backplane_slot final : public model_slot {
  public:
    backplane_slot(std::shared_ptr<sim_backplane> lines, sim_board& board)
        : lines_(std::move(lines)), board_(board) {}
    ~backplane_slot() override { lines_->remove(board_); }

    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept override {
        return lines_->read(board_, address, into);
    }
    std::error_code write(std::uint64_t address,
                          std::span<const std::byte> from) noexcept override {
        return lines_->write(board_, address, from);
    }
    void interrupt(unsigned) noexcept override {} // sim_board hears of it by itself
    void pulse(unsigned line) noexcept override { lines_->pulse(board_, line); }
    [[nodiscard]] sim_backplane& lines() const noexcept { return *lines_; }

  private:
    std::shared_ptr<sim_backplane> lines_;
    sim_board& board_;
};

} // namespace

void sim_backplane::plug(sim_board& board) {
    board.plug(std::make_shared<backplane_slot>(shared_from_this(), board));
    const std::lock_guard hold(lock_);
    seats_.push_back({&board, board.identity().slot.value()});
}

void sim_backplane::remove(const sim_board& board) noexcept {
    std::unique_lock hold(lock_);
    const auto found = std::ranges::find(seats_, &board, &seat::board);
    if (found == seats_.end()) return;
    found->leaving = true;
    left_.wait(hold, [&] { return found->users == 0; });
    seats_.erase(found);
}

void sim_backplane::pulse(const sim_board& sender, unsigned line) noexcept {
    const std::lock_guard hold(lock_);
    for (const auto& each : seats_)
        if (each.board != &sender && !each.board->gone()) each.board->hardware().trigger(line);
}

sim_backplane::seat* sim_backplane::enter(const sim_board& asking, unsigned slot) noexcept {
    const std::lock_guard hold(lock_);
    const auto found = std::ranges::find_if(seats_, [&](const seat& each) {
        return each.slot == slot && !each.leaving && !each.board->gone();
    });
    if (found == seats_.end() || found->board == &asking) return nullptr;
    ++found->users;
    return &*found;
}

void sim_backplane::leave(seat& one, bool unsupported) noexcept {
    const std::lock_guard hold(lock_);
    --one.users;
    if (unsupported) ++one.unsupported;
    left_.notify_all();
}

void sim_backplane::count_unsupported(const sim_board& whose) noexcept {
    const std::lock_guard hold(lock_);
    const auto found = std::ranges::find(seats_, &whose, &seat::board);
    if (found != seats_.end()) ++found->unsupported;
}

bool sim_backplane::answers(unsigned slot) noexcept {
    const std::lock_guard hold(lock_);
    return std::ranges::any_of(seats_, [&](const seat& each) {
        return each.slot == slot && !each.leaving && !each.board->gone();
    });
}

std::uint64_t sim_backplane::unsupported(const sim_board& board) noexcept {
    const std::lock_guard hold(lock_);
    const auto found = std::ranges::find(seats_, &board, &seat::board);
    return found == seats_.end() ? 0 : found->unsupported;
}

template <class Access>
std::error_code sim_backplane::route(sim_board& asking, std::uint64_t address,
                                     const Access& access) noexcept {
    const auto place = place_on_bus(address);
    auto* const target =
        place && lets_out(asking.hardware(), policy_) ? enter(asking, place->slot) : nullptr;
    if (target == nullptr) { // there is no host memory on this bus: an Unsupported Request
        count_unsupported(asking);
        return std::make_error_code(std::errc::no_such_device);
    }
    const auto result = access(target->board->hardware(), *place);
    leave(*target, static_cast<bool>(result));
    return result;
}

std::error_code sim_backplane::read(sim_board& reader, std::uint64_t address,
                                    std::span<std::byte> into) noexcept {
    return route(reader, address, [&](model_board& board, const bus_place& at) {
        return read_by_bus(board, at.bar, at.offset, into);
    });
}

std::error_code sim_backplane::write(sim_board& writer, std::uint64_t address,
                                     std::span<const std::byte> from) noexcept {
    return route(writer, address, [&](model_board& board, const bus_place& at) {
        return write_by_bus(board, at.bar, at.offset, from);
    });
}

sim_backplane* backplane_behind(model_slot* slot) noexcept {
    auto* const ours = dynamic_cast<backplane_slot*>(slot);
    return ours == nullptr ? nullptr : &ours->lines();
}

} // namespace upciedev::inline v1::detail
