// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "description/ids_text.hpp"
#include "output/naming.hpp"
#include "output/picture.hpp"
#include "output/table.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

void print_json(const upciedev::crate& crate, const std::vector<upciedev::crate_entry>& boards) {
    nlohmann::ordered_json result{{"crate", crate.uri()}, {"title", crate.title()}};
    result["boards"] = nlohmann::ordered_json::array();
    for (const auto& board : boards)
        result["boards"].push_back(entry_json(board));
    fmt::print("{}\n", result.dump(2));
}

std::string name_text(const upciedev::crate_entry& board) {
    if (board.expected == upciedev::expectation::missing) return "(missing)";
    return board.name.empty() ? "(no board file)" : board.name;
}

void print_table(const std::vector<upciedev::crate_entry>& boards) {
    table rows({style::bold, style::green, style::cyan, style::plain, style::dim, style::dim,
                style::plain, style::yellow});
    const bool several = in_several_crates(boards);
    rows.align_right(0);
    rows.heading({"slot", "board", "alias", "address", "ids", "through", "what", "remark"});
    for (const auto& board : boards) {
        const bool missing = board.expected == upciedev::expectation::missing;
        rows.row({slot_text(board, several), name_text(board), board.alias, board.pci_address,
                  missing ? "" : upciedev::detail::ids_text(board.ids), board.transport,
                  board.title, board.remark});
    }
    rows.print();
}

/// One for each crate.
void print_pictures(const std::vector<upciedev::crate_entry>& boards) {
    std::map<std::string, std::vector<upciedev::crate_entry>> crates;
    for (const auto& board : boards)
        crates[board.crate].push_back(board);
    for (const auto& [name, members] : crates) {
        if (crates.size() > 1 && !name.empty()) fmt::print("{}\n", paint(style::bold, name));
        fmt::print("{}", draw_crate(members, utf8_wanted()));
    }
}

} // namespace

void run_ls(const common& options, const ls_arguments& arguments) {
    const auto crate = open_crate(options);
    const auto boards = crate.list();
    if (options.json) return print_json(crate, boards);
    if (!crate.title().empty()) fmt::print("{}\n", paint(style::bold, crate.title()));
    if (arguments.picture || output_is_terminal()) print_pictures(boards);
    if (boards.empty())
        fmt::print("no boards in {}\n", crate.uri());
    else
        print_table(boards);
}

} // namespace cli
