// SPDX-License-Identifier: BSD-3-Clause
#include "board_state.hpp"

#include <upciedev/board.hpp>

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::uint32_t never_gone = 0;

[[noreturn]] void throw_no_board_file(const detail::board_state& board) {
    const auto& why = board.file_reason();
    throw error(errc::no_such_register, board.label(),
                why.empty() ? "no board file describes it"
                            : fmt::format("no board file describes it: {}", why),
                "name its folder with --devices or UPCIEDEV_DEVICES, or use BAR and offset");
}

const board_description& described(const detail::board_state& board) {
    if (!board.description()) throw_no_board_file(board);
    return *board.description();
}

bool is_ordered(const transport& way, unsigned bar) {
    const auto facts = way.bar(bar);
    return facts.size != 0 && !facts.write_combined;
}

} // namespace

namespace detail {

board_state::board_state(transport_ptr way, board_description_ptr description, std::string alias,
                         std::string file_reason)
    : way_(std::move(way)), description_(std::move(description)), alias_(std::move(alias)),
      file_reason_(std::move(file_reason)), gone_(way_->gone_flag()) {
    if (gone_ == nullptr) gone_ = &never_gone;
    for (unsigned bar = 0; bar < ordered_.size(); ++bar)
        ordered_[bar] = is_ordered(*way_, bar);
}

std::string board_state::name() const {
    if (description_) return description_->name;
    const auto ids = way_->identity().ids;
    return fmt::format("{:04x}:{:04x}", ids.vendor, ids.device);
}

std::string board_state::label() const {
    const auto who = way_->identity();
    if (who.slot) return fmt::format("slot {} {}", *who.slot, name());
    return who.pci_address.empty() ? name() : who.pci_address + " " + name();
}

} // namespace detail

board::board(transport_ptr way, board_description_ptr description, std::string alias,
             std::string file_reason)
    : state_(std::make_shared<detail::board_state>(std::move(way), std::move(description),
                                                   std::move(alias), std::move(file_reason))) {}

basic_reg board::find_reg(std::string_view path) const {
    try {
        return {state_, described(*state_).find_register(path)};
    } catch (const error& reason) {
        if (!state_->description()) throw;
        throw reason.at(state_->label());
    }
}

area board::area(std::string_view path) const {
    try {
        return {state_, described(*state_).find_area(path)};
    } catch (const error& reason) {
        if (!state_->description()) throw;
        throw reason.at(state_->label());
    }
}

batch board::batch() const {
    return upciedev::batch(state_);
}

const board_description_ptr& board::description() const noexcept {
    return state_->description();
}

const std::string& board::file_reason() const noexcept {
    return state_->file_reason();
}

board_identity board::identity() const {
    return state_->way().identity();
}

std::string board::name() const {
    return state_->name();
}

std::string board::alias() const {
    return state_->alias();
}

std::string board::label() const {
    return state_->label();
}

bool board::gone() const noexcept {
    return state_->way().gone();
}

transport& board::way() const noexcept {
    return state_->way();
}

} // namespace v1
} // namespace upciedev
