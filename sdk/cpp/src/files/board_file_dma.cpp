// SPDX-License-Identifier: BSD-3-Clause
#include "base/suggest.hpp"
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t most_engines = 64;
constexpr std::uint64_t largest_alignment = 1U << 20U;
constexpr unsigned least_address_bits = 16;
constexpr std::uint64_t most_descriptors = 65536;

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

/// Bits of all these registers or fields together.
unsigned width_of(const std::vector<register_part>& parts, const board_draft& draft) {
    unsigned width = 0;
    for (const auto& part : parts)
        if (!part.path.empty()) width += look_up(part, draft).width();
    return width == 0 ? 64 : std::min(width, 64U);
}

void read_address_bits(const yaml_node* node, const board_draft& draft, dma_description& engine) {
    const auto width = width_of(engine.host, draft);
    const auto bits = read_unsigned(node, draft.sink, width);
    engine.address_bits = bits ? static_cast<unsigned>(*bits) : width;
    if (bits && *bits < least_address_bits)
        draft.sink.report(node->mark, fmt::format("{} bits are no bus address", node->text),
                          fmt::format("it has {} to {}", least_address_bits, width));
}

/// The size of the area, if there is one.
std::uint64_t area_size(const dma_description& engine, const board_draft& draft) {
    for (const auto& area : draft.board.areas)
        if (area.path == engine.area) return area.size();
    return 0;
}

/// Whether the register that takes the offset can hold the last one.
bool reaches(const dma_description& engine, const board_draft& draft) {
    if (engine.descriptors != 0) return engine.memory_size <= ~engine.memory_at;
    if (engine.board.path.empty()) return engine.memory_at == 0;
    const auto last = low_bits(look_up(engine.board, draft).width());
    const auto behind = std::max<std::uint64_t>(engine.memory_size, 1) - 1;
    return engine.memory_at <= last && behind <= last - engine.memory_at;
}

void read_memory(const yaml_node* node, const board_draft& draft, dma_description& engine) {
    const auto limit = area_size(engine, draft);
    engine.memory_size = limit;
    if (node == nullptr) return;
    map_reader keys(*node, draft.sink);
    engine.memory_at = read_unsigned(keys.require("at"), draft.sink).value_or(0);
    const auto* size = keys.require("size");
    engine.memory_size = read_size(size, draft.sink).value_or(limit);
    if (!keys.finish()) return;
    if (limit != 0 && engine.memory_size > limit)
        draft.sink.report(size->mark, fmt::format("{} is more than the area has", size->text),
                          fmt::format("{} has {} bytes", engine.area, limit));
    if (!reaches(engine, draft))
        draft.sink.report(node->mark, fmt::format("{} cannot reach all of it", engine.name),
                          "the register of 'board' takes 'at' and the offsets behind it");
}

/// An engine whose registers take one transfer.
void read_transfer(map_reader& keys, const board_draft& draft, dma_description& engine) {
    engine.board = read_part(keys.find("board"), draft, part_use::write);
    const auto* start = keys.find("start");
    engine.length = read_part(keys.require("length"), draft,
                              start == nullptr ? part_use::write_guarded : part_use::write);
    engine.start = read_writes(start, draft);
}

/// One that takes a list of them, in which offsets and lengths stand.
void read_list(map_reader& keys, const yaml_node& most, const board_draft& draft,
               dma_description& engine) {
    engine.descriptors =
        static_cast<unsigned>(read_unsigned(&most, draft.sink, most_descriptors).value_or(1));
    if (engine.descriptors == 0)
        draft.sink.report(most.mark, "a list of 0 descriptors", "it has 1 at least");
    engine.start = read_writes(keys.require("start"), draft);
    for (const auto* key : {"board", "length"})
        if (const auto* node = keys.find(key))
            draft.sink.report(node->mark, fmt::format("'{}' stands in the descriptors", key),
                              "leave it out, or 'descriptors'");
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
    const auto* descriptors = keys.find("descriptors");
    if (descriptors == nullptr)
        read_transfer(keys, draft, engine);
    else
        read_list(keys, *descriptors, draft, engine);
    engine.stop = read_writes(keys.find("stop"), draft);
    engine.busy = read_part(keys.find("busy"), draft, part_use::read);
    engine.error = read_part(keys.find("error"), draft, part_use::read);
    engine.irq = read_reference(keys.find("irq"), sink, draft.board.irqs, "interrupt",
                                [](const auto& irq) { return irq.name; });
    engine.area = read_reference(keys.find("area"), sink, draft.board.areas, "area",
                                 [](const auto& area) { return area.path; });
    read_sizes(keys, engine);
    read_address_bits(keys.find("address_bits"), draft, engine);
    read_memory(keys.find("memory"), draft, engine);
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
