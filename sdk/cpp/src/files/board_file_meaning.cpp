// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace upciedev::inline v1::detail {

namespace {

/// The code of an enumeration name: an integer that the type holds, negative only if it is signed.
std::optional<std::uint64_t> read_code(const yaml_node& node, const value_type& type,
                                       diagnostics& sink) {
    const auto number = read_number(&node, sink);
    if (!number) return std::nullopt;
    try {
        if (!number->is_floating()) return encode({.type = {type.what, type.bits, 0}}, *number);
        sink.report(node.mark, fmt::format("'{}' is not an integer", node.text),
                    "names stand for the bits as they are, without scaling");
    } catch (const error& problem) {
        sink.report(node.mark, problem.reason(), problem.remedy());
    }
    return std::nullopt;
}

enumeration read_values(const yaml_node* node, const value_type& type, diagnostics& sink) {
    if (node == nullptr) return {};
    if (type.what == value_type::kind::floating) {
        sink.report(node->key_mark, fmt::format("'values' of a {}", type.name()),
                    "only integers can have names");
        return {};
    }
    enumeration values;
    std::unordered_map<std::uint64_t, std::string_view> names;
    for (const auto& member : read_members(node, sink)) {
        const auto code = check_key(member, sink) ? read_code(member, type, sink) : std::nullopt;
        if (!code) continue;
        const auto [same, is_new] = names.try_emplace(*code, member.key);
        if (!is_new)
            sink.report(member.mark,
                        fmt::format("{} is named '{}' already", member.text, same->second));
        values.emplace_back(member.key, *code);
    }
    return values;
}

/// The type must be able to hold a limit; or nobody could ever write it.
void check_limit(const yaml_node& node, const conversion& convert, const value& limit,
                 diagnostics& sink) {
    try {
        encode(convert, limit);
    } catch (const error& problem) {
        sink.report(node.mark, problem.reason(), problem.remedy());
    }
}

std::optional<std::pair<double, double>> read_range(const yaml_node* node,
                                                    const conversion& convert, diagnostics& sink) {
    if (node == nullptr) return std::nullopt;
    if (node->what != yaml_node::kind::sequence || node->items.size() != 2) {
        sink.report(node->mark, "a range has two numbers", "write [least, greatest]");
        return std::nullopt;
    }
    const auto least = read_number(node->items.data(), sink);
    const auto greatest = read_number(node->items.data() + 1, sink);
    if (!least || !greatest) return std::nullopt;
    if (least->to_double() > greatest->to_double())
        sink.report(node->mark, "the range begins above its end", "write [least, greatest]");
    check_limit(node->items[0], convert, *least, sink);
    check_limit(node->items[1], convert, *greatest, sink);
    return std::pair(least->to_double(), greatest->to_double());
}

template <class T>
void read_effects(map_reader& keys, T& what) {
    auto& sink = keys.sink();
    const auto* read_key = keys.find("on_read");
    const auto on_read = read_choice<read_effect>(
        read_key, sink, {{"clear", read_effect::clear}, {"pop", read_effect::pop}});
    const auto* write_key = keys.find("on_write");
    const auto on_write = read_choice<write_effect>(write_key, sink,
                                                    {{"one_to_clear", write_effect::one_to_clear},
                                                     {"one_to_set", write_effect::one_to_set},
                                                     {"one_to_toggle", write_effect::one_to_toggle},
                                                     {"strobe", write_effect::strobe}});
    if (on_read && what.access == access::wo)
        sink.report(read_key->key_mark, "'on_read' of what can only be written", "leave it out");
    if (on_write && what.access == access::ro)
        sink.report(write_key->key_mark, "'on_write' of what can only be read", "leave it out");
    what.on_read = what.access == access::wo ? read_effect::none : on_read.value_or(what.on_read);
    what.on_write =
        what.access == access::ro ? write_effect::none : on_write.value_or(what.on_write);
}

} // namespace

std::optional<access> read_access(const yaml_node* node, diagnostics& sink) {
    return read_choice<access>(node, sink,
                               {{"rw", access::rw}, {"ro", access::ro}, {"wo", access::wo}});
}

repeat read_copies(const yaml_node& node, diagnostics& sink) {
    map_reader keys(node, sink);
    const auto* count_key = keys.require("count");
    const auto count = read_unsigned(count_key, sink, std::numeric_limits<std::uint32_t>::max());
    const auto stride = read_size(keys.require("stride"), sink);
    keys.finish();
    if (count == 0U) sink.report(count_key->mark, "a count of 0", "leave the whole entry out");
    return {static_cast<std::uint32_t>(std::max<std::uint64_t>(count.value_or(1), 1)),
            stride.value_or(0)};
}

std::optional<value_type> read_type(const yaml_node* node, diagnostics& sink) {
    const auto name = read_text(node, sink);
    if (!name) return std::nullopt;
    try {
        return value_type::parse(*name);
    } catch (const error& problem) {
        sink.report(node->mark, problem.reason(), problem.remedy());
        return std::nullopt;
    }
}

void read_scaling(map_reader& keys, conversion& convert) {
    const auto* node = keys.find("scale");
    if (const auto scale = read_number(node, keys.sink())) {
        convert.scale = scale->to_double();
        if (convert.scale == 0.0)
            keys.sink().report(node->mark, "a scale of 0 would make every value equal",
                               "engineering value = number * scale + offset");
    }
    if (const auto offset = read_number(keys.find("offset"), keys.sink()))
        convert.offset = offset->to_double();
}

template <class T>
void read_meaning(map_reader& keys, T& what) {
    auto& sink = keys.sink();
    what.access = read_access(keys.find("access"), sink).value_or(what.access);
    read_effects(keys, what);
    read_scaling(keys, what.convert);
    what.unit = read_text(keys.find("unit"), sink).value_or("");
    const auto* range = keys.find("range");
    if (what.convert.scale != 0.0) what.range = read_range(range, what.convert, sink);
    what.values = read_values(keys.find("values"), what.convert.type, sink);
    what.text = read_text(keys.find("description"), sink).value_or("");
}

template void read_meaning(map_reader& keys, register_description& what);
template void read_meaning(map_reader& keys, field_description& what);

} // namespace upciedev::inline v1::detail
