// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_expected.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev {
inline namespace v1 {

namespace detail {

namespace {

std::string text_of(const expected_board& wanted) {
    if (!wanted.name.empty()) return wanted.name;
    const auto id = [](const auto& number) { return fmt::format("{:04x}", number.value_or(0)); };
    const auto& ids = wanted.ids;
    auto text = fmt::format("{}:{}", id(ids.vendor), id(ids.device));
    if (ids.subvendor) text += fmt::format(", subvendor {}", id(ids.subvendor));
    if (ids.subdevice) text += fmt::format(", subdevice {}", id(ids.subdevice));
    return text;
}

bool is_expected(const crate_entry& board, const expected_board& wanted) {
    return wanted.name.empty() ? wanted.ids.fits(board.ids) : board.name == wanted.name;
}

/// A slot may hold a board of several functions, of which one is the expected one.
void compare_slot(const crate_slot& slot, std::vector<crate_entry>& entries) {
    std::vector<crate_entry*> here;
    for (auto& entry : entries)
        if (entry.slot == slot.slot && entry.crate == slot.crate) here.push_back(&entry);
    const auto& wanted = *slot.expected;
    const auto right =
        std::ranges::find_if(here, [&](const auto* entry) { return is_expected(*entry, wanted); });
    if (right != here.end()) {
        (*right)->expected = expectation::met;
    } else if (here.empty()) {
        crate_entry entry;
        entry.slot = slot.slot;
        entry.crate = slot.crate;
        entry.alias = slot.alias;
        entry.expected = expectation::missing;
        entry.remark =
            fmt::format("missing: {} is expected here ({})", text_of(wanted), slot.where);
        entries.push_back(entry);
    }
    for (auto* entry : here) {
        if (right != here.end()) break;
        entry->expected = expectation::wrong;
        add_remark(*entry, fmt::format("wrong board: {} is expected here ({})", text_of(wanted),
                                       slot.where));
    }
}

/// Where a crate expects anything, a slot that its file does not mention is to be empty.
void tell_unexpected(const crate_file& file, crate_entry& entry) {
    const auto same_crate = [&](const auto& slot) { return slot.crate == entry.crate; };
    const bool mentioned = std::ranges::any_of(
        file.slots, [&](const auto& slot) { return same_crate(slot) && slot.slot == entry.slot; });
    const bool demanding = std::ranges::any_of(
        file.slots, [&](const auto& slot) { return same_crate(slot) && slot.expected; });
    if (mentioned || !demanding || !entry.slot) return;
    entry.expected = expectation::unexpected;
    add_remark(entry, fmt::format("unexpected: {} says nothing of this slot", file.file));
}

} // namespace

void add_remark(crate_entry& entry, const std::string& remark) {
    if (!entry.remark.empty()) entry.remark += "; ";
    entry.remark += remark;
}

void compare_with_expected(const crate_file& file, std::vector<crate_entry>& entries) {
    for (auto& entry : entries)
        tell_unexpected(file, entry);
    for (const auto& slot : file.slots)
        if (slot.expected) compare_slot(slot, entries);
}

} // namespace detail

} // namespace v1
} // namespace upciedev
