// SPDX-License-Identifier: BSD-3-Clause
#include "yaml_reader.hpp"

#include "suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace upciedev::inline v1::detail {

namespace {

using kind = yaml_node::kind;

constexpr std::uint64_t format_number = 1; // of board and crate files

const char* kind_name(const yaml_node& node) {
    constexpr std::array names{"nothing", "a single value", "a list", "a map"};
    return names.at(static_cast<std::size_t>(node.what));
}

void report_kind(const yaml_node& node, diagnostics& sink, std::string_view wanted) {
    const auto name = node.key.empty() ? std::string() : fmt::format(" for '{}'", node.key);
    sink.report(node.what == kind::null && !node.key.empty() ? node.key_mark : node.mark,
                fmt::format("{} where {} should stand{}", kind_name(node), wanted, name));
}

std::string choices_text(const std::vector<std::string>& names) {
    return names.empty() ? "none is known here" : fmt::format("use {}", any_of(names));
}

/// A scalar that is not quoted, so that it may be a number.
bool is_plain(const yaml_node& node, diagnostics& sink, std::string_view wanted) {
    if (node.what != kind::scalar) {
        report_kind(node, sink, wanted);
        return false;
    }
    if (node.quoted)
        sink.report(node.mark,
                    fmt::format("the text \"{}\" where {} should stand", node.text, wanted),
                    "take the quotes away");
    return !node.quoted;
}

/// The number before a unit like " KiB", which is cut off.
unsigned cut_unit(std::string_view& text) {
    constexpr std::array<std::pair<std::string_view, unsigned>, 3> units{
        {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
    for (const auto& [unit, shift] : units) {
        if (!text.ends_with(unit)) continue;
        text.remove_suffix(unit.size());
        if (text.ends_with(' ')) text.remove_suffix(1);
        return shift;
    }
    return 0;
}

bool is_unsigned(std::string_view text) noexcept {
    const bool hexadecimal = text.starts_with("0x");
    const auto digits = hexadecimal ? text.substr(2) : text;
    return !digits.empty() && std::all_of(digits.begin(), digits.end(), [&](unsigned char c) {
        return hexadecimal ? std::isxdigit(c) != 0 : std::isdigit(c) != 0;
    });
}

/// An integer in one of the two spellings. \throws error bad_value
std::uint64_t parse_unsigned(std::string_view text) {
    if (!is_unsigned(text))
        throw error(errc::bad_value, {}, fmt::format("'{}' is not an integer from 0 up", text),
                    "write it decimal (12) or hexadecimal (0x1f)");
    return value::parse(text).as<std::uint64_t>();
}

} // namespace

map_reader::map_reader(const yaml_node& node, diagnostics& sink)
    : node_(node), sink_(sink), is_map_(node.what == kind::map) {
    if (!is_map_) report_kind(node, sink, "a map");
}

const yaml_node* map_reader::find(std::string_view key) {
    asked_.emplace_back(key);
    if (!is_map_) return nullptr;
    const auto found = std::find_if(node_.items.begin(), node_.items.end(),
                                    [&](const auto& item) { return item.key == key; });
    return found == node_.items.end() ? nullptr : &*found;
}

const yaml_node* map_reader::require(std::string_view key) {
    const auto* found = find(key);
    if (found == nullptr && is_map_) missing_.emplace_back(key);
    return found;
}

bool map_reader::finish() {
    bool complete = is_map_;
    for (const auto& item : node_.items) {
        if (!is_map_ || std::find(asked_.begin(), asked_.end(), item.key) != asked_.end()) continue;
        const auto near = did_you_mean(item.key, asked_);
        sink_.report(item.key_mark, fmt::format("unknown key '{}'", item.key),
                     near.empty() ? choices_text(asked_) : near);
        complete = false;
        // A misspelt key explains why the right one is missing.
        std::erase_if(missing_, [&](const auto& key) {
            return near.find("'" + key + "'") != std::string::npos;
        });
    }
    for (const auto& key : missing_)
        sink_.report(node_.mark, fmt::format("the key '{}' is missing", key),
                     node_.key.empty() ? std::string() : fmt::format("'{}' needs it", node_.key));
    return complete && missing_.empty();
}

void read_format(map_reader& keys) {
    const auto* node = keys.require("format");
    const auto number = read_unsigned(node, keys.sink());
    if (number && *number != format_number)
        keys.sink().report(node->mark, fmt::format("format {} is not known", *number),
                           fmt::format("this library reads format {}", format_number));
}

std::optional<std::string> read_text(const yaml_node* node, diagnostics& sink) {
    if (node == nullptr) return std::nullopt;
    if (node->what == kind::scalar && !node->text.empty()) return node->text;
    report_kind(node->what == kind::scalar ? yaml_node{.mark = node->mark} : *node, sink, "a text");
    return std::nullopt;
}

std::optional<bool> read_bool(const yaml_node* node, diagnostics& sink) {
    return read_choice<bool>(node, sink, {{"true", true}, {"false", false}});
}

std::optional<value> read_number(const yaml_node* node, diagnostics& sink) {
    if (node == nullptr || !is_plain(*node, sink, "a number")) return std::nullopt;
    try {
        const auto number = value::parse(node->text);
        if (std::isfinite(number.to_double())) return number;
        sink.report(node->mark, fmt::format("'{}' is not finite", node->text));
    } catch (const error& problem) {
        sink.report(node->mark, problem.reason(), problem.remedy());
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_unsigned(const yaml_node* node, diagnostics& sink,
                                           std::uint64_t limit) {
    if (node == nullptr || !is_plain(*node, sink, "an integer")) return std::nullopt;
    try {
        const auto number = parse_unsigned(node->text);
        if (number <= limit) return number;
        sink.report(node->mark, fmt::format("{} is too large", node->text),
                    fmt::format("the limit is {0} ({0:#x})", limit));
    } catch (const error& problem) {
        sink.report(node->mark, problem.reason(), problem.remedy());
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(const yaml_node* node, diagnostics& sink) {
    if (node == nullptr || !is_plain(*node, sink, "a size")) return std::nullopt;
    std::string_view text = node->text;
    const unsigned shift = cut_unit(text);
    if (!is_unsigned(text)) {
        sink.report(node->mark, fmt::format("'{}' is not a size", node->text),
                    "write bytes (4096, 0x1000) or 64 KiB, 1 MiB, 2 GiB");
        return std::nullopt;
    }
    try {
        const auto number = parse_unsigned(text);
        if (number != 0 && number <= (~std::uint64_t{0} >> shift)) return number << shift;
        sink.report(node->mark, fmt::format("a size of {} is not possible", node->text));
    } catch (const error& problem) {
        sink.report(node->mark, problem.reason(), problem.remedy());
    }
    return std::nullopt;
}

bool is_name(std::string_view text, bool dashes) noexcept {
    const auto is_part = [&](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || (dashes && c == '-'));
    };
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           text.front() != '-' && std::all_of(text.begin(), text.end(), is_part);
}

bool check_key(const yaml_node& node, diagnostics& sink) {
    if (is_name(node.key)) return true;
    sink.report(node.key_mark, fmt::format("'{}' is not a name", node.key),
                "names are made of letters, digits and '_' and begin with no digit");
    return false;
}

const std::vector<yaml_node>& read_members(const yaml_node* node, diagnostics& sink) {
    static const std::vector<yaml_node> none;
    if (node == nullptr) return none;
    if (node->what != kind::map)
        report_kind(*node, sink, "a map");
    else if (node->items.empty())
        sink.report(node->mark, fmt::format("'{}' is empty", node->key), "name at least one");
    return node->what == kind::map ? node->items : none;
}

void report_choice(const yaml_node& node, diagnostics& sink,
                   const std::vector<std::string>& choices) {
    if (node.what != kind::scalar) return report_kind(node, sink, any_of(choices));
    const auto near = did_you_mean(node.text, choices);
    sink.report(node.mark, fmt::format("unknown value '{}' for '{}'", node.text, node.key),
                near.empty() ? choices_text(choices) : near);
}

} // namespace upciedev::inline v1::detail
