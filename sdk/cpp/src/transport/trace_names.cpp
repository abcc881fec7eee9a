// SPDX-License-Identifier: BSD-3-Clause
#include "transport/trace_names.hpp"

#include "description/reg_effects.hpp"
#include "transport/transport_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

std::pair<unsigned, std::uint64_t> address_of(const register_location& where) {
    return {where.description->bar, where.offset};
}

} // namespace

trace_names::trace_names(board_description_ptr description) : description_(std::move(description)) {
    if (!description_) return;
    registers_ = description_->all_registers();
    std::ranges::sort(registers_, {}, [](const named& each) { return address_of(each.second); });
}

/// A register that is only read and one that is only written may share an address.
const trace_names::named* trace_names::find(const operation& op) const {
    const std::pair<unsigned, std::uint64_t> address(op.bar, op.offset);
    const auto address_of_named = [](const named& each) { return address_of(each.second); };
    const auto other_side = is_write(op) ? access::ro : access::wo;
    const named* found = nullptr;
    for (auto each = std::ranges::lower_bound(registers_, address, {}, address_of_named);
         each != registers_.end() && address_of_named(*each) == address; ++each) {
        const auto& reg = *each->second.description;
        if (reg.width != op.width) continue;
        if (found == nullptr || reg.access != other_side) found = &*each;
    }
    return found;
}

std::string trace_names::area_name(const operation& op) const {
    if (!description_) return {};
    for (const auto& area : description_->areas) {
        if (area.bar != op.bar || op.offset < area.offset || op.offset >= area.offset + area.size())
            continue;
        const std::uint64_t bytes = std::uint64_t{op.count} * (op.width / 8);
        return fmt::format("{}[{}:{}]", area.path, (op.offset - area.offset) / area.element_size(),
                           std::max<std::uint64_t>(bytes / area.element_size(), 1));
    }
    return {};
}

std::string trace_names::name(const operation& op) const {
    if (const auto* found = find(op)) return found->first;
    auto area = area_name(op);
    if (!area.empty()) return area;
    return fmt::format("{}:{:#x}:{}", op.bar, op.offset, op.width);
}

std::uint64_t trace_names::bits(const operation& op, std::uint64_t on_bus) const {
    const auto* found = find(op);
    if (found == nullptr) return on_bus & low_bits(op.width);
    const auto& what = *found->second.description;
    return swap_if(what.order, what.width, on_bus) & low_bits(op.width);
}

} // namespace upciedev::inline v1::detail
