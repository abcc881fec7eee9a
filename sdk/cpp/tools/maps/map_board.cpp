// SPDX-License-Identifier: BSD-3-Clause
// The board file of a map.
#include "maps/map_fold.hpp"

#include <upciedev/board_file.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>

namespace cli {
namespace {

using upciedev::access;

constexpr std::uint64_t most_elements = 256; // of a register; what has more is an area
constexpr std::uint64_t greatest_bar = 5;
constexpr std::uint64_t least_bar_size = 4096;
constexpr std::uint64_t great_bar = std::uint64_t{4} << 30; // is more likely a wrong address
constexpr std::uint64_t end_of_bars = std::uint64_t{1} << 40;
constexpr unsigned greatest_vector = 2047;
constexpr std::size_t longest_path = 150;   // a board file has 160 with the "[]" of arrays
constexpr std::ptrdiff_t most_modules = 12; // modules in one another; a board file nests 32 levels
constexpr std::string_view old_channel = "SEQUENCE_";

bool is_area(const map_entry& entry) {
    return entry.elements > most_elements;
}

/// Bytes of a BAR that are taken, by those who read and those who write.
class ground {
  public:
    /// \returns the entry in the way
    const map_entry* take(const map_entry& entry, bool only_look) {
        for (const auto side : {access::ro, access::wo}) {
            if (entry.access != access::rw && entry.access != side) continue;
            if (const auto* other = at(side, entry)) return other;
        }
        for (const auto side : {access::ro, access::wo})
            if (!only_look && (entry.access == access::rw || entry.access == side))
                taken_[{side, entry.bar, entry.address}] = &entry;
        return nullptr;
    }

  private:
    using key = std::tuple<access, std::uint64_t, std::uint64_t>;

    [[nodiscard]] const map_entry* at(access side, const map_entry& entry) const {
        auto next = taken_.lower_bound(key{side, entry.bar, entry.address + entry.bytes});
        if (next == taken_.begin()) return nullptr;
        const auto& [where, other] = *--next;
        const bool same = std::get<0>(where) == side && std::get<1>(where) == entry.bar;
        return same && other->address + other->bytes > entry.address ? other : nullptr;
    }

    std::map<key, const map_entry*> taken_;
};

/// Groups and registers as they nest in a board file.
struct tree {
    std::string name;
    std::vector<tree> members;
    std::optional<upciedev::repeat> repeat;
    const map_entry* entry = nullptr; ///< none: a group

    tree* find(std::string_view wanted) {
        const auto found = std::ranges::find(members, wanted, &tree::name);
        return found == members.end() ? nullptr : &*found;
    }
};

std::string type_text(const map_entry& entry) {
    const auto bits = std::min<std::uint64_t>(entry.width, entry.element_size() * 8);
    if (entry.kind == map_kind::floating) return fmt::format("float{}", bits);
    if (entry.fraction > 0 && entry.fraction <= INT8_MAX)
        return fmt::format("{}fix{}.{}", entry.is_signed ? 's' : 'u', bits, entry.fraction);
    return fmt::format("{}int{}", entry.is_signed ? "" : "u", bits);
}

/// As YAML reads it back: a string of JSON is one of YAML.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// "type: int16" and so on: what registers, areas and channels have in common.
std::vector<std::string> meaning_of(const map_entry& entry) {
    std::vector<std::string> parts{"type: " + type_text(entry)};
    if (entry.kind == map_kind::number && (entry.fraction < 0 || entry.fraction > INT8_MAX))
        parts.push_back(fmt::format("scale: {}", std::ldexp(1.0, -entry.fraction)));
    if (!entry.unit.empty()) parts.push_back("unit: " + quoted(entry.unit));
    if (!entry.text.empty()) parts.push_back("description: " + quoted(entry.text));
    return parts;
}

std::string access_text(const map_entry& entry) {
    constexpr std::array<std::string_view, 3> names{"", ", access: ro", ", access: wo"};
    return std::string(names.at(static_cast<std::size_t>(entry.access)));
}

std::string reason_against_elements(const map_entry& entry) {
    const auto size = entry.element_size();
    if (entry.kind == map_kind::text) return "texts are no values of a board file";
    if (entry.elements == 0 || size * entry.elements != entry.bytes)
        return fmt::format("{} bytes are not {} elements", entry.bytes, entry.elements);
    if (size > 8 || !std::has_single_bit(size))
        return fmt::format("elements of {} bytes; a bus carries 1, 2, 4 or 8", size);
    if (entry.address % size != 0)
        return fmt::format("{:#x} is misaligned for {} bytes", entry.address, size);
    if (entry.kind == map_kind::floating && (entry.width % 32 != 0 || entry.width > size * 8))
        return fmt::format("IEEE754 of {} bits", entry.width);
    return {};
}

std::uint64_t frame_of(const map_entry& area, const std::vector<const map_entry*>& channels) {
    if (area.frame != 0) return area.frame;
    std::uint64_t bytes = 0;
    for (const auto* channel : channels)
        bytes += channel->bytes;
    return bytes;
}

/// What the elements of a multiplexed area are: samples of the first channel, or bytes where those
/// do not fill a frame.
map_entry element_of(const map_entry& area, const std::vector<const map_entry*>& channels) {
    auto element = *channels.front();
    element.unit = area.unit;
    element.text = area.text;
    if (frame_of(area, channels) % element.bytes == 0) return element;
    element.bytes = 1;
    element.width = 8;
    element.fraction = 0;
    element.is_signed = false;
    element.kind = map_kind::number;
    return element;
}

/// May this channel follow those that end at \p end? Only the JSON form knows gaps.
bool fits(const map_entry& area, const map_entry& channel, std::uint64_t end, std::uint64_t frame) {
    const bool follows = area.frame != 0 ? channel.address >= end : channel.address == end;
    const auto letters = plain_path(area.path).size() + 1 + plain_path(channel.name()).size();
    return follows && letters <= longest_path && channel.elements == 1 &&
           channel.kind != map_kind::none && reason_against_elements(channel).empty() &&
           channel.address + channel.bytes <= area.address + frame &&
           (channel.address - area.address) % channel.bytes == 0;
}

class board_writer {
  public:
    board_writer(const map_document& map, std::vector<lost>& losses) : map_(map), losses_(losses) {}

