// SPDX-License-Identifier: BSD-3-Clause
#include "board/settings_bits.hpp"
#include "description/ids_text.hpp"
#include "description/reg_values.hpp"
#include "files/yaml_reader.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

using part_bits = std::optional<std::uint64_t>;

/// The kind of board that the file is for must be that of the board.
void check_kind_of(map_reader& keys, const board& board) {
    const auto* kind_node = keys.require("settings");
    const auto kind = read_text(kind_node, keys.sink());
    if (kind && *kind != board.name())
        keys.sink().report(
            kind_node->mark,
            fmt::format("these settings are for a {}, not for {}", *kind, board.label()),
            "settings fit boards of one kind");
    const auto* ids_node = keys.find("ids");
    const auto ids = read_text(ids_node, keys.sink());
    const auto present = ids_text(board.identity().ids);
    if (ids && *ids != present)
        keys.sink().report(ids_node->mark,
                           fmt::format("{} has the ids {}, not {}", board.label(), present, *ids),
                           "take this line out if the boards are alike all the same");
}

/// One register of the file; reports what does not fit.
class setting_reader {
  public:
    setting_reader(const register_description& what, const yaml_node& node, diagnostics& sink)
        : what_(what), node_(node), keys_(node, sink), sink_(sink) {}

    /// Mask and bits are zero where something was reported.
    register_setting read(std::string path);

  private:
    template <class Description>
    part_bits bits_of(const yaml_node& node, const Description& about);
    void read_fields(const yaml_node* list);
    void read_field(const yaml_node& node);
    void merge(const yaml_node& node, std::uint64_t mask, std::uint64_t bits);
    void check_mask();

    const register_description& what_;
    const yaml_node& node_;
    map_reader keys_;
    diagnostics& sink_;
    bool has_raw_ = false;
    std::uint64_t bits_ = 0, mask_ = 0;
};

template <class Description>
part_bits setting_reader::bits_of(const yaml_node& node, const Description& about) {
    for (const auto& [name, number] : about.values)
        if (node.what == yaml_node::kind::scalar && node.text == name) return number;
    const auto number = read_number(&node, sink_);
    if (!number) return std::nullopt;
    try {
        if (has_raw_) return encode(about.convert, *number); // it was outside its range when saved
        const number_rules rules{about.convert, about.range, about.unit, about.values};
        return to_bits(rules, *number, [] { return std::string(); });
    } catch (const error& problem) {
        sink_.report(node.mark, problem.reason(), problem.remedy());
        return std::nullopt;
    }
}

/// Bits in units or by field beside those that `raw` gave: they must agree.
void setting_reader::merge(const yaml_node& node, std::uint64_t mask, std::uint64_t bits) {
    if (!has_raw_) {
        mask_ |= mask;
        bits_ |= bits;
        return;
    }
    if ((bits & mask_) == (bits_ & mask)) return;
    sink_.report(
        node.mark,
        fmt::format("'{}' does not agree with 'raw', which has the bits {:#x}", node.key,
                    bits_ & mask),
        fmt::format("these would be {:#x}; take out the one that is not meant", bits & mask_));
}

void setting_reader::read_field(const yaml_node& node) {
    const auto* part = what_.find_field(node.key);
    if (part == nullptr) return sink_.report(node.key_mark, fmt::format("no field '{}'", node.key));
    if (const auto why = why_not_settable(what_, *part); !why.empty())
        return sink_.report(node.key_mark,
                            fmt::format("the field '{}' cannot be set: {}", node.key, why),
                            "take it out");
    if (const auto bits = bits_of(node, *part))
        merge(node, part->mask(), (*bits & low_bits(part->width)) << part->lsb);
}

void setting_reader::read_fields(const yaml_node* list) {
    for (const auto& node : read_members(list, sink_))
        read_field(node);
}

