// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "picture.hpp"
#include "table.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

std::string ids_text(const upciedev::board_ids& ids) {
    return fmt::format("{:04x}:{:04x}", ids.vendor, ids.device);
}

nlohmann::ordered_json to_json(const upciedev::crate_entry& board) {
    nlohmann::ordered_json result;
    result["slot"] = board.slot ? nlohmann::ordered_json(*board.slot) : nullptr;
    result["board"] = board.name;
    result["alias"] = board.alias;
    result["title"] = board.title;
    result["address"] = board.pci_address;
    result["ids"] = ids_text(board.ids);
    result["transport"] = board.transport;
    result["remark"] = board.remark;
    return result;
}

void print_json(const upciedev::crate& crate, const std::vector<upciedev::crate_entry>& boards) {
    nlohmann::ordered_json result{{"crate", crate.uri()}, {"title", crate.title()}};
    result["boards"] = nlohmann::ordered_json::array();
    for (const auto& board : boards)
        result["boards"].push_back(to_json(board));
    fmt::print("{}\n", result.dump(2));
}

void print_table(const std::vector<upciedev::crate_entry>& boards) {
    table rows({style::bold, style::green, style::cyan, style::plain, style::dim, style::dim,
                style::plain, style::yellow});
    rows.align_right(0);
    rows.heading({"slot", "board", "alias", "address", "ids", "through", "what", "remark"});
    for (const auto& board : boards)
        rows.row({board.slot ? std::to_string(*board.slot) : "-",
                  board.name.empty() ? "(no board file)" : board.name, board.alias,
                  board.pci_address, ids_text(board.ids), board.transport, board.title,
                  board.remark});
    rows.print();
}

} // namespace

void run_ls(const common& options, const ls_arguments& arguments) {
    const auto crate = open_crate(options);
    const auto boards = crate.list();
    if (options.json) return print_json(crate, boards);
    if (!crate.title().empty()) fmt::print("{}\n", paint(style::bold, crate.title()));
    if (arguments.picture || output_is_terminal())
        fmt::print("{}", draw_crate(boards, utf8_wanted()));
    if (boards.empty())
        fmt::print("no boards in {}\n", crate.uri());
    else
        print_table(boards);
}

} // namespace cli
