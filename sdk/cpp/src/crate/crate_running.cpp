// SPDX-License-Identifier: BSD-3-Clause
// Crates of `upciedev sim up`: a process a slot.
#include "crate/crate_source.hpp"
#include "simulation/process/crate_folder.hpp"
#include "simulation/process/slot_facts.hpp"
#include "simulation/process/slot_transport.hpp"

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {
namespace {

class running_source final : public crate::source {
  public:
    running_source(const std::string& uri, std::string name, const crate_options& options)
        : source(uri, options), name_(std::move(name)), folder_(detail::crate_folder(name_)) {
        refuse_if_down();
    }

    std::vector<crate_entry> list(bool) override;
    std::string title() const override {
        const std::lock_guard hold(lock_);
        return title_;
    }
    upciedev::board open(const crate_entry& what) override;
    void rescan(std::optional<unsigned> slot) override;
    std::vector<present_board> present() override;

  private:
    void refuse_if_down() const;
    [[nodiscard]] std::optional<present_board> board_in(unsigned slot);

    std::string name_;
    std::filesystem::path folder_;
    mutable std::mutex lock_;
    std::string title_; // as the boards say
};

void running_source::refuse_if_down() const {
    if (std::filesystem::exists(detail::crate_note(folder_))) return;
    detail::refuse_not_running(name_);
}

/// Nothing for a slot whose process has died; a remark for one that does not answer.
std::optional<present_board> running_source::board_in(unsigned slot) {
    present_board board;
    auto& entry = board.entry;
    entry.slot = slot;
    try {
        const auto facts = detail::ask_slot(folder_, slot);
        entry.crate = facts.crate;
        entry.alias = facts.alias;
        entry.name = facts.board;
        entry.title = facts.title;
        entry.ids = facts.hello.ids;
        entry.transport = "crate";
        board.generation = facts.hello.generation;
        const std::lock_guard hold(lock_);
        title_ = facts.crate_title;
    } catch (const error& wrong) {
        if (wrong.kind() == errc::no_such_board || wrong.kind() == errc::board_gone)
            return std::nullopt;
        entry.remark = wrong.reason();
    }
    return board;
}

std::vector<crate_entry> running_source::list(bool) {
    refuse_if_down();
    std::vector<crate_entry> entries;
    for (const unsigned slot : detail::slots_in(folder_))
        if (auto board = board_in(slot)) entries.push_back(std::move(board->entry));
    return entries;
}

std::vector<present_board> running_source::present() {
    refuse_if_down();
    std::vector<present_board> boards;
    for (const unsigned slot : detail::slots_in(folder_))
        if (auto board = board_in(slot); board && !board->entry.transport.empty())
            boards.push_back(std::move(*board));
    return boards;
}

upciedev::board running_source::open(const crate_entry& what) {
    if (what.transport.empty()) detail::refuse_entry(what);
    const auto slot = what.slot.value();
    const auto again = [folder = folder_, slot] { return detail::open_slot(folder, slot); };
    const auto facts = detail::ask_slot(folder_, slot);
    auto way = again();
    const auto chosen =
        detail::check_named_file(library().load(facts.file), facts.hello.ids, [&] { return way; });
    return make_board(std::move(way), chosen, facts.alias, again);
}

/// What is plugged in is found at once; only a slot that is empty is told.
void running_source::rescan(std::optional<unsigned> slot) {
    refuse_if_down();
    if (slot) std::ignore = detail::ask_slot(folder_, *slot);
}

} // namespace

namespace detail {

std::shared_ptr<crate::source> make_running_source(const std::string& uri, const std::string& name,
                                                   const crate_options& options) {
    return std::make_shared<running_source>(uri, name, options);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
