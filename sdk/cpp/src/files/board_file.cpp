// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <upciedev/board_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace upciedev {
inline namespace v1 {

namespace detail {

namespace {

constexpr std::uint64_t last_bar = 5;
constexpr std::size_t longest_bar_name = 15;   // the driver keeps them so long
constexpr std::size_t longest_board_name = 31; // likewise

/// A stretch of a peer window, inside the BAR.
bar_description::stretch read_peer_scratch(const yaml_node& node, std::uint64_t bar_size,
                                           diagnostics& sink) {
    map_reader keys(node, sink);
    bar_description::stretch scratch;
    const auto* at = keys.require("scratch");
    scratch.offset = read_unsigned(at, sink).value_or(0);
    const auto* size = keys.require("size");
    scratch.size = read_size(size, sink).value_or(0);
    keys.finish();
    if (at == nullptr || size == nullptr || bar_size == 0) return scratch;
    if (scratch.size == 0 || scratch.size > bar_size || scratch.offset > bar_size - scratch.size)
        sink.report(
            at->mark,
            fmt::format("{} bytes at {:#x} are outside the BAR", scratch.size, scratch.offset),
            fmt::format("the BAR has {:#x} bytes", bar_size));
    if (scratch.offset % 64 != 0 || scratch.size % 64 != 0)
        sink.report(at->mark, "the scratch stretch is not whole in 64 bytes",
                    "engines move aligned units: give multiples of 64");
    return scratch;
}

/// `true`, or a map: then tests know where they may write.
void read_peer(const yaml_node* node, bar_description& bar, diagnostics& sink) {
    if (node == nullptr || node->what != yaml_node::kind::map) {
        bar.peer = read_bool(node, sink).value_or(false);
        return;
    }
    bar.peer = true;
    bar.scratch = read_peer_scratch(*node, bar.size, sink);
}

void read_bar(const yaml_node& node, board_draft& draft) {
    auto& sink = draft.sink;
    map_reader keys(node, sink);
    bar_description bar;
    bar.name = node.key;
    if (bar.name.size() > longest_bar_name)
        sink.report(node.key_mark, fmt::format("the name '{}' is too long", bar.name),
                    fmt::format("BAR names have up to {} letters", longest_bar_name));
    const auto* index_key = keys.require("index");
    bar.index = static_cast<unsigned>(read_unsigned(index_key, sink, last_bar).value_or(last_bar));
    const auto* size_key = keys.require("size");
    bar.size = read_size(size_key, sink).value_or(0);
    bar.write_combined = read_choice<bool>(keys.find("mapping"), sink,
                                           {{"uncached", false}, {"write-combined", true}})
                             .value_or(false);
    read_peer(keys.find("peer"), bar, sink);
    read_guards(keys.find("guards"), bar, draft);
    bar.order = read_order(keys.find("endian"), sink).value_or(draft.order);
    bar.text = read_text(keys.find("description"), sink).value_or("");
    keys.finish();

    if (bar.size != 0 && !std::has_single_bit(bar.size))
        sink.report(size_key->mark, fmt::format("'{}' is not a power of two", size_key->text),
                    "give the size of the PCI BAR, which always is one");
    if (const auto* other = draft.bar(bar.index); other != nullptr && index_key != nullptr)
        sink.report(index_key->mark,
                    fmt::format("BAR {} has the name '{}' already", bar.index, other->name));
    draft.board.bars.push_back(std::move(bar));
}

std::string read_board_name(map_reader& keys) {
    const auto* node = keys.require("board");
    auto name = read_text(node, keys.sink()).value_or("");
    if (!name.empty() && (!is_name(name, true) || name.size() > longest_board_name))
        keys.sink().report(
            node->mark, fmt::format("'{}' is not a board name", name),
            fmt::format("use up to {} letters, digits, '_' and '-'", longest_board_name));
    return name;
}

void read_keys(const yaml_node& root, board_draft& draft) {
    map_reader keys(root, draft.sink);
    auto& board = draft.board;
    read_format(keys);
    board.name = read_board_name(keys);
    board.title = read_text(keys.find("title"), draft.sink).value_or("");
    board.vendor = read_text(keys.find("vendor"), draft.sink).value_or("");
    board.text = read_text(keys.find("description"), draft.sink).value_or("");
    draft.order = read_order(keys.find("endian"), draft.sink).value_or(byte_order::little);
    read_bars(keys.require("bars"), draft);
    read_registers(keys.find("registers"), draft);
    board.matches = read_matches(keys.find("match"), draft.sink, &draft);
    read_areas(keys.find("areas"), draft);
    read_irqs(keys.find("irqs"), draft);
    read_dma(keys.find("dma"), draft);
    read_scratch(keys.find("scratch"), draft);
    keys.finish();
}

} // namespace

void read_board(const yaml_node& root, board_draft& draft) {
    read_keys(root, draft);
    check_layout(draft);
    check_guards(draft);
}

const bar_description* board_draft::bar(unsigned index) const noexcept {
    const auto found = std::find_if(board.bars.begin(), board.bars.end(),
                                    [&](const auto& bar) { return bar.index == index; });
    return found == board.bars.end() ? nullptr : &*found;
}

std::optional<byte_order> read_order(const yaml_node* node, diagnostics& sink) {
    return read_choice<byte_order>(node, sink,
                                   {{"little", byte_order::little}, {"big", byte_order::big}});
}

byte_order order_in_bar(const board_draft& draft, unsigned bar) {
    const auto* found = draft.bar(bar);
    return found == nullptr ? draft.order : found->order;
}

void read_bars(const yaml_node* node, board_draft& draft) {
    const auto errors = draft.sink.count();
    for (const auto& member : read_members(node, draft.sink))
        if (check_key(member, draft.sink)) read_bar(member, draft);
    draft.bars_are_sound = node != nullptr && draft.sink.count() == errors;
    std::sort(draft.board.bars.begin(), draft.board.bars.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
}

} // namespace detail

board_description_ptr parse_board_file(std::string_view text, const std::string& name) {
    detail::diagnostics sink(name);
    detail::board_draft draft(sink);
    sink.collect([&] { detail::read_board(detail::parse_yaml(text, sink), draft); });
    sink.throw_first();
    draft.board.file = name;
    draft.board.build_index();
    return std::make_shared<const board_description>(std::move(draft.board));
}

board_description_ptr load_board_file(const std::filesystem::path& file) {
    return parse_board_file(detail::read_text_file(file.string()), file.string());
}

} // namespace v1
} // namespace upciedev
