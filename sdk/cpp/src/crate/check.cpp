// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"
#include "files/crate_file_loader.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/check.hpp>
#include <upciedev/extend/model_plugin.hpp>
#include <upciedev/extend/sim.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace upciedev {
inline namespace v1 {

namespace detail {

namespace {

const yaml_node* member(const yaml_node& node, std::string_view key) {
    const auto found = std::find_if(node.items.begin(), node.items.end(),
                                    [&](const auto& item) { return item.key == key; });
    return found == node.items.end() ? nullptr : &*found;
}

bool is_crate(const yaml_node& root) {
    return member(root, "board") == nullptr &&
           (member(root, "crate") != nullptr || member(root, "slots") != nullptr ||
            member(root, "crates") != nullptr);
}

using simulated = std::map<std::string, double>;

/// Why a board cannot start with these values and this model, or nothing.
std::optional<error> start_error(const board_description_ptr& board, const simulated& values,
                                 const crate_slot& slot = {}) {
    try {
        const sim_board started(board, std::nullopt,
                                {.simulate = values, .behaviour = model_of(slot)});
        return std::nullopt;
    } catch (const error& wrong) {
        return wrong;
    }
}

/// The board files that a crate names, each looked at once.
class boards_of_crate {
  public:
    explicit boards_of_crate(diagnostics& sink) : sink_(sink) {}

    void check(const yaml_node& slot) {
        const auto* board = member(slot, "board");
        if (board == nullptr || board->text.empty()) return;
        const auto& description = load(*board);
        const auto* simulate = member(slot, "simulate");
        if (description == nullptr) return;
        if (simulate != nullptr) check_simulate(*simulate, description);
        if (const auto* model = member(slot, "model")) check_model(*model, description);
        if (const auto* expected = member(slot, "expected"))
            check_expected(*expected, *description);
    }

  private:
    /// Null, and reported, where it does not load.
    const board_description_ptr& load(const yaml_node& board) {
        const auto [known, is_new] = boards_.try_emplace(board.text);
        if (!is_new) return known->second;
        const auto folder = std::filesystem::path(sink_.file()).parent_path();
        const auto file = (folder / board.text).lexically_normal();
        try {
            known->second = load_board_file(file);
        } catch (const error& wrong) {
            sink_.report(board.mark, fmt::format("its board file does not load: {}", wrong.what()),
                         wrong.where() == file ? "" : "see: upciedev check " + file.string());
        }
        return known->second;
    }

    void check_expected(const yaml_node& expected, const board_description& board) {
        if (expected.what != yaml_node::kind::scalar || expected.text == board.name) return;
        sink_.report(expected.mark,
                     fmt::format("'{}' is expected, but the slot's board file is '{}'",
                                 expected.text, board.name),
                     "leave one of them out, or name the same board in both");
    }

    void check_model(const yaml_node& node, const board_description_ptr& board) {
        diagnostics ignored(sink_.file()); // the loader has reported what is no name
        crate_slot slot;
        slot.model = read_model(&node, ignored);
        if (const auto wrong = start_error(board, {}, slot))
            sink_.report(node.mark, wrong->reason(), wrong->remedy());
    }

    void check_simulate(const yaml_node& node, const board_description_ptr& board) {
        simulated all;
        diagnostics ignored(sink_.file()); // the loader has reported what is no number
        for (const auto& entry : node.items)
            if (const auto number = read_number(&entry, ignored))
                all[entry.key] = number->to_double();
        if (!start_error(board, all)) return;
        for (const auto& entry : node.items)
            if (all.contains(entry.key))
                if (const auto wrong = start_error(board, {{entry.key, all[entry.key]}}))
                    sink_.report(entry.key_mark, wrong->reason(), wrong->remedy());
    }

    diagnostics& sink_;
    std::map<std::string, board_description_ptr> boards_;
};

void check_crate(const yaml_node& root, diagnostics& sink, file_report& report) {
    crate_file crate;
    read_crate(root, crate, sink);
    report.name = crate.name;
    report.slots = crate.slots.size();
    boards_of_crate boards(sink);
    const auto check_slots = [&](const yaml_node& crate_keys) {
        if (const auto* slots = member(crate_keys, "slots"))
            for (const auto& slot : slots->items)
                boards.check(slot);
    };
    check_slots(root);
    if (const auto* crates = member(root, "crates"))
        for (const auto& one : crates->items)
            check_slots(one);
}

void check_board(const yaml_node& root, diagnostics& sink, file_report& report) {
    board_draft draft(sink);
    read_board(root, draft);
    report.name = draft.board.name;
    report.registers = draft.board.registers.size();
    report.areas = draft.board.areas.size();
}

void check_root(const yaml_node& root, diagnostics& sink, file_report& report) {
    report.kind = is_crate(root) ? file_kind::crate : file_kind::board;
    if (report.kind == file_kind::crate)
        check_crate(root, sink, report);
    else
        check_board(root, sink, report);
}

} // namespace

} // namespace detail

namespace {

std::string line_of(std::string_view text, int number) {
    for (int line = 1; line < number && !text.empty(); ++line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    text = text.substr(0, text.find('\n'));
    return std::string(text.ends_with('\r') ? text.substr(0, text.size() - 1) : text);
}

} // namespace

file_report check_text(std::string_view text, const std::string& name) {
    file_report report;
    report.file = name;
    detail::diagnostics sink(name);
    report.complete =
        sink.collect([&] { detail::check_root(detail::parse_yaml(text, sink), sink, report); });
    for (auto& [at, what, remedy] : sink.sorted())
        report.problems.push_back(
            {at.line, at.column, std::move(what), std::move(remedy), line_of(text, at.line)});
    return report;
}

file_report check_file(const std::filesystem::path& file) {
    try {
        return check_text(detail::read_text_file(file.string()), file.string());
    } catch (const error& unreadable) {
        file_report report;
        report.file = file.string();
        report.problems = {{0, 0, unreadable.reason(), unreadable.remedy(), {}}};
        report.complete = false;
        return report;
    }
}

} // namespace v1
} // namespace upciedev
