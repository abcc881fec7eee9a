// SPDX-License-Identifier: BSD-3-Clause
#include "description/register_path.hpp"
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t most_registers = 32'768; // arrays counted once; boards have some hundred
constexpr unsigned least_default_width = 32;   // most boards take nothing narrower

enum class guard_kind : std::uint8_t { none, all, admin };

/// What a register inherits from the groups around it.
struct scope {
    std::string prefix;            ///< "adc.ch[]."
    std::optional<bar_place> base; ///< places inside are relative to it
    std::optional<byte_order> order;
    guard_kind guard = guard_kind::none;
    bool sound = true; ///< no error in the groups around it
    std::vector<repeat> repeats;
};

bool is_group(const yaml_node& node) {
    return std::any_of(node.items.begin(), node.items.end(),
                       [](const auto& item) { return item.key == "registers"; });
}

/// \returns whether it is repeated
bool read_repeat(map_reader& outer, std::vector<repeat>& repeats) {
    const auto* node = outer.find("repeat");
    if (node == nullptr) return false;
    repeats.push_back(read_copies(*node, outer.sink()));
    if (repeats.size() > most_repeats)
        outer.sink().report(node->key_mark,
                            fmt::format("more than {} repeats in one another", most_repeats));
    return true;
}

/// A place as the scope wants it: absolute outside, an offset in a group that has its place.
bar_place read_scoped_place(const yaml_node& node, const scope& around, const board_draft& draft) {
    if (!around.base) return read_place(&node, draft);
    if (node.text.find('+') != std::string::npos) {
        draft.sink.report(node.mark,
                          fmt::format("'{}' inside a group that has its own place", node.text),
                          "give the offset in the group");
        return {};
    }
    const auto offset = read_unsigned(&node, draft.sink);
    bar_place place = *around.base;
    if (offset && __builtin_add_overflow(place.offset, *offset, &place.offset))
        draft.sink.report(node.mark, fmt::format("the offset {} is too large", node.text));
    return place;
}

/// 8, 16, 32 or 64, by default as wide as the type needs.
void read_width(map_reader& keys, register_description& what) {
    auto& sink = keys.sink();
    const auto* width_key = keys.find("width");
    const auto* type_key = keys.find("type");
    const auto width = read_unsigned(width_key, sink);
    const auto type = read_type(type_key, sink);
    const bool possible = !width || *width == 8 || *width == 16 || *width == 32 || *width == 64;
    if (!possible)
        sink.report(width_key->mark, fmt::format("a width of {} is not possible", *width),
                    "use 8, 16, 32 or 64");
    if (width && possible)
        what.width = static_cast<unsigned>(*width);
    else if (type)
        what.width = std::max(least_default_width, std::bit_ceil(unsigned{type->bits}));
    if (type && type->bits > what.width)
        sink.report(type_key->mark, fmt::format("{} does not fit the register", type->name()),
                    fmt::format("the register has a width of {}", what.width));
    what.convert.type.bits = static_cast<std::uint8_t>(what.width);
    if (type) what.convert.type = *type;
}

std::optional<guard_kind> read_guard_kind(const yaml_node* node, diagnostics& sink) {
    return read_choice<guard_kind>(
        node, sink,
        {{"true", guard_kind::all}, {"false", guard_kind::none}, {"admin", guard_kind::admin}});
}

void read_guard(map_reader& keys, register_description& what, guard_kind inherited) {
    const auto* node = keys.find("guard");
    const auto guard = read_guard_kind(node, keys.sink());
    if (guard.value_or(guard_kind::none) != guard_kind::none && what.access == access::ro)
        keys.sink().report(node->key_mark, "'guard' of a register that can only be read",
                           "leave it out: it forbids writes");
    if (what.access == access::ro) return;
    what.guard = guard.value_or(inherited) != guard_kind::none;
    what.guard_admin = guard.value_or(inherited) == guard_kind::admin;
}

void read_reset(map_reader& keys, register_description& what) {
    const auto* node = keys.find("reset");
    const auto reset = read_unsigned(node, keys.sink(), low_bits(what.width));
    if (reset && what.reset)
        keys.sink().report(node->key_mark, "'reset' of the register and of its fields",
                           "give one of them");
    if (reset) what.reset = reset;
}

void read_register(const yaml_node& node, const scope& around, board_draft& draft) {
    const auto errors = draft.sink.count();
    map_reader keys(node, draft.sink);
    if (!keys.is_map()) return;
    keys.find("registers"); // so that a misspelt group gets the right suggestion
    register_description what;
    what.bar = unknown_bar;
    what.repeats = around.repeats;
    what.path = around.prefix + node.key + (read_repeat(keys, what.repeats) ? "[]" : "");
    if (const auto* at = keys.require("at")) {
        const auto place = read_scoped_place(*at, around, draft);
        what.bar = place.bar;
        what.offset = place.offset;
    }
    read_width(keys, what);
    // The place of something half understood would only bring more errors.
    const bool is_placed = around.sound && draft.sink.count() == errors;
    what.order = read_order(keys.find("endian"), draft.sink)
                     .value_or(around.order.value_or(order_in_bar(draft, what.bar)));
    read_meaning(keys, what);
    read_guard(keys, what, around.guard);
    read_fields(keys.find("fields"), what, draft.sink);
    read_reset(keys, what);
    keys.finish();
    if (!is_placed) what.bar = unknown_bar;
    if (draft.board.registers.size() == most_registers)
        draft.sink.give_up(node.key_mark, fmt::format("more than {} registers", most_registers),
                           "write equal ones as an array with 'repeat', memories as areas");
    draft.board.registers.push_back(std::move(what));
    draft.register_marks.push_back(node.key_mark);
}

void read_members_of(const yaml_node* node, const scope& around, board_draft& draft);

void read_group(const yaml_node& node, const scope& around, board_draft& draft) {
    const auto errors = draft.sink.count();
    map_reader keys(node, draft.sink);
    scope inside = around;
    inside.prefix += node.key + (read_repeat(keys, inside.repeats) ? "[]." : ".");
    if (const auto* at = keys.find("at")) inside.base = read_scoped_place(*at, around, draft);
    if (const auto order = read_order(keys.find("endian"), draft.sink)) inside.order = order;
    inside.guard = read_guard_kind(keys.find("guard"), draft.sink).value_or(around.guard);
    if (auto text = read_text(keys.find("description"), draft.sink))
        draft.board.groups.push_back(
            {inside.prefix.substr(0, inside.prefix.size() - 1), std::move(*text)});
    inside.sound = around.sound && draft.sink.count() == errors;
    read_members_of(keys.find("registers"), inside, draft);
    keys.finish();
}

void read_members_of(const yaml_node* node, const scope& around, board_draft& draft) {
    for (const auto& member : read_members(node, draft.sink)) {
        if (!check_key(member, draft.sink)) continue;
        if (around.prefix.size() + member.key.size() + 2 > longest_canonical_path)
            draft.sink.report(member.key_mark,
                              fmt::format("the path of '{}' is too long", member.key),
                              fmt::format("paths have up to {} letters", longest_canonical_path));
        else if (is_group(member))
            read_group(member, around, draft);
        else
            read_register(member, around, draft);
    }
}

} // namespace

void read_registers(const yaml_node* node, board_draft& draft) {
    read_members_of(node, {}, draft);
}

} // namespace upciedev::inline v1::detail
