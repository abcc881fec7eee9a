// SPDX-License-Identifier: BSD-3-Clause
#include "files/crate_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace upciedev {
inline namespace v1 {

namespace detail {

namespace {

using kind = yaml_node::kind;

constexpr unsigned last_slot = 8191; // the physical slot number has 13 bits

std::optional<unsigned> slot_number(const yaml_node& node, diagnostics& sink) {
    unsigned slot = 0;
    const auto* const end = node.key.data() + node.key.size();
    const auto [rest, problem] = std::from_chars(node.key.data(), end, slot);
    if (problem == std::errc{} && rest == end && slot >= 1 && slot <= last_slot &&
        node.key.front() != '0')
        return slot;
    sink.report(node.key_mark, fmt::format("'{}' is not a slot number", node.key),
                fmt::format("slots are 1 to {}", last_slot));
    return std::nullopt;
}

std::map<std::string, double> read_simulate(const yaml_node* node, diagnostics& sink) {
    std::map<std::string, double> values;
    for (const auto& member : read_members(node, sink))
        if (const auto number = read_number(&member, sink))
            values[member.key] = number->to_double();
    return values;
}

std::vector<std::string> read_texts(const yaml_node* node, diagnostics& sink) {
    std::vector<std::string> texts;
    if (node == nullptr) return texts;
    if (node->what != kind::sequence)
        sink.report(node->mark, fmt::format("'{}' is not a list", node->key), "write [a, b]");
    for (const auto& item : node->items)
        if (auto text = read_text(&item, sink)) texts.push_back(std::move(*text));
    return texts;
}

std::optional<qemu_device> read_qemu(const yaml_node* node, diagnostics& sink) {
    if (node == nullptr) return std::nullopt;
    map_reader keys(*node, sink);
    qemu_device device;
    device.device = read_text(keys.require("device"), sink).value_or("");
    device.objects = read_texts(keys.find("objects"), sink);
    keys.finish();
    return device;
}

bool check_crate_name(const std::string& name, text_mark at, diagnostics& sink) {
    if (is_name(name, true)) return true;
    sink.report(at, fmt::format("'{}' is not a crate name", name),
                "write letters, digits, '_' and '-', beginning with a letter");
    return false;
}

/// A board by name, or by its ids.
std::optional<expected_board> read_expected(const yaml_node* node, diagnostics& sink) {
    if (node == nullptr) return std::nullopt;
    expected_board board;
    if (node->what == kind::map) {
        board.ids = read_ids(*node, sink);
        return board;
    }
    board.name = read_text(node, sink).value_or("");
    if (!board.name.empty() && !is_name(board.name, true))
        sink.report(node->mark, fmt::format("'{}' is not a board name", board.name),
                    "give the name in its board file, or {vendor: 0x..., device: 0x...}");
    return board;
}

std::string read_alias(map_reader& keys, const crate_file& crate) {
    const auto* node = keys.find("alias");
    auto alias = read_text(node, keys.sink()).value_or("");
    if (alias.empty()) return alias;
    if (!is_name(alias, true))
        keys.sink().report(node->mark, fmt::format("'{}' is not an alias", alias),
                           "write letters, digits, '_' and '-', beginning with a letter");
    for (const auto& other : crate.slots)
        if (other.alias == alias && other.crate == crate.crates.back().name)
            keys.sink().report(
                node->mark, fmt::format("slot {} has the alias '{}' already", other.slot, alias));
    return alias;
}

} // namespace

std::string read_model(const yaml_node* node, diagnostics& sink) {
    auto text = read_text(node, sink).value_or("");
    if (text.find('/') != std::string::npos) {
        const auto folder = std::filesystem::path(sink.file()).parent_path();
        return std::filesystem::absolute(folder / text).lexically_normal();
    }
    if (!text.empty() && !is_name(text, true))
        sink.report(node->mark, fmt::format("'{}' is not a model", text),
                    "give a library with a '/' (./libmine.so), or the NAME of one that is called "
                    "libupciedev-model-NAME.so");
    return text;
}

namespace {

void read_model_of(crate_slot& slot, map_reader& keys) {
    const auto* node = keys.find("model");
    slot.model = read_model(node, keys.sink());
    if (slot.model.empty()) return;
    slot.model_where = keys.sink().where(node->mark);
    if (slot.board.empty())
        keys.sink().report(node->key_mark, "a model needs a board file",
                           "give the slot's 'board', too");
}

void read_slot(const yaml_node& node, crate_file& crate, diagnostics& sink) {
    const auto number = slot_number(node, sink);
    map_reader keys(node, sink);
    crate_slot slot;
    slot.crate = crate.crates.back().name;
    slot.slot = number.value_or(0);
    slot.where = sink.where(node.key_mark);
    const auto folder = std::filesystem::path(sink.file()).parent_path();
    if (const auto board = read_text(keys.find("board"), sink))
        slot.board = (folder / *board).lexically_normal();
    slot.alias = read_alias(keys, crate);
    slot.simulate = read_simulate(keys.find("simulate"), sink);
    read_model_of(slot, keys);
    slot.qemu = read_qemu(keys.find("qemu"), sink);
    slot.expected = read_expected(keys.find("expected"), sink);
    if (keys.finish() && slot.board.empty() && !slot.qemu && !slot.expected)
        sink.report(node.key_mark, fmt::format("nothing is said about slot {}", node.key),
                    "give its 'board', its 'qemu' device, the board 'expected' there");
    crate.slots.push_back(std::move(slot));
}

/// "0000:02:00.0"
bool is_pci_address(std::string_view text) {
    static constexpr std::string_view shape = "xxxx:xx:xx.x";
    const auto fits = [](char c, char wanted) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        return wanted == 'x' ? hex : c == wanted;
    };
    return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), fits);
}

