// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::uint64_t last_vector = 2047; // MSI-X has no more
constexpr std::size_t most_irqs = 256;

void check_status(const yaml_node* node, const register_part& status, const board_draft& draft) {
    if (status.path.empty()) return;
    const auto what = look_up(status, draft);
    const auto effect = what.field == nullptr ? what.owner->on_read : what.field->on_read;
    if (effect == read_effect::pop)
        draft.sink.report(node->mark, fmt::format("reading {} takes an entry away", node->text),
                          "the status of an interrupt must tell whether it is pending");
}

/// Two causes on one vector must be told apart.
void check_vector(const yaml_node& node, const irq_description& irq, const board_draft& draft) {
    for (const auto& other : draft.board.irqs)
        if (other.vector == irq.vector && (other.status.path.empty() || irq.status.path.empty()))
            draft.sink.report(
                node.key_mark,
                fmt::format("{} shares vector {} with {}", irq.name, irq.vector, other.name),
                "give both their 'status', which tells them apart");
}

void read_irq(const yaml_node& node, board_draft& draft) {
    map_reader keys(node, draft.sink);
    irq_description irq;
    irq.name = node.key;
    irq.vector = static_cast<unsigned>(
        read_unsigned(keys.find("vector"), draft.sink, last_vector).value_or(0));
    const auto* status = keys.find("status");
    irq.status = read_part(status, draft, part_use::read);
    irq.enable = read_part(keys.find("enable"), draft, part_use::write);
    irq.acknowledge = read_part(keys.find("acknowledge"), draft, part_use::write);
    irq.text = read_text(keys.find("description"), draft.sink).value_or("");
    if (keys.finish()) {
        check_status(status, irq.status, draft);
        check_vector(node, irq, draft);
    }
    draft.board.irqs.push_back(std::move(irq));
}

} // namespace

void read_irqs(const yaml_node* node, board_draft& draft) {
    for (const auto& member : read_members(node, draft.sink)) {
        if (draft.board.irqs.size() == most_irqs)
            draft.sink.give_up(member.key_mark, fmt::format("more than {} interrupts", most_irqs),
                               "describe the bits of a cause as fields of a status register");
        if (check_key(member, draft.sink)) read_irq(member, draft);
    }
}

} // namespace upciedev::inline v1::detail
