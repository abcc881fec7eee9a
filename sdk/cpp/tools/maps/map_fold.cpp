// SPDX-License-Identifier: BSD-3-Clause
#include "maps/map_fold.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace cli {
namespace {

constexpr std::size_t most_levels = 4;

std::optional<std::uint32_t> index_of(std::string_view name) {
    constexpr std::size_t most_digits = 6;
    if (name.size() > most_digits || (name.size() > 1 && name.front() == '0')) return std::nullopt;
    std::uint32_t index = 0;
    const auto* end = name.data() + name.size();
    const auto [rest, failure] = std::from_chars(name.data(), end, index);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return index;
}

std::string legal(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const auto code = static_cast<unsigned char>(c);
        result += code < 0x80 && std::isalnum(code) != 0 ? c : '_';
    }
    if (std::isdigit(static_cast<unsigned char>(result.front())) != 0) result.insert(0, "_");
    return result;
}

struct member {
    const map_entry* entry = nullptr;
    std::vector<std::uint32_t> indices;
};

struct array {
    std::string path;
    std::vector<member> members;
    std::vector<upciedev::repeat> repeats; ///< empty: no array
};

std::pair<std::string, member> split_indices(const map_entry& entry) {
    std::string path;
    member one{&entry, {}};
    for (const auto& name : split_path(entry.path)) {
        if (const auto index = index_of(name); index && !path.empty() && !path.ends_with("[]")) {
            path += "[]";
            one.indices.push_back(*index);
            continue;
        }
        path += (path.empty() ? "" : ".") + legal(name);
    }
    return {path, one};
}

bool alike(const map_entry& a, const map_entry& b) {
    return a.bar == b.bar && a.elements == b.elements && a.bytes == b.bytes && a.width == b.width &&
           a.fraction == b.fraction && a.is_signed == b.is_signed && a.kind == b.kind &&
           a.access == b.access;
}

std::uint64_t address_in(const array& what, const member& one) {
    std::uint64_t address = what.members.front().entry->address;
    for (std::size_t i = 0; i < one.indices.size(); ++i)
        address += one.indices[i] * what.repeats[i].stride;
    return address;
}

/// Counts from the greatest indices, strides from the members next to the first one.
void find_repeats(array& what) {
    const auto& first = what.members.front();
    what.repeats.assign(first.indices.size(), {});
    for (const auto& one : what.members) {
        std::size_t others = 0;
        for (const auto index : one.indices)
            others += index;
        for (std::size_t i = 0; i < one.indices.size(); ++i) {
            auto& repeat = what.repeats[i];
            repeat.count = std::max(repeat.count, one.indices[i] + 1);
            if (others == 1 && one.indices[i] == 1)
                repeat.stride = one.entry->address - first.entry->address;
        }
    }
    for (auto& repeat : what.repeats)
        if (repeat.count == 1) repeat.stride = first.entry->bytes;
}

bool is_whole(const array& what) {
    std::uint64_t size = 1;
    for (const auto& repeat : what.repeats) {
        if (repeat.stride == 0 || repeat.count > what.members.size()) return false;
        if (repeat.stride > INT64_MAX) return false; // indices ascend, addresses do not
        size *= repeat.count; // at most four factors below 2^20 each end it above
        if (size > what.members.size()) return false;
    }
    return size == what.members.size() && std::ranges::all_of(what.members, [&](const member& one) {
               return alike(*one.entry, *what.members.front().entry) &&
                      one.entry->address == address_in(what, one);
           });
}

/// One register has one repeat of its own: no array of arrays.
bool is_possible(const array& what) {
    const auto& first = what.members.front();
    return !first.indices.empty() && first.indices.size() < most_levels &&
           !(what.path.ends_with("[]") && first.entry->elements > 1);
}

void measure(array& what) {
    if (!is_possible(what)) return;
    std::ranges::sort(what.members, {}, &member::indices);
    find_repeats(what);
    if (!is_whole(what)) what.repeats.clear();
}

using levels = std::map<std::string, upciedev::repeat>;

/// Groups that not all of their registers repeat alike, "adc.ch[]".
std::set<std::string> uneven_groups(const std::vector<array>& arrays) {
    levels seen;
    std::set<std::string> uneven;
    for (const auto& what : arrays) {
        std::size_t level = 0;
        for (auto at = what.path.find("[]"); at != std::string::npos;
             at = what.path.find("[]", at + 2)) {
            const auto group = what.path.substr(0, at + 2);
            if (what.repeats.empty()) {
                uneven.insert(group);
                continue;
            }
            const auto& mine = what.repeats[level++];
            const auto& other = seen.try_emplace(group, mine).first->second;
            if (other.count != mine.count || other.stride != mine.stride) uneven.insert(group);
        }
    }
    return uneven;
}

bool is_in(const std::set<std::string>& groups, const std::string& path) {
    return std::ranges::any_of(groups, [&](const auto& group) { return path.starts_with(group); });
}

} // namespace

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find('.', begin), path.size());
        names.emplace_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return names;
}

std::string plain_path(std::string_view path) {
    std::string result;
    for (const auto& name : split_path(path)) {
        const bool joins = index_of(name) && !result.empty();
        result += joins ? name : (result.empty() ? "" : ".") + legal(name);
    }
    return result;
}

std::vector<folded_register> fold(const std::vector<const map_entry*>& entries) {
    std::vector<array> arrays;
    std::map<std::string, std::size_t> places;
    for (const auto* entry : entries) {
        auto [path, one] = split_indices(*entry);
        const auto [found, is_new] = places.try_emplace(path, arrays.size());
        if (is_new) arrays.push_back({path, {}, {}});
        arrays[found->second].members.push_back(std::move(one));
    }
    std::ranges::for_each(arrays, measure);
    const auto uneven = uneven_groups(arrays);
    std::vector<folded_register> result;
    for (const auto& what : arrays) {
        if (!what.repeats.empty() && !is_in(uneven, what.path)) {
            result.push_back({what.path, what.members.front().entry, what.repeats});
            continue;
        }
        for (const auto& one : what.members)
            result.push_back({plain_path(one.entry->path), one.entry, {}});
    }
    return result;
}

} // namespace cli
