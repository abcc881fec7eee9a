// SPDX-License-Identifier: BSD-3-Clause
// Both forms of a map as text.
#include "maps/exchange.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include <array>

namespace cli {
namespace {

using json = nlohmann::ordered_json;

std::string_view access_name(upciedev::access access) {
    constexpr std::array<std::string_view, 3> names{"RW", "RO", "WO"};
    return names.at(static_cast<std::size_t>(access));
}

std::string line_of(const map_entry& entry) {
    const auto interpretation =
        entry.kind == map_kind::floating ? "IEEE754" : std::to_string(entry.fraction);
    const auto rights = entry.interrupts.empty()
                            ? std::string(access_name(entry.access))
                            : fmt::format("INTERRUPT{}", entry.interrupts.front());
    return fmt::format("{:40} {:5} {:#010x} {:#x} {} {:2} {} {} {}\n", entry.path, entry.elements,
                       entry.address, entry.bytes, entry.bar, entry.width, interpretation,
                       entry.is_signed ? 1 : 0, rights);
}

json representation_of(const map_entry& entry) {
    if (entry.kind == map_kind::none) return {{"type", "void"}};
    if (entry.kind == map_kind::floating) return {{"type", "IEEE754"}, {"width", entry.width}};
    return {{"type", "fixedPoint"},
            {"width", entry.width},
            {"fractionalBits", entry.fraction},
            {"isSigned", entry.is_signed}};
}

void add_words(json& node, const map_entry& entry) {
    if (!entry.unit.empty()) node["engineeringUnit"] = entry.unit;
    if (!entry.text.empty()) node["description"] = entry.text;
}

json register_of(const map_entry& entry) {
    json node{{"name", entry.name()}};
    add_words(node, entry);
    if (entry.interrupts.empty())
        node["access"] = access_name(entry.access);
    else
        node["triggeredByInterrupt"] = entry.interrupts;
    if (entry.kind != map_kind::none)
        node["address"] = {{"channel", entry.bar}, {"offset", fmt::format("{:#x}", entry.address)}};
    if (entry.frame != 0) {
        node["channelTabs"] = json::array({json{{"numberOfElements", entry.elements},
                                                {"pitch", entry.frame},
                                                {"channels", json::array()}}});
        return node;
    }
    if (entry.kind != map_kind::none) {
        node["numberOfElements"] = entry.elements;
        node["bytesPerElement"] = entry.element_size();
    }
    node["representation"] = representation_of(entry);
    return node;
}

json channel_of(const map_entry& entry, const map_entry& area) {
    json node{{"name", entry.name()}};
    add_words(node, entry);
    node["offset"] = entry.address - area.address;
    node["bytesPerElement"] = entry.bytes;
    node["representation"] = representation_of(entry);
    return node;
}

/// The list in which a register stands; its modules are made where there are none yet.
json& module_of(json& top, const std::string& path) {
    auto* list = &top;
    std::size_t begin = 0;
    for (auto end = path.find('.'); end != std::string::npos; end = path.find('.', begin)) {
        const auto name = path.substr(begin, end - begin);
        begin = end + 1;
        auto found =
            std::ranges::find_if(*list, [&](const json& node) { return node.at("name") == name; });
        if (found == list->end()) {
            list->push_back({{"name", name}});
            found = std::prev(list->end());
        }
        list = &(*found)["children"];
    }
    return *list;
}

std::string lines_of(const map_document& map, const std::string& board) {
    auto text = fmt::format("# registers of {}: name, elements, address, bytes, BAR, width, "
                            "fraction bits, signed, access\n",
                            board);
    for (const auto& entry : map.entries)
        text += line_of(entry);
    return text;
}

std::string json_of(const map_document& map, const std::string& board) {
    json top{{"_comment", "registers of " + board},
             {"mapFormatVersion", "0.0.1"},
             {"metadata", json::object()},
             {"interruptHandler", json::object()},
             {"addressSpace", json::array()}};
    const map_entry* area = nullptr;
    json* channels = nullptr;
    for (const auto& entry : map.entries) {
        if (area != nullptr && entry.path.starts_with(area->path + ".")) {
            channels->push_back(channel_of(entry, *area));
            continue;
        }
        auto& list = module_of(top["addressSpace"], entry.path);
        list.push_back(register_of(entry));
        area = entry.frame != 0 ? &entry : nullptr;
        if (area == nullptr) continue;
        auto& name = list.back()["name"].get_ref<std::string&>();
        name.erase(0, multiplexed.size());
        channels = &list.back()["channelTabs"][0]["channels"];
    }
    return top.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace

std::string map_text(const map_document& map, const std::string& board, map_form form) {
    return form == map_form::json ? json_of(map, board) : lines_of(map, board);
}

} // namespace cli
