// SPDX-License-Identifier: BSD-3-Clause
#include "crate_source.hpp"
#include "sim_backplane.hpp"

#include <upciedev/sim.hpp>

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

/// A simulated crate of this process. Its boards keep their state as long as it lives.
class sim_source final : public crate::source {
  public:
    sim_source(const std::string& uri, const std::string& file, const crate_options& options)
        : source(uri, options), file_(crate_file::load(file)) {
        for (const auto& slot : file_.slots)
            add(slot);
    }

    std::vector<crate_entry> list(bool) override { return entries_; }
    std::string title() const override { return file_.title; }
    const crate_file* file() const noexcept override { return &file_; }

    upciedev::board open(const crate_entry& what) override {
        if (what.transport.empty()) detail::refuse_entry(what);
        return boards_.at({what.crate, what.slot.value()});
    }

  private:
    void add(const crate_slot& slot);

    std::shared_ptr<detail::sim_backplane> backplane_of(const std::string& crate);

    std::map<std::string, std::shared_ptr<detail::sim_backplane>> backplanes_; ///< by crate
    crate_file file_;
    std::vector<crate_entry> entries_;
    std::map<std::pair<std::string, unsigned>, upciedev::board> boards_; ///< by crate and slot
};

std::shared_ptr<detail::sim_backplane> sim_source::backplane_of(const std::string& crate) {
    auto& lines = backplanes_[crate];
    if (!lines) lines = std::make_shared<detail::sim_backplane>();
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
        const auto way = std::make_shared<sim_board>(description, slot.slot,
                                                     model_options{.simulate = slot.simulate});
        entry.ids = way->identity().ids;
        const auto chosen =
            detail::check_named_file(description, entry.ids, [&] { return transport_ptr(way); });
        if (chosen.file) {
            backplane_of(slot.crate)->plug(*way);
            boards_.emplace(std::pair(slot.crate, slot.slot), make_board(way, chosen, slot.alias));
            entry.transport = "sim";
        } else {
            entry.remark =
                fmt::format("{}: {}; let the board start with what its 'match' wants, by "
                            "'reset' there or 'simulate' here",
                            slot.where, chosen.reason);
        }
    } catch (const error& wrong) {
        throw wrong.at(slot.where);
    }
    entries_.push_back(entry);
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
