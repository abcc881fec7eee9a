// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "description/ids_text.hpp"
#include "output/naming.hpp"
#include "output/table.hpp"
#include "transport/claims.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

using upciedev::board_health;
using upciedev::crate_entry;

/// How one board does, as far as it can be told.
struct checkup {
    crate_entry who;
    std::optional<board_health> facts; ///< nothing where it could not be asked
    std::vector<std::string> complaints;
    std::string state; ///< ok, degraded, gone, missing, unknown

    [[nodiscard]] bool healthy() const { return state == "ok" || state == "unknown"; }
};

void add_correctable(checkup& one) {
    const auto& errors = one.facts->errors;
    if (errors && errors->correctable != 0)
        one.complaints.push_back(fmt::format("{} corrected bus errors", errors->correctable));
}

void examine(checkup& one, const upciedev::board& board, bool strict) {
    one.facts = board.health();
    one.complaints = one.facts->complaints();
    if (strict) add_correctable(one);
    if (one.who.expected == upciedev::expectation::wrong) one.complaints.push_back(one.who.remark);
    one.state = one.facts->gone ? "gone" : one.complaints.empty() ? "ok" : "degraded";
}

/// Of a board that cannot be opened.
checkup unexamined(const crate_entry& who) {
    const bool missing = who.expected == upciedev::expectation::missing;
    return {who, std::nullopt, {who.remark}, missing ? "missing" : "unknown"};
}

checkup check_up(const upciedev::crate& crate, const crate_entry& who, bool strict) {
    if (who.transport.empty()) return unexamined(who);
    checkup one{who, std::nullopt, {}, {}};
    try {
        examine(one, crate.board(key_of(who)), strict);
    } catch (const upciedev::error& failure) {
        one.state = failure.kind() == upciedev::errc::board_gone ? "gone" : "degraded";
        one.complaints.emplace_back(failure.what());
    }
    return one;
}

checkup check_up_one(const common& options, const health_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto id = board.identity();
    checkup one;
    one.who.slot = id.slot;
    one.who.name = board.description() ? board.name() : "";
    one.who.alias = board.alias();
    one.who.pci_address = id.pci_address;
    one.who.ids = id.ids;
    examine(one, board, arguments.strict);
    return one;
}

nlohmann::ordered_json link_json(const std::optional<upciedev::link_facts>& link) {
    if (!link) return nullptr;
    return {{"speed", link->speed},
            {"width", link->width},
            {"max_speed", link->max_speed},
            {"max_width", link->max_width}};
}

nlohmann::ordered_json errors_json(const std::optional<upciedev::error_counts>& errors) {
    if (!errors) return nullptr;
    return {{"correctable", errors->correctable},
            {"nonfatal", errors->nonfatal},
            {"fatal", errors->fatal}};
}

nlohmann::ordered_json checkup_json(const checkup& one) {
    const auto facts = one.facts.value_or(board_health{});
    return {{"crate", one.who.crate},
            {"slot", one.who.slot ? nlohmann::ordered_json(*one.who.slot) : nullptr},
            {"board", one.who.name},
            {"alias", one.who.alias},
            {"address", one.who.pci_address},
            {"state", one.state},
            {"complaints", one.complaints},
            {"simulated", facts.simulated},
            {"link", link_json(facts.link)},
            {"errors", errors_json(facts.errors)},
            {"claimed", claimed_json(facts.claimed)},
            {"card", facts.card},
            {"driver", facts.driver},
            {"firmware", facts.firmware},
            {"generation", facts.generation}};
}

void health_as_json(const std::vector<checkup>& all, bool healthy) {
    nlohmann::ordered_json json{{"healthy", healthy}};
    json["boards"] = nlohmann::ordered_json::array();
    for (const auto& each : all)
        json["boards"].push_back(checkup_json(each));
    fmt::print("{}\n", json.dump(2));
}

