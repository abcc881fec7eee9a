// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"
#include "board/irq_state.hpp"
#include "description/bar_guards.hpp"
#include "description/ids_text.hpp"
#include "transport/claims.hpp"
#include "transport/transport_check.hpp"

#include <upciedev/board.hpp>

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::uint32_t never_gone = 0;

bool is_ordered(const transport& way, unsigned bar) {
    const auto facts = way.bar(bar);
    return facts.size != 0 && !facts.write_combined;
}

} // namespace

namespace detail {

board_state::board_state(transport_ptr way, board_description_ptr description, std::string alias,
                         std::string file_reason, std::function<transport_ptr()> again)
    : description_(std::move(description)), alias_(std::move(alias)),
      file_reason_(std::move(file_reason)), again_(std::move(again)) {
    use(std::move(way));
    for (unsigned bar = 0; bar < ordered_.size(); ++bar)
        ordered_[bar] = is_ordered(this->way(), bar);
}

void board_state::use(transport_ptr way) {
    const auto* flag = way->gone_flag();
    gone_ = flag == nullptr ? &never_gone : flag;
    way_ = way.get();
    ways_.push_back(std::move(way));
}

void board_state::reopen() {
    const std::lock_guard hold(reopening_);
    if (!way().gone()) return;
    if (!again_ || gone_flag() == &never_gone)
        throw error(errc::not_supported, label(),
                    "the way '" + way().name() + "' cannot find it again", "open the crate anew");
    auto fresh = again_();
    const auto before = way().identity().ids;
    const auto now = fresh->identity().ids;
    if (before.vendor != now.vendor || before.device != now.device)
        throw error(errc::no_such_board, label(), "there is another board now, " + ids_text(now),
                    "open it from the crate");
    use(std::move(fresh));
}

void board_state::fail(std::error_code cause, std::string where, const operation* what) const {
    if (cause == std::errc::device_or_resource_busy)
        if (const auto who = way().claimed_by_other()) throw_claimed(*who, std::move(where), cause);
    if (cause == std::errc::operation_not_permitted && what != nullptr && description_)
        if (const auto why = refusal_of(*description_, what->bar, what->offset, bytes_of(*what)))
            throw error(errc::not_permitted, std::move(where), why->reason, why->remedy, cause);
    throw_access_error(cause, std::move(where));
}

void board_state::refuse_undescribed() const {
    throw error(errc::no_such_register, label(),
                file_reason_.empty() ? "no board file describes it"
                                     : fmt::format("no board file describes it: {}", file_reason_),
                "name its folder with --devices or UPCIEDEV_DEVICES, or use BAR and offset");
}

std::string board_state::name() const {
    if (description_) return description_->name;
    return ids_text(way().identity().ids);
}

std::string board_state::label() const {
    const auto who = way().identity();
    if (who.slot) return fmt::format("slot {} {}", *who.slot, name());
    return who.pci_address.empty() ? name() : who.pci_address + " " + name();
}

} // namespace detail

board::board(transport_ptr way, board_description_ptr description, std::string alias,
             std::string file_reason, std::function<transport_ptr()> again)
    : state_(std::make_shared<detail::board_state>(std::move(way), std::move(description),
                                                   std::move(alias), std::move(file_reason),
                                                   std::move(again))) {}

basic_reg board::find_reg(std::string_view path) const {
    try {
        return {state_, state_->described().find_register(path)};
    } catch (const error& reason) {
        if (!state_->description()) throw;
        throw reason.at(state_->label());
    }
}

area board::area(std::string_view path) const {
    try {
        return {state_, state_->described().find_area(path)};
    } catch (const error& reason) {
        if (!state_->description()) throw;
        throw reason.at(state_->label());
    }
}

irq board::irqs(const std::vector<std::string>& names) const {
    std::ignore = state_->described();
    try {
        return upciedev::irq(std::make_unique<irq::state>(state_, names));
    } catch (const error& reason) {
        throw reason.kind() == errc::no_such_register ? reason.at(state_->label()) : reason;
    }
}

irq board::irq(std::string_view name) const {
    return irqs({std::string(name)});
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

template <class Act>
auto board::named(const Act& act) const {
    try {
        return act(state_->way());
    } catch (const error& reason) {
        throw reason.at(state_->label());
    }
}

lease board::claim() const {
    return named([](transport& way) { return way.claim(); });
}

void board::reset() const {
    named([](transport& way) { way.reset(); });
    if (gone()) reopen();
}

void board::remove() const {
    named([](transport& way) { way.remove(); });
}

void board::reopen() const {
    state_->reopen();
}

board_health board::health() const {
    auto all = named([](transport& way) { return way.health(); });
    if (!all.gone) all.firmware = firmware();
    return all;
}

/// Of the first `match` that fits and names a register for it.
std::string board::firmware() const {
    if (!description()) return {};
    const auto ids = identity().ids;
    for (const auto& match : description()->matches) {
        if (!match.fits(ids) || !match.firmware) continue;
        const auto& [path, part] = match.firmware->where;
        const auto found = find_reg(path);
        return fmt::format("{:#x}", part.empty() ? found.raw() : found.field(part).raw());
    }
    return {};
}

transport& board::way() const noexcept {
    return state_->way();
}

} // namespace v1
} // namespace upciedev
