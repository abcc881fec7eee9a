// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t most_areas = 4096;

/// "ADC.RAM": names with points between.
bool is_dotted_name(std::string_view text) {
    const auto point = text.find('.');
    return is_name(text.substr(0, point)) &&
           (point == std::string_view::npos || is_dotted_name(text.substr(point + 1)));
}

void check_area_path(const yaml_node& node, const board_draft& draft) {
    if (!is_dotted_name(node.key))
        draft.sink.report(node.key_mark, fmt::format("'{}' is not a name", node.key),
                          "write names of letters, digits and '_', with points between");
    const auto same = [&](const auto& what) { return what.path == node.key; };
    if (std::any_of(draft.board.registers.begin(), draft.board.registers.end(), same))
        draft.sink.report(node.key_mark, fmt::format("'{}' is a register already", node.key));
}

/// Elements, from one of the keys `count` and `size`.
std::uint64_t read_extent(map_reader& keys, const area_description& area) {
    const auto* count_key = keys.find("count");
    const auto* size_key = keys.find("size");
    const auto count = read_unsigned(count_key, keys.sink());
    const auto size = read_size(size_key, keys.sink());
    if ((count_key == nullptr) == (size_key == nullptr) && keys.is_map()) {
        keys.sink().report(keys.mark(), "an area has either a 'count' or a 'size'",
                           "count elements, or give the size in bytes");
        return 0;
    }
    if (count == 0U) keys.sink().report(count_key->mark, "a count of 0", "leave the area out");
    if (size.value_or(0) % area.element_size() != 0)
        keys.sink().report(
            size_key->mark, fmt::format("{} bytes are no whole elements", *size),
            fmt::format("{} has {} bytes", area.convert.type.name(), area.element_size()));
    return count.value_or(size.value_or(0) / area.element_size());
}

void read_area(const yaml_node& node, board_draft& draft) {
    auto& sink = draft.sink;
    const auto errors = sink.count();
    map_reader keys(node, sink);
    area_description area;
    area.path = node.key;
    const auto place = read_place(keys.require("at"), draft);
    area.bar = place.bar;
    area.offset = place.offset;
    if (const auto type = read_type(keys.find("type"), sink)) area.convert.type = *type;
    read_scaling(keys, area.convert);
    area.count = read_extent(keys, area);
    area.order = read_order(keys.find("endian"), sink).value_or(order_in_bar(draft, area.bar));
    area.unit = read_text(keys.find("unit"), sink).value_or("");
    area.access = read_access(keys.find("access"), sink).value_or(access::rw);
    area.text = read_text(keys.find("description"), sink).value_or("");
    read_layout(keys.find("layout"), area, sink);
    keys.finish();
    if (sink.count() != errors) area.bar = unknown_bar; // its place would only bring more errors
    if (draft.board.areas.size() == most_areas)
        draft.sink.give_up(node.key_mark, fmt::format("more than {} areas", most_areas),
                           "areas may overlap: describe the whole memory as one");
    draft.board.areas.push_back(std::move(area));
    draft.area_marks.push_back(node.key_mark);
}

} // namespace

void read_areas(const yaml_node* node, board_draft& draft) {
    for (const auto& member : read_members(node, draft.sink)) {
        check_area_path(member, draft);
        read_area(member, draft);
    }
}

} // namespace upciedev::inline v1::detail
