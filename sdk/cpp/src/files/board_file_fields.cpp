// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <charconv>

namespace upciedev::inline v1::detail {

namespace {

struct bit_span {
    unsigned lsb = 0;
    unsigned width = 1;
};

std::optional<unsigned> bit_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size() || number > 63)
        return std::nullopt;
    return number;
}

/// "3" or "3:1".
std::optional<bit_span> read_bits(const yaml_node* node, unsigned width, diagnostics& sink) {
    const auto text = read_text(node, sink);
    if (!text) return std::nullopt;
    const auto colon = text->find(':');
    const auto high = bit_number(std::string_view(*text).substr(0, colon));
    const auto low =
        colon == std::string::npos ? high : bit_number(std::string_view(*text).substr(colon + 1));
    if (!high || !low || *low > *high) {
        sink.report(node->mark, fmt::format("'{}' names no bits", *text),
                    "write one bit (7) or the highest and the lowest (7:4)");
        return std::nullopt;
    }
    if (*high >= width) {
        sink.report(node->mark, fmt::format("bit {} lies outside the register", *high),
                    fmt::format("it is {} bits wide: 0 to {}", width, width - 1));
        return std::nullopt;
    }
    return bit_span{*low, *high - *low + 1};
}

field_description inherit(const register_description& owner, const yaml_node& node) {
    field_description field;
    field.name = node.key;
    field.access = owner.access;
    field.on_read = owner.on_read;
    field.on_write = owner.on_write;
    return field;
}

void set_bits(field_description& field, const bit_span& bits) {
    field.lsb = bits.lsb;
    field.width = bits.width;
    field.convert.type.bits = static_cast<std::uint8_t>(bits.width);
}

void read_field_type(map_reader& keys, field_description& field) {
    const auto* node = keys.find("type");
    const auto type = read_type(node, keys.sink());
    if (!type) return;
    if (type->bits != field.width)
        keys.sink().report(node->mark,
                           fmt::format("{} does not fill the field: {} and {} bits", type->name(),
                                       type->bits, field.width),
                           "make both equal");
    else
        field.convert.type = *type;
}

void check_field_access(const map_reader& keys, const field_description& field,
                        const register_description& owner) {
    if (owner.access == access::rw || field.access == owner.access) return;
    keys.sink().report(keys.mark(),
                       fmt::format("field {} can do more than its register", field.name),
                       fmt::format("the register is {}", owner.access == access::ro ? "ro" : "wo"));
}

void read_field_reset(map_reader& keys, const field_description& field,
                      register_description& owner) {
    const auto reset = read_unsigned(keys.find("reset"), keys.sink(), low_bits(field.width));
    if (reset) owner.reset = owner.reset.value_or(0) | (*reset << field.lsb);
}

/// Without usable bits the other keys would bring errors that are none; only their names count.
void skip_field(map_reader& keys) {
    for (const auto* key : {"type", "access", "on_read", "on_write", "scale", "offset", "unit",
                            "range", "values", "description", "reset"})
        keys.find(key);
    keys.finish();
}

void read_long_field(const yaml_node& node, field_description& field, register_description& owner,
                     diagnostics& sink) {
    map_reader keys(node, sink);
    const auto bits = read_bits(keys.require("bits"), owner.width, sink);
    if (!bits) return skip_field(keys);
    set_bits(field, *bits);
    read_field_type(keys, field);
    read_meaning(keys, field);
    check_field_access(keys, field, owner);
    read_field_reset(keys, field, owner);
    keys.finish();
}

void check_field_overlap(const yaml_node& node, const field_description& field,
                         const register_description& owner, diagnostics& sink) {
    for (const auto& other : owner.fields)
        if ((other.mask() & field.mask()) != 0)
            sink.report(node.key_mark, fmt::format("field {} overlaps {}", field.name, other.name));
}

} // namespace

void read_fields(const yaml_node* node, register_description& owner, diagnostics& sink) {
    for (const auto& member : read_members(node, sink)) {
        if (!check_key(member, sink)) continue;
        auto field = inherit(owner, member);
        if (member.what == yaml_node::kind::map)
            read_long_field(member, field, owner, sink);
        else if (const auto bits = read_bits(&member, owner.width, sink))
            set_bits(field, *bits);
        else
            continue;
        check_field_overlap(member, field, owner, sink);
        owner.fields.push_back(std::move(field));
    }
}

} // namespace upciedev::inline v1::detail
