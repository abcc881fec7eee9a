// SPDX-License-Identifier: BSD-3-Clause
#include "base/bits.hpp"
#include "description/lookup_error.hpp"
#include "description/register_path.hpp"

#include <upciedev/description.hpp>

#include <algorithm>
#include <bit>

namespace upciedev {
inline namespace v1 {

static_assert(std::tuple_size_v<decltype(register_location::indices)> == detail::most_repeats);

bool match_description::fits(const board_ids& ids) const noexcept {
    const auto same = [](const std::optional<std::uint16_t>& wanted, std::uint16_t id) {
        return !wanted || *wanted == id;
    };
    return same(vendor, ids.vendor) && same(device, ids.device) && same(subvendor, ids.subvendor) &&
           same(subdevice, ids.subdevice);
}

std::uint64_t field_description::mask() const noexcept {
    return detail::low_bits(width) << lsb;
}

const field_description* register_description::find_field(std::string_view name) const noexcept {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& field) { return field.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

bool register_description::reading_has_effects() const noexcept {
    const auto has_effect = [](const auto& what) { return what.on_read != read_effect::none; };
    return has_effect(*this) || std::any_of(fields.begin(), fields.end(), has_effect);
}

namespace {

unsigned bytes_of(const value_type& type) noexcept {
    return std::max(std::bit_ceil(unsigned{type.bits}) / 8, 1U);
}

} // namespace

unsigned area_description::element_size() const noexcept {
    return bytes_of(convert.type);
}

unsigned channel_description::sample_size() const noexcept {
    return bytes_of(convert.type);
}

std::string register_location::path() const {
    std::string text;
    std::size_t level = 0;
    for (const char c : description->path) {
        text += c;
        if (c == '[') text += std::to_string(indices.at(level++));
    }
    return text;
}

void board_description::build_index() {
    const std::size_t size = std::bit_ceil(registers.size() * 2 + 1);
    buckets_.assign(size, {});
    for (std::size_t number = 0; number < registers.size(); ++number) {
        register_location first{&registers[number], 0, {}};
        const auto hash = detail::register_path(first.path()).hash();
        std::size_t at = hash & (size - 1);
        while (buckets_[at].number != 0)
            at = (at + 1) & (size - 1);
        buckets_[at] = {hash, number + 1};
    }
    mark_enable_bits();
}

const register_description* board_description::find_canonical(std::string_view path,
                                                              std::uint64_t hash) const noexcept {
    if (buckets_.empty()) return nullptr;
    const std::size_t last = buckets_.size() - 1;
    for (std::size_t at = hash & last; buckets_[at].number != 0; at = (at + 1) & last) {
        const auto& candidate = registers[buckets_[at].number - 1];
        if (buckets_[at].hash == hash && candidate.path == path) return &candidate;
    }
    return nullptr;
}

register_location board_description::find_register(std::string_view path) const {
    const detail::register_path wanted(path);
    const auto* found =
        wanted.valid() ? find_canonical(wanted.canonical(), wanted.hash()) : nullptr;
    if (found == nullptr) detail::refuse_register(*this, path);

    register_location place{found, found->offset, wanted.indices()};
    for (std::size_t level = 0; level < found->repeats.size(); ++level) {
        const auto& [count, stride] = found->repeats[level];
        if (place.indices[level] >= count) detail::refuse_index(*this, *found, path, level);
        place.offset += place.indices[level] * stride;
    }
    return place;
}

const area_description& board_description::find_area(std::string_view path) const {
    const auto found = std::find_if(areas.begin(), areas.end(),
                                    [&](const auto& area) { return area.path == path; });
    if (found == areas.end()) detail::refuse_area(*this, path);
    return *found;
}

const bar_description& board_description::find_bar(std::string_view bar_name) const {
    const auto found =
        std::find_if(bars.begin(), bars.end(), [&](const auto& b) { return b.name == bar_name; });
    if (found == bars.end()) detail::refuse_bar(*this, bar_name);
    return *found;
}

namespace {

/// The next combination of indices, the innermost counting fastest. \returns false after the last
bool advance(register_location& place) {
    const auto& repeats = place.description->repeats;
    for (std::size_t level = repeats.size(); level-- > 0;) {
        place.offset += repeats[level].stride;
        if (++place.indices[level] < repeats[level].count) return true;
        place.offset -= repeats[level].stride * repeats[level].count;
        place.indices[level] = 0;
    }
    return false;
}

} // namespace

std::vector<std::pair<std::string, register_location>> board_description::all_registers() const {
    std::vector<std::pair<std::string, register_location>> all;
    for (const auto& what : registers) {
        register_location place{&what, what.offset, {}};
        do
            all.emplace_back(place.path(), place);
        while (advance(place));
    }
    return all;
}

} // namespace v1
} // namespace upciedev
