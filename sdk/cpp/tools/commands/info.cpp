// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "description/ids_text.hpp"
#include "output/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

constexpr unsigned bars = 6;

std::string kind_of(const upciedev::bar_facts& bar) {
    std::string text = bar.io_ports ? "I/O ports" : bar.is_64bit ? "64-bit" : "32-bit";
    if (bar.prefetchable) text += " prefetchable";
    if (!bar.assigned) text += " (no address assigned)";
    return text;
}

nlohmann::ordered_json to_json(unsigned index, const upciedev::bar_facts& bar) {
    return {{"bar", index},
            {"name", bar.name},
            {"size", bar.size},
            {"io_ports", bar.io_ports},
            {"is_64bit", bar.is_64bit},
            {"prefetchable", bar.prefetchable},
            {"assigned", bar.assigned},
            {"mapping", bar.mapping}};
}

nlohmann::ordered_json file_json(const upciedev::board& board) {
    const auto& description = board.description();
    if (!description) return nullptr;
    return {{"path", description->file},
            {"reason", board.file_reason()},
            {"registers", description->all_registers().size()},
            {"areas", description->areas.size()}};
}

/// "IRQ_ENABLE.DONE"
std::vector<std::string> enable_bits(const upciedev::board& board) {
    std::vector<std::string> names;
    if (!board.description()) return names;
    for (const auto& irq : board.description()->irqs)
        if (const auto& [path, field] = irq.enable; !path.empty())
            names.push_back(field.empty() ? path : fmt::format("{}.{}", path, field));
    return names;
}

/// The same board in the crate's list, where it is compared with what is expected.
upciedev::crate_entry entry_of(const upciedev::crate& crate, const upciedev::board& board) {
    const auto who = board.identity();
    for (const auto& entry : crate.list())
        if (entry.slot == who.slot && entry.pci_address == who.pci_address &&
            entry.alias == board.alias() && entry.expected != upciedev::expectation::missing)
            return entry;
    return {};
}

void print_json(const upciedev::board& board, const upciedev::crate_entry& entry) {
    const auto who = board.identity();
    nlohmann::ordered_json json{{"board", board.name()}, {"label", board.label()}};
    json["title"] = board.description() ? board.description()->title : "";
    json["alias"] = board.alias();
    const auto expected = upciedev::word_of(entry.expected);
    json["crate"] = entry.crate;
    json["expected"] = expected.empty() ? nullptr : nlohmann::ordered_json(expected);
    json["remark"] = entry.remark;
    json["slot"] = who.slot ? nlohmann::ordered_json(*who.slot) : nullptr;
    json["address"] = who.pci_address;
    json["ids"] = {{"vendor", who.ids.vendor},
                   {"device", who.ids.device},
                   {"subvendor", who.ids.subvendor},
                   {"subdevice", who.ids.subdevice}};
    json["transport"] = board.way().name();
    json["writable"] = board.way().writable();
    json["capabilities"] = board.way().capabilities().names();
    json["card"] = who.card;
    json["driver"] = who.driver;
    json["generation"] = who.generation;
    json["board_file"] = file_json(board);
    json["enable_bits"] = enable_bits(board);
    json["bars"] = nlohmann::ordered_json::array();
    for (unsigned index = 0; index < bars; ++index)
        if (const auto bar = board.way().bar(index); bar.size > 0)
            json["bars"].push_back(to_json(index, bar));
    fmt::print("{}\n", json.dump(2));
}

std::string file_text(const upciedev::board& board) {
    const auto& description = board.description();
    if (!description)
        return fmt::format("none matches; registers are named BAR:offset{}{}",
                           board.file_reason().empty() ? "" : "; ", board.file_reason());
    return fmt::format("{} ({}); {} registers, {} areas", description->file, board.file_reason(),
                       description->all_registers().size(), description->areas.size());
}

std::string enable_text(const upciedev::board& board) {
    const auto names = enable_bits(board);
    if (names.empty()) return {};
    return fmt::format("{}: the driver's, writes leave them as they are", fmt::join(names, ", "));
}

void print_facts(const upciedev::board& board, const upciedev::crate_entry& entry) {
    const auto who = board.identity();
    table rows({style::dim, style::plain});
    const auto fact = [&](const char* name, const std::string& text) {
        if (!text.empty()) rows.row({name, text});
    };
    fact("board", board.description() && !board.description()->title.empty()
                      ? fmt::format("{}: {}", board.name(), board.description()->title)
                      : board.name());
    fact("maker", board.description() ? board.description()->vendor : "");
    fact("crate", entry.crate);
    fact("slot", who.slot ? std::to_string(*who.slot) : "in no numbered slot");
    fact("alias", board.alias());
    fact("address", who.pci_address);
    fact("ids", upciedev::detail::all_ids_text(who.ids));
    fact("through", board.way().name() + (board.way().writable() ? "" : ", read-only"));
    fact("can", fmt::format("{}", fmt::join(board.way().capabilities().names(), ", ")));
    fact("card", who.card);
    fact("driver", who.driver.empty() ? "" : "upciedev " + who.driver);
    fact("board file", file_text(board));
    fact("enable bits", enable_text(board));
    fact("remark", entry.remark);
    rows.print();
}

void print_bars(const upciedev::board& board) {
    table rows({style::bold, style::cyan, style::plain, style::plain, style::plain});
    rows.align_right(2);
    rows.heading({"BAR", "name", "size", "kind", "mapped"});
    for (unsigned index = 0; index < bars; ++index)
        if (const auto bar = board.way().bar(index); bar.size > 0)
            rows.row(
                {std::to_string(index), bar.name, human_size(bar.size), kind_of(bar), bar.mapping});
    if (rows.empty()) return;
    fmt::print("\n");
    rows.print();
}

} // namespace

void run_info(const common& options, const info_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto entry = entry_of(open_crate(options), board);
    if (options.json) return print_json(board, entry);
    print_facts(board, entry);
    print_bars(board);
}

} // namespace cli
