// SPDX-License-Identifier: BSD-3-Clause
// How boards and programs are called.
#pragma once

#include <upciedev/crate.hpp>

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <functional>
#include <string>

namespace cli {

/// What opens this board and no other: "pci:0000:03:00.0", "upper/slot:4".
std::string key_of(const upciedev::crate_entry& what);
/// "slot 4 vadc8 (0000:03:00.0)"
std::string entry_text(const upciedev::crate_entry& what);
/// "4", "upper/slot:4" or, where it is not known, "-"
std::string slot_text(const upciedev::crate_entry& what, bool with_crate);
/// \param entry what makes a crate_entry of an element
template <class List, class Entry = std::identity>
bool in_several_crates(const List& boards, Entry entry = {}) {
    return std::ranges::any_of(boards, [&](const auto& board) {
        return std::invoke(entry, board).crate != std::invoke(entry, boards.front()).crate;
    });
}
/// As `ls` and `monitor` tell it, see docs/cli.md.
nlohmann::ordered_json entry_json(const upciedev::crate_entry& what);
/// "2026-11-23T08:15:00.123Z"
std::string utc_now();
/// null where nobody has claimed it.
nlohmann::ordered_json claimed_json(const std::optional<upciedev::claimant>& who);

} // namespace cli