void setting_reader::check_mask() {
    const auto settable = settable_bits(what_).mask;
    if ((mask_ & ~settable) != 0)
        sink_.report(
            node_.mark,
            fmt::format("the bits {:#x} cannot be written back without effects", mask_ & ~settable),
            fmt::format("give it 'mask: {:#x}' or less", settable));
    else if ((bits_ & ~mask_) != 0)
        sink_.report(node_.mark, fmt::format("bits {:#x} are outside the mask", bits_ & ~mask_));
}

register_setting setting_reader::read(std::string path) {
    const std::uint64_t all = low_bits(what_.width);
    const auto* raw_node = keys_.find("raw");
    const auto* mask_node = keys_.find("mask");
    const auto* value_node = keys_.find("value");
    const auto* fields_node = keys_.find("fields");
    if (!keys_.finish()) return {std::move(path)};
    const auto raw = read_unsigned(raw_node, sink_, all);
    const auto mask = read_unsigned(mask_node, sink_, all);
    has_raw_ = raw.has_value();
    bits_ = raw.value_or(0);
    mask_ = has_raw_ ? mask.value_or(all) : 0;
    if (raw_node == nullptr && mask_node != nullptr)
        sink_.report(mask_node->key_mark, "a mask without 'raw'", "take it out, or add 'raw'");
    if (raw_node == nullptr && value_node == nullptr && fields_node == nullptr)
        sink_.report(node_.mark, "nothing is said about this register",
                     "give its 'raw', 'value' or 'fields'");
    if (value_node != nullptr)
        if (const auto bits = bits_of(*value_node, what_)) merge(*value_node, all, *bits);
    read_fields(fields_node);
    check_mask();
    return {std::move(path), bits_, mask_};
}

std::optional<register_location> find_location(const yaml_node& node, const board& board,
                                               diagnostics& sink) {
    try {
        const auto where = board.description()->find_register(node.key);
        const auto [mask, reason] = settable_bits(*where.description);
        if (mask != 0) return where;
        sink.report(node.key_mark, fmt::format("'{}' cannot be set: {}", node.key, reason),
                    "take it out");
    } catch (const error& problem) {
        const auto place = problem.where().empty() ? std::string() : problem.where() + ": ";
        sink.report(node.key_mark, place + problem.reason(), problem.remedy());
    }
    return std::nullopt;
}

/// Enable bits, which an older file or one by hand may have, are the driver's.
void add(settings_text& all, register_setting setting, const register_location& where,
         const board_description& board) {
    if (const auto bits = setting.mask & bits_of_driver(board, where)) {
        add_bits_of_driver(all.left_out, board, where, bits);
        setting.mask &= ~bits;
        setting.bits &= setting.mask;
        if (setting.mask == 0) return;
    }
    all.registers.push_back(std::move(setting));
}

} // namespace

settings_text read_settings(std::string_view text, const std::string& name, const board& board) {
    diagnostics sink(name);
    yaml_node root;
    sink.collect([&] { root = parse_yaml(text, sink); });
    sink.throw_first();
    map_reader keys(root, sink);
    read_format(keys);
    check_kind_of(keys, board);
    const auto* list = keys.require("registers");
    keys.finish();
    sink.throw_first(); // of another kind of board nothing else makes sense
    settings_text found;
    std::map<std::string, int> seen;
    const bool none = list->what == yaml_node::kind::map && list->items.empty();
    for (const auto& node : none ? list->items : read_members(list, sink)) {
        const auto where = find_location(node, board, sink);
        if (!where) continue;
        const auto [before, is_new] = seen.emplace(where->path(), node.key_mark.line);
        if (!is_new)
            sink.report(node.key_mark, fmt::format("'{}' stands twice", node.key),
                        fmt::format("it stands already in line {}", before->second));
        add(found, setting_reader(*where->description, node, sink).read(where->path()), *where,
            *board.description());
    }
    sink.throw_first();
    return found;
}

} // namespace upciedev::inline v1::detail
