// SPDX-License-Identifier: BSD-3-Clause
#include "files/yaml_reader.hpp"

#include "base/number_text.hpp"
#include "base/suggest.hpp"

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
        const auto number = parse_number(node->text, count_form);
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
    try {
        const auto number = parse_number(node->text, file_size_form);
        if (number != 0) return number;
        sink.report(node->mark, fmt::format("a size of {} is not possible", node->text));
    } catch (const error& problem) {
        if (problem.kind() == errc::out_of_range)
            sink.report(node->mark, fmt::format("a size of {} is not possible", node->text));
        else
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