    std::string text(const board_wishes& wishes);

  private:
    void lose(const map_entry& entry, const std::string& what) {
        losses_.push_back({entry.place, fmt::format("{}: {}", entry.path, what)});
    }
    void sort_out(const map_entry& entry);
    [[nodiscard]] std::string reason_against(const map_entry& entry) const;
    [[nodiscard]] bool is_free(const std::string& name) const;
    void note_interrupt(const map_entry& entry);
    void find_channels(const map_entry& area);
    void choose_registers();
    void place(const folded_register& reg);
    void write_head(const board_wishes& wishes);
    void write_bars();
    void write_members(const tree& group, std::size_t depth);
    void write_register(const tree& reg);
    void write_areas();
    void write_channels(const map_entry& area);
    void write_irqs();

    const map_document& map_;
    std::vector<lost>& losses_;
    std::vector<const map_entry*> data_, areas_;
    std::map<const map_entry*, std::vector<const map_entry*>> channels_;
    std::set<const map_entry*> in_areas_;
    std::map<unsigned, std::string> irqs_;
    tree top_;
    std::string text_;
};

/// Why an entry can be no register; empty: it can.
std::string board_writer::reason_against(const map_entry& entry) const {
    if (entry.bar > greatest_bar)
        return fmt::format("BAR {} is none of PCI Express; DMA needs an engine in the board file",
                           entry.bar);
    if (entry.address > end_of_bars || entry.bytes > end_of_bars) return "too far into the BAR";
    if (plain_path(entry.path).size() > longest_path) return "the path is longer than 150 letters";
    if (std::ranges::count(entry.path, '.') > most_modules)
        return "more than 12 modules in one another";
    return channels_.contains(&entry) ? "" : reason_against_elements(entry);
}

/// May an interrupt be named so? Those without a name of their own are "INTERRUPT<vector>".
bool board_writer::is_free(const std::string& name) const {
    return name.size() <= longest_path && !name.starts_with("INTERRUPT") &&
           std::ranges::none_of(irqs_, [&](const auto& irq) { return irq.second == name; });
}

void board_writer::note_interrupt(const map_entry& entry) {
    const auto vector = entry.interrupts.front();
    if (vector > greatest_vector) return lose(entry, "vectors go up to 2047");
    auto name = plain_path(entry.path);
    std::ranges::replace(name, '.', '_');
    const bool is_own = entry.kind == map_kind::none && entry.interrupts.size() == 1;
    const auto fallback = fmt::format("INTERRUPT{}", vector);
    auto& known = irqs_.try_emplace(vector, fallback).first->second;
    if (is_own && known == fallback && is_free(name)) known = name;
    if (known != name) lose(entry, fmt::format("is told by interrupt {} of the board file", known));
}

void board_writer::sort_out(const map_entry& entry) {
    if (!entry.interrupts.empty()) note_interrupt(entry);
    if (entry.kind == map_kind::none) {
        if (entry.interrupts.empty()) lose(entry, "registers without data");
        return;
    }
    if (in_areas_.contains(&entry)) return;
    if (const auto reason = reason_against(entry); !reason.empty()) return lose(entry, reason);
    if (entry.width > entry.element_size() * 8 && !channels_.contains(&entry))
        lose(entry, fmt::format("{} bits in {} bytes; the bits above are left out", entry.width,
                                entry.element_size()));
    const bool whole = is_area(entry) || channels_.contains(&entry);
    (whole ? areas_ : data_).push_back(&entry);
}

/// The lines that say how the channels of a multiplexed area take turns.
void board_writer::find_channels(const map_entry& area) {
    const auto name = area.name();
    const auto module = area.path.substr(0, area.path.size() - name.size());
    const bool is_old = name.starts_with(old_multiplexed);
    if (!is_old && !name.starts_with(multiplexed)) return;
    const auto prefix =
        is_old ? module + std::string(old_channel) + name.substr(old_multiplexed.size()) + "_"
               : area.path + ".";
    std::vector<const map_entry*> found;
    for (const auto& entry : map_.entries)
        if (entry.path.starts_with(prefix)) found.push_back(&entry);
    std::ranges::stable_sort(found, {}, &map_entry::address);
    const auto frame = frame_of(area, found);
    std::uint64_t end = area.address;
    std::set<std::string> names;
    for (const auto* channel : found) {
        in_areas_.insert(channel);
        if (area.bytes < frame || !fits(area, *channel, end, frame) ||
            !names.insert(plain_path(channel->name())).second)
            return lose(area, fmt::format("channels, because of {}", channel->path));
        end = channel->address + channel->bytes;
    }
    if (found.empty()) return lose(area, "there are no lines with its channels");
    channels_[&area] = std::move(found);
}

/// Small ones first: a line that stands for a whole module gives way to what is in it.
void board_writer::choose_registers() {
    const std::set<const map_entry*> memories(areas_.begin(), areas_.end());
    auto order = data_;
    order.insert(order.end(), areas_.begin(), areas_.end());
    std::ranges::stable_sort(order, {}, [&](const auto* entry) {
        return std::pair(memories.contains(entry), entry->bytes);
    });
    ground taken;
    std::set<const map_entry*> refused;
    std::set<std::string> names;
    for (const auto* entry : order) {
        if (const auto* other = taken.take(*entry, memories.contains(entry))) {
            lose(*entry, fmt::format("overlaps {}, {}", other->path, other->place));
            refused.insert(entry);
        } else if (!names.insert(plain_path(entry->path)).second) {
            lose(*entry, "another line has this name");
            refused.insert(entry);
        }
    }
    const auto is_refused = [&](const auto* entry) { return refused.contains(entry); };
    std::erase_if(data_, is_refused);
    std::erase_if(areas_, is_refused);
}

void board_writer::place(const folded_register& reg) {
    auto* group = &top_;
    std::size_t level = 0;
    auto names = split_path(reg.path);
    const auto last = names.size() - 1;
    for (std::size_t i = 0; i <= last; ++i) {
        auto name = names[i];
        const bool repeats = name.ends_with("[]");
        if (repeats) name.resize(name.size() - 2);
        auto* next = group->find(name);
        if (next != nullptr &&
            (i == last || next->entry != nullptr || repeats != next->repeat.has_value()))
            return lose(*reg.first, fmt::format("'{}' is a register and a group, too", name));
        if (next == nullptr) {
            next = &group->members.emplace_back(tree{name, {}, {}, nullptr});
            if (repeats) next->repeat = reg.repeats[level];
        }
        level += repeats ? 1 : 0;
        group = next;
    }
    group->entry = reg.first;
    if (reg.first->elements > 1)
        group->repeat = {static_cast<std::uint32_t>(reg.first->elements),
                         reg.first->element_size()};
}

void board_writer::write_head(const board_wishes& wishes) {
    text_ = fmt::format("format: 1\nboard: {}\n", wishes.name);
    if (wishes.ids)
        text_ += fmt::format("match: {{vendor: {:#06x}, device: {:#06x}}}\n", wishes.ids->vendor,
                             wishes.ids->device);
    else
        text_ += "# To do: match: {vendor: 0x...., device: 0x....}, as in the output of lspci -nn. "
                 "Without,\n# only a crate file that names this file finds it.\n";
}

void board_writer::write_bars() {
    std::map<std::uint64_t, const map_entry*> last; // of each BAR
    const auto end_of = [](const map_entry& entry) { return entry.address + entry.bytes; };
    for (const auto* list : {&data_, &areas_})
        for (const auto* entry : *list)
            if (auto& known = last[entry->bar]; known == nullptr || end_of(*known) < end_of(*entry))
                known = entry;
    text_ += "bars: # sizes are the least that hold what the map has\n";
    if (last.empty()) text_ += fmt::format("  bar0: {{index: 0, size: {:#x}}}\n", least_bar_size);
    for (const auto& [bar, entry] : last) {
        const auto size = std::bit_ceil(std::max(end_of(*entry), least_bar_size));
        text_ += fmt::format("  bar{}: {{index: {}, size: {:#x}}}\n", bar, bar, size);
        if (size > great_bar)
            lose(*entry,
                 fmt::format("makes BAR {} {} GiB large: is its address right?", bar, size >> 30));
    }
}

void board_writer::write_register(const tree& reg) {
    const auto& entry = *reg.entry;
    text_ += fmt::format("{{at: bar{}+{:#x}", entry.bar, entry.address);
    text_ += fmt::format(", width: {}, {}", entry.element_size() * 8,
                         fmt::join(meaning_of(entry), ", "));
    text_ += access_text(entry);
    if (reg.repeat)
        text_ += fmt::format(", repeat: {{count: {}, stride: {:#x}}}", reg.repeat->count,
                             reg.repeat->stride);
    text_ += "}\n";
}

void board_writer::write_members(const tree& group, std::size_t depth) {
    for (const auto& each : group.members) {
        text_ += std::string(depth * 2, ' ') + each.name + ":";
        if (each.entry != nullptr) {
            text_ += ' ';
            write_register(each);
            continue;
        }
        const std::string margin(depth * 2 + 2, ' ');
        text_ += "\n";
        if (each.repeat)
            text_ += fmt::format("{}repeat: {{count: {}, stride: {:#x}}}\n", margin,
                                 each.repeat->count, each.repeat->stride);
        text_ += margin + "registers:\n";
        write_members(each, depth + 2);
    }
}

void board_writer::write_channels(const map_entry& area) {
    const auto found = channels_.find(&area);
    if (found == channels_.end()) return;
    std::string text;
    for (const auto* channel : found->second)
        text += fmt::format("        {}: {{at: {}, {}}}\n", plain_path(channel->name()),
                            channel->address - area.address, fmt::join(meaning_of(*channel), ", "));
    text_ += fmt::format("    layout:\n      frame: {}\n      channels:\n{}",
                         frame_of(area, found->second), text);
}

void board_writer::write_areas() {
    if (!areas_.empty()) text_ += "areas:\n";
    for (const auto* area : areas_) {
        const auto found = channels_.find(area);
        auto path = plain_path(area->path);
        if (found != channels_.end())
            path.erase(path.rfind('.') + 1, area->name().starts_with(old_multiplexed)
                                                ? old_multiplexed.size()
                                                : multiplexed.size());
        auto bytes = area->bytes;
        auto like = *area;
        if (found != channels_.end()) {
            bytes -= bytes % frame_of(*area, found->second);
            like = element_of(*area, found->second);
        }
        text_ += fmt::format("  {}:\n    at: bar{}+{:#x}\n    size: {}\n    {}\n", path, area->bar,
                             area->address, bytes, fmt::join(meaning_of(like), "\n    "));
        if (area->access != access::rw)
            text_ += fmt::format("    {}\n", access_text(*area).substr(2));
        write_channels(*area);
    }
}

void board_writer::write_irqs() {
    if (!irqs_.empty()) text_ += "irqs:\n";
    for (const auto& [vector, name] : irqs_)
        text_ += fmt::format("  {}: {{vector: {}}}\n", name, vector);
}

std::string board_writer::text(const board_wishes& wishes) {
    for (const auto& entry : map_.entries)
        find_channels(entry);
    for (const auto& entry : map_.entries)
        sort_out(entry);
    choose_registers();
    for (const auto& reg : fold(data_))
        place(reg);
    write_head(wishes);
    write_bars();
    if (!top_.members.empty()) text_ += "registers:\n";
    write_members(top_, 1);
    write_areas();
    write_irqs();
    return std::move(text_);
}

} // namespace

std::string board_file_of(const map_document& map, const board_wishes& wishes,
                          std::vector<lost>& losses) {
    losses.insert(losses.end(), map.losses.begin(), map.losses.end());
    auto text = board_writer(map, losses).text(wishes);
    (void)upciedev::parse_board_file(text, wishes.name + ".yaml"); // nothing wrong leaves here
    return text;
}

} // namespace cli