std::string speed_and_width(double speed, unsigned width) {
    const auto rate = speed == 0 ? "? GT/s" : fmt::format("{:g} GT/s", speed);
    return width == 0 ? rate : fmt::format("{} x{}", rate, width);
}

std::string link_text(const std::optional<upciedev::link_facts>& link) {
    if (!link) return "";
    auto now = speed_and_width(link->speed, link->width);
    if (!link->degraded()) return now;
    return fmt::format("{} of {}", now, speed_and_width(link->max_speed, link->max_width));
}

std::string errors_text(const std::optional<upciedev::error_counts>& errors) {
    if (!errors) return "";
    return fmt::format("{}/{}/{}", errors->correctable, errors->nonfatal, errors->fatal);
}

std::string driver_text(const board_health& facts) {
    if (facts.simulated) return "simulated " + facts.card;
    return facts.driver.empty() ? facts.card : fmt::format("{} {}", facts.card, facts.driver);
}

std::string board_text(const checkup& one) {
    if (!one.who.name.empty()) return one.who.name;
    return upciedev::detail::ids_text(one.who.ids);
}

void health_as_table(const std::vector<checkup>& all) {
    table rows({style::bold, style::green, style::cyan, style::bold, style::plain, style::plain,
                style::plain, style::plain, style::dim, style::yellow});
    const bool several = in_several_crates(all, &checkup::who);
    rows.align_right(0);
    rows.heading({"slot", "board", "alias", "state", "link", "cor/nonfatal/fatal", "claimed by",
                  "driver", "firmware", "complaints"});
    for (const auto& each : all) {
        const auto facts = each.facts.value_or(board_health{});
        rows.row({slot_text(each.who, several), board_text(each), each.who.alias, each.state,
                  link_text(facts.link), errors_text(facts.errors),
                  facts.claimed ? upciedev::detail::describe(*facts.claimed) : "",
                  driver_text(facts), facts.firmware,
                  fmt::format("{}", fmt::join(each.complaints, "; "))});
    }
    rows.print();
}

void health_as_facts(const checkup& one) {
    const auto& facts = *one.facts;
    table rows({style::dim, style::plain});
    const auto fact = [&](const char* name, const std::string& text) {
        if (!text.empty()) rows.row({name, text});
    };
    fact("board", entry_text(one.who));
    fact("state", one.state);
    for (const auto& each : one.complaints)
        fact("complaint", each);
    fact("link", link_text(facts.link));
    if (facts.errors)
        fact("errors",
             fmt::format("{} corrected, {} non-fatal, {} fatal", facts.errors->correctable,
                         facts.errors->nonfatal, facts.errors->fatal));
    if (facts.simulated) fact("link, errors", "none: it is simulated");
    fact("claimed by", facts.claimed ? upciedev::detail::describe(*facts.claimed) : "nobody");
    fact("driver", driver_text(facts));
    fact("firmware", facts.firmware);
    fact("generation", std::to_string(facts.generation));
    rows.print();
}

bool health_of_board(const common& options, const health_arguments& arguments) {
    const auto one = check_up_one(options, arguments);
    if (options.json)
        health_as_json({one}, one.healthy());
    else
        health_as_facts(one);
    return one.healthy();
}

bool health_of_crate(const common& options, const health_arguments& arguments) {
    const auto crate = open_crate(options);
    std::vector<checkup> all;
    for (const auto& entry : crate.list())
        all.push_back(check_up(crate, entry, arguments.strict));
    const bool healthy = std::ranges::all_of(all, &checkup::healthy);
    if (options.json)
        health_as_json(all, healthy);
    else if (all.empty())
        fmt::print("no boards in {}\n", crate.uri());
    else
        health_as_table(all);
    return healthy;
}

} // namespace

bool run_health(const common& options, const health_arguments& arguments) {
    return arguments.board.empty() ? health_of_crate(options, arguments)
                                   : health_of_board(options, arguments);
}

} // namespace cli
