// SPDX-License-Identifier: BSD-3-Clause
// The entries of a map from a board's description.
#include "maps/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace cli {
namespace {

using upciedev::area_description;
using upciedev::board_description;
using upciedev::channel_description;
using upciedev::conversion;
using upciedev::register_description;
using kind = upciedev::value_type::kind;

struct placed_channel {
    std::string name;
    std::uint64_t at = 0; ///< bytes into the frame
    const channel_description* channel = nullptr;
};

/// Every channel, ascending; "ch" of several as "ch0", "ch1", ...
std::vector<placed_channel> channels_of(const area_description& area) {
    std::vector<placed_channel> all;
    for (const auto& channel : area.channels)
        for (std::uint32_t i = 0; i < channel.copies.count; ++i)
            all.push_back(
                {channel.copies.count == 1 ? channel.name : fmt::format("{}{}", channel.name, i),
                 channel.offset + i * channel.copies.stride, &channel});
    std::ranges::sort(all, {}, &placed_channel::at);
    return all;
}

class map_writer {
  public:
    map_writer(const board_description& board, map_form form) : board_(board), form_(form) {}

    map_document document() {
        for (const auto& bar : board_.bars)
            lose(bar.name, "name, size and mapping of a BAR; the map has its number");
        if (!board_.matches.empty()) lose("match", "ids of the board");
        for (const auto& reg : board_.registers)
            write_register(reg);
        for (const auto& area : board_.areas)
            write_area(area);
        for (const auto& irq : board_.irqs)
            write_irq(irq);
        if (!board_.dma.empty()) lose("dma", "a map has no DMA engines");
        if (!board_.scratch.empty()) lose("scratch", "a map has no scratch register");
        return std::move(map_);
    }

