// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "files/yaml_tree.hpp"

#include <upciedev/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace upciedev::inline v1::detail {

/// A map of fixed keys. Whatever was not asked for until finish() is an unknown key.
class map_reader {
  public:
    /// Reports anything but a map; it then behaves as an empty one.
    map_reader(const yaml_node& node, diagnostics& sink);
    map_reader(const map_reader&) = delete;
    map_reader& operator=(const map_reader&) = delete;
    ~map_reader() = default;

    /// The value of a key, or nullptr.
    const yaml_node* find(std::string_view key);
    /// The same; a missing one will be reported by finish().
    const yaml_node* require(std::string_view key);
    /// Report missing keys and those that nobody asked for. \returns whether there are none
    bool finish();

    [[nodiscard]] bool is_map() const noexcept { return is_map_; }
    [[nodiscard]] text_mark mark() const noexcept { return node_.mark; }
    [[nodiscard]] diagnostics& sink() const noexcept { return sink_; }

  private:
    const yaml_node& node_;
    diagnostics& sink_;
    bool is_map_;
    std::vector<std::string> asked_;
    std::vector<std::string> missing_;
};

/// The key `format`, which must be 1.
void read_format(map_reader& keys);

// Each reads one value and reports what does not fit. A null node (an absent key) gives nothing.

std::optional<std::string> read_text(const yaml_node* node, diagnostics& sink);
std::optional<bool> read_bool(const yaml_node* node, diagnostics& sink);
/// Any finite number.
std::optional<value> read_number(const yaml_node* node, diagnostics& sink);
/// Decimal or 0x, 0 to the limit.
std::optional<std::uint64_t> read_unsigned(const yaml_node* node, diagnostics& sink,
                                           std::uint64_t limit = ~std::uint64_t{0});
/// Bytes: a number, or one with KiB, MiB, GiB.
std::optional<std::uint64_t> read_size(const yaml_node* node, diagnostics& sink);
/// [A-Za-z_][A-Za-z0-9_]*, where `dashes` also with '-'.
bool is_name(std::string_view text, bool dashes = false) noexcept;
/// Reports a key that is_name() refuses.
bool check_key(const yaml_node& node, diagnostics& sink);
/// The members of a map with free keys; reports anything else, also an empty map.
const std::vector<yaml_node>& read_members(const yaml_node* node, diagnostics& sink);

void report_choice(const yaml_node& node, diagnostics& sink,
                   const std::vector<std::string>& choices);

/// One of the names.
template <class T>
std::optional<T> read_choice(const yaml_node* node, diagnostics& sink,
                             std::initializer_list<std::pair<std::string_view, T>> choices) {
    if (node == nullptr) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& [name, meaning] : choices) {
        if (node->what == yaml_node::kind::scalar && node->text == name) return meaning;
        names.emplace_back(name);
    }
    report_choice(*node, sink, names);
    return std::nullopt;
}

} // namespace upciedev::inline v1::detail
