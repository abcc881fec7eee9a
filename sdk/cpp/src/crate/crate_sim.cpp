// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_source.hpp"
#include "simulation/board/sim_backplane.hpp"

#include <upciedev/extend/model_plugin.hpp>
#include <upciedev/extend/sim.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace upciedev {
inline namespace v1 {
namespace {

/// A slot and what is plugged in there now.
struct sim_place {
    board_description_ptr description;
    unsigned slot;
    std::map<std::string, double> simulate;
    model_factory behaviour;
    std::mutex lock;
    transport_ptr board;
    std::uint64_t generation = 0;
    detail::sim_backplane* lines = nullptr; ///< nullptr: plug it in nowhere

    void make() {
        const model_options options{.simulate = simulate, .behaviour = behaviour};
        const auto made = std::make_shared<sim_board>(description, slot, options);
        if (lines != nullptr) lines->plug(*made);
        board = made;
        made->set_generation(++generation);
    }
    [[nodiscard]] bool is_there() {
        const std::lock_guard hold(lock);
        return has_failed() || !board->gone();
    }
    [[nodiscard]] bool has_failed() const { return static_cast<const sim_board&>(*board).failed(); }
    /// After a reset because its DMA did not stop, it is there for whoever opens it again. A reset
    /// cures no fault of the hardware.
    bool is_new_after_failure() {
        if (!has_failed()) return false;
        const auto before = board;
        make();
        for (const auto each : all_model_faults())
            if (hardware_of(*before).has_fault(each)) hardware_of(*board).fault(each, true);
        return true;
    }
    static model_board& hardware_of(transport& board) {
        return static_cast<sim_board&>(board).hardware();
    }
    transport_ptr open_again() {
        const std::lock_guard hold(lock);
        if (is_new_after_failure() || !board->gone()) return board;
        throw error(errc::board_gone, fmt::format("slot {}", slot), "is not back",
                    "rescan the crate to plug it in");
    }
};

using place_name = std::pair<std::string, unsigned>; ///< crate and slot

/// A simulated crate of this process. Its boards keep their state as long as it lives.
class sim_source final : public crate::source {
  public:
    sim_source(const std::string& uri, const std::string& file, const crate_options& options)
        : source(uri, options), file_(crate_file::load(file)) {
        for (const auto& slot : file_.slots)
            add(slot);
    }

    std::vector<crate_entry> list(bool) override;
    std::string title() const override { return file_.title; }
    const crate_file* file() const noexcept override { return &file_; }

    upciedev::board open(const crate_entry& what) override;
    void rescan(std::optional<unsigned> slot) override;
    std::vector<present_board> present() override;

  private:
    void add(const crate_slot& slot);

    std::shared_ptr<detail::sim_backplane> backplane_of(const std::string& crate);

    std::map<std::string, std::shared_ptr<detail::sim_backplane>> backplanes_; ///< by crate
    crate_file file_;
    std::vector<crate_entry> entries_;
    std::map<place_name, upciedev::board> boards_;
    std::map<place_name, std::shared_ptr<sim_place>> places_;
};

std::shared_ptr<detail::sim_backplane> sim_source::backplane_of(const std::string& crate) {
    auto& lines = backplanes_[crate];
    if (!lines) lines = std::make_shared<detail::sim_backplane>(detail::policy_of(file_, crate));
    return lines;
}

void sim_source::add(const crate_slot& slot) {
    crate_entry entry;
    entry.crate = slot.crate;
    entry.slot = slot.slot;
    entry.alias = slot.alias;
    if (slot.board.empty() && !slot.qemu) return; // expected, but not there
    if (slot.board.empty()) {
        entry.remark = "give it a 'board:' at " + slot.where + " to simulate it";
        entries_.push_back(entry);
        return;
    }
    const auto description = library().load(slot.board);
    entry.name = description->name;
    entry.title = description->title;
    try {
        const auto place = std::make_shared<sim_place>();
        place->description = description;
        place->slot = slot.slot;
        place->simulate = slot.simulate;
        place->behaviour = model_of(slot);
        place->make();
        entry.ids = place->board->identity().ids;
        const auto chosen =
            detail::check_named_file(description, entry.ids, [&] { return place->board; });
        if (chosen.file) {
            place->lines = backplane_of(slot.crate).get();
            place->lines->plug(static_cast<sim_board&>(*place->board));
            const place_name name(slot.crate, slot.slot);
            boards_.emplace(name, make_board(place->board, chosen, slot.alias,
                                             [place] { return place->open_again(); }));
            places_.emplace(name, place);
            entry.transport = "sim";
        } else {
            entry.remark =
                fmt::format("{}: {}; let the board start with what its 'match' wants, by "
                            "'reset' there or 'simulate' here",
                            slot.where, chosen.reason);
        }
    } catch (const error& wrong) {
        if (!slot.model.empty() && wrong.where() == slot.model_where) throw;
        throw wrong.at(slot.where);
    }
    entries_.push_back(entry);
}

/// Without those that were removed.
std::vector<crate_entry> sim_source::list(bool) {
    auto present = entries_;
    std::erase_if(present, [this](const auto& each) {
        const auto place = places_.find({each.crate, each.slot.value()});
        return place != places_.end() && !place->second->is_there();
    });
    return present;
}

/// One that was removed and plugged in again comes back for whoever opens it.
upciedev::board sim_source::open(const crate_entry& what) {
    if (what.transport.empty()) detail::refuse_entry(what);
    auto& board = boards_.at({what.crate, what.slot.value()});
    if (board.gone()) board.reopen();
    return board;
}

void sim_source::rescan(std::optional<unsigned> slot) {
    const auto wanted = [&](const auto& each) { return !slot || each.first.second == *slot; };
    if (slot && std::ranges::none_of(places_, wanted))
        throw error(errc::no_such_board, fmt::format("slot {}", *slot),
                    "the crate file has no board there");
    for (const auto& each : places_) {
        const auto& place = each.second;
        const std::lock_guard hold(place->lock);
        if (place->board->gone() && wanted(each)) place->make();
    }
}

std::vector<present_board> sim_source::present() {
    std::vector<present_board> boards;
    for (const auto& entry : entries_) {
        const auto found = places_.find({entry.crate, entry.slot.value()});
        if (found == places_.end()) continue;
        const std::lock_guard hold(found->second->lock);
        if (!found->second->board->gone()) boards.push_back({entry, found->second->generation});
    }
    return boards;
}

} // namespace

namespace detail {

std::shared_ptr<crate::source> make_sim_source(const std::string& uri, const std::string& file,
                                               const crate_options& options) {
    return std::make_shared<sim_source>(uri, file, options);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