std::string read_port(const yaml_node* node, const crate_file& crate, diagnostics& sink) {
    auto port = read_text(node, sink).value_or("");
    if (port.empty()) return port;
    if (!is_pci_address(port))
        sink.report(node->mark, fmt::format("'{}' is not a PCI address", port),
                    "write it as in /sys/bus/pci/devices: 0000:02:00.0");
    for (const auto& other : crate.crates)
        if (other.port == port)
            sink.report(node->mark,
                        fmt::format("{} is the port of crate '{}' already", port, other.name));
    return port;
}

/// How a simulated crate treats requests between boards.
void read_peers(map_reader& keys, crate_part& crate) {
    crate.peer_reads = read_bool(keys.find("peer_reads"), keys.sink()).value_or(false);
    crate.peer_root_complex =
        read_bool(keys.find("peer_root_complex"), keys.sink()).value_or(false);
}

void read_slots(const yaml_node* node, crate_file& crate, diagnostics& sink) {
    for (const auto& member : read_members(node, sink))
        read_slot(member, crate, sink);
}

/// The only crate of a file, whose keys stand at the top.
void read_only_crate(map_reader& keys, crate_file& crate) {
    auto& sink = keys.sink();
    const auto* name = keys.require("crate");
    crate.name = read_text(name, sink).value_or("");
    if (!crate.name.empty()) check_crate_name(crate.name, name->mark, sink);
    const auto port = read_port(keys.find("port"), crate, sink);
    crate.crates.push_back({.name = crate.name, .title = crate.title, .port = port});
    read_peers(keys, crate.crates.back());
    read_slots(keys.require("slots"), crate, sink);
}

/// One of several.
void read_part(const yaml_node& node, crate_file& crate, diagnostics& sink) {
    if (!check_crate_name(node.key, node.key_mark, sink)) return;
    map_reader keys(node, sink);
    const auto title = read_text(keys.find("title"), sink).value_or("");
    const auto port = read_port(keys.require("port"), crate, sink);
    crate.crates.push_back({.name = node.key, .title = title, .port = port});
    read_peers(keys, crate.crates.back());
    crate.name += (crate.name.empty() ? "" : ", ") + node.key;
    read_slots(keys.require("slots"), crate, sink);
    keys.finish();
}

} // namespace

void read_crate(const yaml_node& root, crate_file& crate, diagnostics& sink) {
    map_reader keys(root, sink);
    read_format(keys);
    crate.title = read_text(keys.find("title"), sink).value_or("");
    if (const auto* several = keys.find("crates"))
        for (const auto& member : read_members(several, sink))
            read_part(member, crate, sink);
    else
        read_only_crate(keys, crate);
    keys.finish();
    std::stable_sort(crate.slots.begin(), crate.slots.end(), [](const auto& a, const auto& b) {
        return std::pair(a.crate, a.slot) < std::pair(b.crate, b.slot);
    });
}

} // namespace detail

crate_file crate_file::parse(std::string_view text, const std::string& name) {
    detail::diagnostics sink(name);
    crate_file crate;
    crate.file = name;
    sink.collect([&] { detail::read_crate(detail::parse_yaml(text, sink), crate, sink); });
    sink.throw_first();
    return crate;
}

crate_file crate_file::load(const std::filesystem::path& file) {
    return parse(detail::read_text_file(file.string()), file.string());
}

} // namespace v1
} // namespace upciedev
