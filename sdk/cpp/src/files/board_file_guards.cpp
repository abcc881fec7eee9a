// SPDX-License-Identifier: BSD-3-Clause
// Guards of whole BARs: the key `guards`.
#include "description/bar_guards.hpp"
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

namespace {

/// What `guards` says of a BAR, against what the file describes there.
class guard_check {
  public:
    guard_check(const board_draft& draft, const bar_description& bar)
        : draft_(draft), bar_(bar), mark_(draft.guard_marks.at(bar.index)),
          guards_(draft.board, bar) {}

    void run() const {
        if (bar_.guards_rest) return check_rest();
        if (guards_.guarded().empty())
            return draft_.sink.report(mark_, fmt::format("no guarded register in {}", bar_.name),
                                      "'every' repeats them: guard one, or leave it out");
        if (bar_.guards_every >= bar_.size)
            return draft_.sink.report(mark_, "nothing repeats behind the end of the BAR",
                                      fmt::format("the BAR has {:#x} bytes", bar_.size));
        for (const auto& each : guards_.guarded())
            if (each.end - each.begin > bar_.guards_every) return report_long(each);
        for (std::size_t i = 0; i < draft_.board.registers.size(); ++i)
            check_register(draft_.board.registers[i], draft_.register_marks[i]);
        for (std::size_t i = 0; i < draft_.board.areas.size(); ++i)
            check_area(draft_.board.areas[i], draft_.area_marks[i]);
    }

  private:
    void check_rest() const {
        const auto here = [&](const auto& what) { return what.bar == bar_.index; };
        if (std::ranges::none_of(draft_.board.registers, here) &&
            std::ranges::none_of(draft_.board.areas, here))
            draft_.sink.report(mark_, fmt::format("nothing of {} is described", bar_.name),
                               "'rest' leaves users what is: describe some, or leave it out");
    }

    void report_long(const bar_window& guard) const {
        draft_.sink.report(
            mark_,
            fmt::format("guarded registers at {}+{:#x} have {:#x} bytes, but are to repeat every "
                        "{:#x}",
                        bar_.name, guard.begin, guard.end - guard.begin, bar_.guards_every),
            "a guard ends before it repeats");
    }

    void report_met(text_mark mark, const std::string& path) const {
        draft_.sink.report(mark, fmt::format("{} stands where a guard repeats", path),
                           fmt::format("those of {} do every {:#x} bytes: guard it, too, or "
                                       "correct 'every'",
                                       bar_.name, bar_.guards_every));
    }

    /// A register that can only be read needs no guard.
    void check_register(const register_description& what, text_mark mark) const {
        if (what.bar != bar_.index || what.guard || what.access == access::ro) return;
        const auto elements = windows_of(what);
        const bool met = std::ranges::any_of(elements, [&](const auto& each) {
            return guards_.meets_guard(each.begin, each.end - each.begin);
        });
        if (met) report_met(mark, what.path);
    }

    void check_area(const area_description& what, text_mark mark) const {
        if (what.bar != bar_.index || what.access == access::ro) return;
        if (guards_.meets_guard(what.offset, what.size())) report_met(mark, what.path);
    }

    const board_draft& draft_;
    const bar_description& bar_;
    text_mark mark_;
    bar_guards guards_;
};

} // namespace

void read_guards(const yaml_node* node, bar_description& bar, board_draft& draft) {
    if (node == nullptr) return;
    map_reader keys(*node, draft.sink);
    const auto* const every = keys.find("every");
    const auto* const rest = keys.find("rest");
    keys.finish();
    if (every != nullptr && rest != nullptr)
        draft.sink.report(rest->key_mark, "'rest' beside 'every'",
                          "give one of them: 'rest' guards the repetitions, too");
    const auto period = read_size(every, draft.sink);
    bar.guards_every = period.value_or(0);
    bar.guards_rest = read_bool(rest, draft.sink).value_or(false);
    if (every != nullptr || bar.guards_rest)
        draft.guard_marks[bar.index] = (every != nullptr ? every : rest)->mark;
}

void check_guards(const board_draft& draft) {
    if (draft.sink.count() != 0) return;
    for (const auto& bar : draft.board.bars)
        if (draft.guard_marks.contains(bar.index)) guard_check(draft, bar).run();
}

} // namespace upciedev::inline v1::detail
