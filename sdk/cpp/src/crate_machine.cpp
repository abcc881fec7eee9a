// SPDX-License-Identifier: BSD-3-Clause
#include "crate_machine.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

std::optional<crate_file> load_names(const std::filesystem::path& given) {
    const std::filesystem::path usual = "/etc/upciedev/crate.yaml";
    if (!given.empty()) return crate_file::load(given);
    if (std::filesystem::exists(usual)) return crate_file::load(usual);
    return std::nullopt;
}

} // namespace

machine_source::machine_source(std::string uri, const crate_options& options)
    : source(std::move(uri), options), names_(load_names(options.names)) {
    if (names_) title_ = names_->title;
}

const crate_slot* machine_source::find_slot(std::optional<unsigned> slot) const {
    if (!names_ || !slot) return nullptr;
    const auto found = std::ranges::find(names_->slots, *slot, &crate_slot::slot);
    return found == names_->slots.end() ? nullptr : &*found;
}

/// The file that the crate file names, else the one whose `match` fits.
board_description_ptr machine_source::find_description(const crate_entry& what) {
    const auto* slot = find_slot(what.slot);
    if (slot != nullptr && !slot->board.empty()) return library().load(slot->board);
    return library().find(what.ids);
}

crate_entry machine_source::describe(const pci_function& function, std::optional<unsigned> slot) {
    crate_entry entry;
    entry.slot = slot;
    entry.ids = function.ids;
    entry.pci_address = function.address;
    if (const auto* named = find_slot(slot)) entry.alias = named->alias;
    try {
        if (const auto found = find_description(entry)) {
            entry.name = found->name;
            entry.title = found->title;
        }
    } catch (const error& wrong) { // said again when the board is opened
        entry.remark = wrong.what();
    }
    return entry;
}

} // namespace upciedev::inline v1::detail
