// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"
#include "files/crate_file_loader.hpp"

#include <fmt/format.h>

namespace upciedev::inline v1::detail {

namespace {

/// Reads the section `match`: with the draft of a whole file, or, where only the head of a file is
/// read, without; then nobody knows what registers there are.
class match_loader {
  public:
    match_loader(diagnostics& sink, const board_draft* draft) : sink_(sink), draft_(draft) {}

    match_description read_ids_only(const yaml_node& node) {
        map_reader keys(node, sink_);
        auto match = read_ids(keys);
        keys.finish();
        return match;
    }

    match_description read(const yaml_node& node) {
        map_reader keys(node, sink_);
        auto match = read_ids(keys);
        for (const auto& member : read_members(keys.find("registers"), sink_))
            match.registers.push_back(read_identity(member));
        match.firmware = read_firmware(keys.find("firmware"));
        keys.finish();
        return match;
    }

  private:
    match_description read_ids(map_reader& keys) {
        match_description match;
        match.vendor = read_id(keys.require("vendor"));
        match.device = read_id(keys.require("device"));
        match.subvendor = read_id(keys.find("subvendor"));
        match.subdevice = read_id(keys.find("subdevice"));
        return match;
    }

    std::optional<std::uint16_t> read_id(const yaml_node* node) {
        const auto number = read_unsigned(node, sink_, 0xffff);
        return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
    }

    register_part find(const std::string& path, text_mark at) {
        if (draft_ == nullptr) return {path, {}};
        auto part = find_part(path, at, *draft_, part_use::read);
        if (part.path.empty()) return part;
        const auto what = look_up(part, *draft_);
        // A field is read with its whole register.
        if (what.owner->reading_has_effects())
            sink_.report(at, fmt::format("reading {} has effects", path),
                         "who a board is must be told by a register that may be read at any time");
        return part;
    }

    /// The largest number that a part holds.
    [[nodiscard]] std::uint64_t limit(const register_part& part) const {
        const bool unknown = draft_ == nullptr || part.path.empty();
        return unknown ? ~std::uint64_t{0} : low_bits(look_up(part, *draft_).width());
    }

    /// `PATH: number` or `PATH: {value: number, mask: bits}`.
    identity_check read_identity(const yaml_node& node) {
        identity_check check;
        check.where = find(node.key, node.key_mark);
        const auto most = limit(check.where);
        check.mask = most;
        if (node.what != yaml_node::kind::map) {
            check.bits = read_unsigned(&node, sink_, most).value_or(0);
            return check;
        }
        map_reader keys(node, sink_);
        const auto* value = keys.require("value");
        check.bits = read_unsigned(value, sink_, most).value_or(0);
        check.mask = read_unsigned(keys.require("mask"), sink_, most).value_or(most);
        keys.finish();
        if ((check.bits & ~check.mask) != 0)
            sink_.report(value->mark, fmt::format("the mask hides bits of '{}'", value->text),
                         "a value has ones only where its mask has some");
        return check;
    }

    std::optional<firmware_range> read_firmware(const yaml_node* node) {
        if (node == nullptr) return std::nullopt;
        map_reader keys(*node, sink_);
        firmware_range range;
        const auto* path = keys.require("register");
        if (const auto text = read_text(path, sink_)) range.where = find(*text, path->mark);
        const auto most = limit(range.where);
        const auto* least = keys.find("min");
        const auto* greatest = keys.find("max");
        range.least = read_unsigned(least, sink_, most).value_or(0);
        range.greatest = read_unsigned(greatest, sink_, most).value_or(most);
        if (!keys.finish()) return std::nullopt;
        if (least == nullptr && greatest == nullptr)
            sink_.report(node->key_mark, "a range of firmware without an end",
                         "give its 'min', its 'max', or both");
        else if (range.least > range.greatest)
            sink_.report(node->key_mark, "the range of firmware begins above its end");
        return range;
    }

    diagnostics& sink_;
    const board_draft* draft_;
};

} // namespace

std::vector<match_description> read_matches(const yaml_node* node, diagnostics& sink,
                                            const board_draft* draft) {
    if (node == nullptr) return {};
    match_loader loader(sink, draft);
    if (node->what != yaml_node::kind::sequence) return {loader.read(*node)};
    if (node->items.empty()) sink.report(node->mark, "'match' is empty", "name at least one");
    std::vector<match_description> matches;
    for (const auto& item : node->items)
        matches.push_back(loader.read(item));
    return matches;
}

match_description read_ids(const yaml_node& node, diagnostics& sink) {
    return match_loader(sink, nullptr).read_ids_only(node);
}

} // namespace upciedev::inline v1::detail
