// SPDX-License-Identifier: BSD-3-Clause
#include "board_file_loader.hpp"
#include "suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t most_engines = 64;
constexpr std::uint64_t largest_alignment = 1U << 20U;

/// One register, or the low and the high half of an address.
std::vector<register_part> read_host(const yaml_node* node, const board_draft& draft) {
    if (node == nullptr) return {};
    if (node->what != yaml_node::kind::sequence)
        return {read_part(node, draft, part_use::write_guarded)};
    if (node->items.size() != 2) {
        draft.sink.report(node->mark, "an address has one register, or two halves",
                          "write REGISTER or [LOW, HIGH]");
        return {};
    }
    return {read_part(node->items.data(), draft, part_use::write_guarded),
            read_part(node->items.data() + 1, draft, part_use::write_guarded)};
}

part_write read_write(const yaml_node& node, const board_draft& draft) {
    const auto part = find_part(node.key, node.key_mark, draft, part_use::write_guarded);
    const auto limit =
        part.path.empty() ? ~std::uint64_t{0} : low_bits(look_up(part, draft).width());
    return {part, read_unsigned(&node, draft.sink, limit).value_or(0)};
}

/// [{CTRL.START: 1}, {CTRL.START: 0}]: writes in order, of one register also several.
std::vector<part_write> read_writes(const yaml_node* node, const board_draft& draft) {
    if (node == nullptr) return {};
    std::vector<part_write> writes;
    if (node->what != yaml_node::kind::sequence || node->items.empty()) {
        draft.sink.report(node->mark, fmt::format("'{}' is no list of writes", node->key),
                          "write [{PATH: number}, ...]");
        return {};
    }
    for (const auto& item : node->items)
        if (item.what == yaml_node::kind::map && item.items.size() == 1)
            writes.push_back(read_write(item.items[0], draft));
        else
            draft.sink.report(item.mark, "one write is to stand here",
                              "write {PATH: number}, and the next one after it in the list");
    return writes;
}

template <class T, class Name>
std::string read_reference(const yaml_node* node, diagnostics& sink, const std::vector<T>& things,
                           std::string_view kind, Name name_of) {
    const auto wanted = read_text(node, sink);
    if (!wanted) return {};
    std::vector<std::string> names;
    names.reserve(things.size());
    for (const auto& thing : things)
        names.push_back(name_of(thing));
    if (std::find(names.begin(), names.end(), *wanted) == names.end())
        sink.report(node->mark, fmt::format("no {} '{}'", kind, *wanted),
                    did_you_mean(*wanted, names));
    return *wanted;
}

void read_sizes(map_reader& keys, dma_description& engine) {
    const auto* node = keys.find("alignment");
    engine.alignment = read_size(node, keys.sink()).value_or(1);
    if (!std::has_single_bit(engine.alignment) || engine.alignment > largest_alignment)
        keys.sink().report(node->mark,
                           fmt::format("an alignment of {} is not possible", node->text),
                           "it is a power of two, at most 1 MiB");
    engine.max_length = read_size(keys.require("max_length"), keys.sink()).value_or(0);
}

void read_engine(const yaml_node& node, board_draft& draft) {
    auto& sink = draft.sink;
    map_reader keys(node, sink);
    dma_description engine;
    engine.name = node.key;
    engine.to_board = read_choice<bool>(keys.require("direction"), sink,
                                        {{"from_board", false}, {"to_board", true}})
                          .value_or(false);
    engine.host = read_host(keys.require("host"), draft);
    engine.board = read_part(keys.find("board"), draft, part_use::write);
    const auto* start = keys.find("start");
    engine.length = read_part(keys.require("length"), draft,
                              start == nullptr ? part_use::write_guarded : part_use::write);
    engine.start = read_writes(start, draft);
    engine.stop = read_writes(keys.find("stop"), draft);
    engine.busy = read_part(keys.find("busy"), draft, part_use::read);
    engine.error = read_part(keys.find("error"), draft, part_use::read);
    engine.irq = read_reference(keys.find("irq"), sink, draft.board.irqs, "interrupt",
                                [](const auto& irq) { return irq.name; });
    engine.area = read_reference(keys.find("area"), sink, draft.board.areas, "area",
                                 [](const auto& area) { return area.path; });
    read_sizes(keys, engine);
    engine.text = read_text(keys.find("description"), sink).value_or("");
    if (keys.is_map() && keys.find("busy") == nullptr && keys.find("irq") == nullptr)
        sink.report(node.key_mark,
                    fmt::format("nothing tells the end of a transfer of {}", node.key),
                    "give its 'busy' register or field, its 'irq', or both");
    keys.finish();
    draft.board.dma.push_back(std::move(engine));
}

} // namespace

void read_dma(const yaml_node* node, board_draft& draft) {
    for (const auto& member : read_members(node, draft.sink)) {
        if (draft.board.dma.size() == most_engines)
            draft.sink.give_up(member.key_mark, fmt::format("more than {} engines", most_engines));
        if (check_key(member, draft.sink)) read_engine(member, draft);
    }
}

} // namespace upciedev::inline v1::detail
