// SPDX-License-Identifier: BSD-3-Clause
// reset, remove and rescan.
#include "commands/commands.hpp"
#include "output/naming.hpp"
#include "transport/claims.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace cli {
namespace {

using upciedev::crate_entry;
using upciedev::errc;
using upciedev::error;

void refuse_if_claimed(const upciedev::board& board) {
    const auto who = board.way().claimed_by_other();
    if (!who) return;
    throw error(errc::busy, board.label(), "claimed by " + upciedev::detail::describe(*who),
                "wait for it to end, or remove the board all the same with --force");
}

/// Boards that are there, not those that only should be.
std::vector<crate_entry> boards_present(const upciedev::crate& crate) {
    auto all = crate.list();
    std::erase_if(all,
                  [](const auto& each) { return each.expected == upciedev::expectation::missing; });
    return all;
}

/// Those of \p these that are not among \p others.
std::vector<crate_entry> without(const std::vector<crate_entry>& these,
                                 const std::vector<crate_entry>& others) {
    std::vector<crate_entry> rest;
    std::ranges::copy_if(these, std::back_inserter(rest), [&](const auto& each) {
        return std::ranges::none_of(
            others, [&](const auto& other) { return key_of(other) == key_of(each); });
    });
    return rest;
}

nlohmann::ordered_json brief_json(const std::vector<crate_entry>& entries) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& each : entries)
        all.push_back({{"crate", each.crate},
                       {"slot", each.slot ? nlohmann::ordered_json(*each.slot) : nullptr},
                       {"board", each.name},
                       {"address", each.pci_address}});
    return all;
}

void check_occupied(unsigned slot, const std::vector<crate_entry>& boards) {
    if (std::ranges::any_of(boards, [&](const auto& each) { return each.slot == slot; })) return;
    throw error(errc::no_such_board, fmt::format("slot {}", slot), "is empty after the rescan too",
                "is the board's handle closed, is the slot powered by the MCH? dmesg tells what "
                "the kernel saw");
}

} // namespace

void run_reset(const common& options, const reset_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    board.reset();
    const auto generation = board.identity().generation;
    if (!options.json)
        return fmt::print("{}: reset and back, as generation {}\n", board.label(), generation);
    fmt::print("{}\n", nlohmann::ordered_json{{"board", board.label()},
                                              {"reset", true},
                                              {"generation", generation}}
                           .dump(2));
}

void run_remove(const common& options, const remove_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto label = board.label();
    const auto address = board.identity().pci_address;
    if (!arguments.force) refuse_if_claimed(board);
    board.remove();
    if (!options.json)
        return fmt::print("{}: removed; unplug it, or bring it back with: upciedev rescan\n",
                          label);
    fmt::print(
        "{}\n",
        nlohmann::ordered_json{{"board", label}, {"address", address}, {"removed", true}}.dump(2));
}

void run_rescan(const common& options, const rescan_arguments& arguments) {
    const auto crate = open_crate(options);
    const auto before = boards_present(crate);
    if (arguments.slot)
        crate.rescan(*arguments.slot);
    else
        crate.rescan();
    const auto after = boards_present(crate);
    if (arguments.slot) check_occupied(*arguments.slot, after);
    const auto found = without(after, before);
    if (options.json)
        return fmt::print("{}\n", nlohmann::ordered_json{{"crate", crate.uri()},
                                                         {"found", brief_json(found)},
                                                         {"boards", after.size()}}
                                      .dump(2));
    for (const auto& each : found)
        fmt::print("found {}\n", entry_text(each));
    fmt::print("{} boards, {} of them found now\n", after.size(), found.size());
}

} // namespace cli