  private:
    void lose(const std::string& path, std::string what) {
        map_.losses.push_back({board_.file + ": " + path, std::move(what)});
    }
    void set_meaning(map_entry& entry, const conversion& convert) {
        const auto& type = convert.type;
        entry.kind = type.what == kind::floating ? map_kind::floating : map_kind::number;
        entry.width = type.bits;
        entry.is_signed = type.what != kind::unsigned_integer;
        if (type.what != kind::floating)
            entry.fraction = type.fraction_bits - exponent_of(entry.path, convert);
        else if (convert.scale != 1.0)
            lose(entry.path, fmt::format("scale {}", convert.scale));
        if (convert.offset != 0.0) lose(entry.path, fmt::format("offset {}", convert.offset));
    }
    /// Scaling by a power of two is fraction bits; all other scaling is lost.
    int exponent_of(const std::string& path, const conversion& convert) {
        constexpr int most = 60;
        int exponent = 0;
        const bool power = std::frexp(convert.scale, &exponent) == 0.5;
        if (power && std::abs(exponent) < most) return exponent - 1;
        lose(path, fmt::format("scale {}", convert.scale));
        return 0;
    }
    /// Only the JSON form has a place for these.
    void set_words(map_entry& entry, const std::string& unit, const std::string& text) {
        if (form_ == map_form::lines) return;
        entry.unit = unit;
        entry.text = text;
    }
    std::vector<std::string_view> lost_words(const std::string& unit,
                                             const std::string& text) const {
        std::vector<std::string_view> words;
        if (form_ == map_form::json) return words;
        if (!unit.empty()) words.emplace_back("unit");
        if (!text.empty()) words.emplace_back("description");
        return words;
    }
    void lose_all(const std::string& path, const std::vector<std::string_view>& words) {
        if (!words.empty()) lose(path, fmt::format("{}", fmt::join(words, ", ")));
    }
    void lose_meaning(const register_description& reg) {
        auto words = lost_words(reg.unit, reg.text);
        const auto add = [&](bool present, std::string_view name) {
            if (present) words.push_back(name);
        };
        add(reg.order == upciedev::byte_order::big, "big-endian order");
        add(!reg.fields.empty(), "fields");
        add(!reg.values.empty(), "names of values");
        add(reg.range.has_value(), "range");
        add(reg.reset.has_value(), "reset");
        add(reg.on_read != upciedev::read_effect::none, "on_read");
        add(reg.on_write != upciedev::write_effect::none, "on_write");
        add(reg.guard, "guard");
        lose_all(reg.path, words);
    }
    /// The innermost repeat is an array of the map where its elements touch.
    void write_register(const register_description& reg) {
        lose_meaning(reg);
        map_entry entry;
        entry.path = reg.path;
        entry.elements = 1;
        entry.bytes = reg.width / 8;
        entry.bar = reg.bar;
        entry.access = reg.access;
        set_meaning(entry, reg.convert);
        set_words(entry, reg.unit, reg.text);
        auto outer = reg.repeats;
        if (entry.path.ends_with("[]") && outer.back().stride == entry.bytes) {
            entry.elements = outer.back().count;
            entry.bytes *= entry.elements;
            outer.pop_back();
            entry.path.resize(entry.path.size() - 2);
        }
        write_copies(entry, outer, 0, reg.offset);
    }
    void write_copies(const map_entry& like, const std::vector<upciedev::repeat>& repeats,
                      std::size_t level, std::uint64_t address) {
        auto copy = like;
        copy.address = address;
        if (level == repeats.size()) return map_.entries.push_back(std::move(copy));
        const auto place = like.path.find("[]");
        for (std::uint32_t i = 0; i < repeats[level].count; ++i) {
            copy.path = like.path;
            copy.path.replace(place, 2, fmt::format(".{}", i));
            write_copies(copy, repeats, level + 1, address + i * repeats[level].stride);
        }
    }
    void write_area(const area_description& area) {
        if (area.order == upciedev::byte_order::big) lose(area.path, "big-endian order");
        lose_all(area.path, lost_words(area.unit, area.text));
        map_entry entry;
        entry.path = area.path;
        entry.elements = area.count;
        entry.address = area.offset;
        entry.bytes = area.size();
        entry.bar = area.bar;
        entry.access = area.access;
        set_meaning(entry, area.convert);
        set_words(entry, area.unit, area.text);
        if (area.frame == 0) return map_.entries.push_back(std::move(entry));
        if (!is_carried(area)) {
            lose(area.path, "layout with gaps between its channels");
            return map_.entries.push_back(std::move(entry));
        }
        write_multiplexed(area, std::move(entry));
    }
    /// Lines of a map know no gaps in a frame.
    [[nodiscard]] bool is_carried(const area_description& area) const {
        if (form_ == map_form::json) return true;
        std::uint64_t end = 0;
        for (const auto& [name, at, channel] : channels_of(area)) {
            if (at != end) return false;
            end += channel->sample_size();
        }
        return end == area.frame;
    }
    void write_multiplexed(const area_description& area, map_entry entry) {
        const auto name = entry.name().size();
        entry.path.insert(entry.path.size() - name, multiplexed);
        entry.frame = area.frame;
        entry.elements = entry.bytes / area.frame;
        map_.entries.push_back(entry);
        for (const auto& [channel_name, at, channel] : channels_of(area)) {
            map_entry one;
            one.path = entry.path + "." + channel_name;
            one.elements = 1;
            one.address = entry.address + at;
            one.bytes = channel->sample_size();
            one.bar = entry.bar;
            one.access = entry.access;
            set_meaning(one, channel->convert);
            set_words(one, channel->unit, channel->text);
            if (channel->order != area.order) lose(one.path, "byte order");
            lose_all(one.path, lost_words(channel->unit, channel->text));
            map_.entries.push_back(std::move(one));
        }
    }
    void write_irq(const upciedev::irq_description& irq) {
        if (!irq.status.path.empty() || !irq.enable.path.empty() || !irq.acknowledge.path.empty())
            lose(irq.name, "status, enable and acknowledge of an interrupt");
        map_entry entry;
        entry.path = irq.name;
        entry.kind = map_kind::none;
        entry.width = 0;
        entry.is_signed = false;
        entry.access = upciedev::access::ro;
        entry.interrupts = {irq.vector};
        map_.entries.push_back(std::move(entry));
    }

    const board_description& board_;
    map_form form_;
    map_document map_;
};

} // namespace

map_document map_of(const board_description& board, map_form form) {
    return map_writer(board, form).document();
}

} // namespace cli
