// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/table.hpp"

#include <upciedev/extend/transport_plugin.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

void list_as_json(const std::vector<upciedev::transport_info>& all) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& each : all)
        rows.push_back({{"scheme", each.scheme},
                        {"usage", each.usage},
                        {"title", each.title},
                        {"capabilities", each.can.names()},
                        {"file", each.file.string()},
                        {"problem", each.problem}});
    fmt::print("{}\n", nlohmann::ordered_json{{"transports", rows}}.dump(2));
}

} // namespace

void run_transports(const common& options) {
    const auto all = upciedev::transports();
    if (options.json) return list_as_json(all);
    table rows({style::bold, style::plain, style::cyan, style::yellow});
    rows.heading({"crate", "boards", "can", "refused because"});
    for (const auto& each : all)
        rows.row({each.usage, each.title, fmt::format("{}", fmt::join(each.can.names(), " ")),
                  each.problem});
    rows.print();
}

} // namespace cli
