// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_machine.hpp"

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

std::string machine_source::crate_of(const crate_entry& what) const {
    if (!names_) return {};
    std::error_code no_such_device; // then only a crate without a port will do
    const auto folder = std::filesystem::canonical(
        std::filesystem::path("/sys/bus/pci/devices") / what.pci_address, no_such_device);
    const auto* const found = crate_above(folder, names_->crates);
    return found == nullptr ? "" : found->name;
}

const crate_slot* machine_source::find_slot(const crate_entry& what) const {
    if (!names_ || !what.slot) return nullptr;
    const auto found = std::ranges::find_if(names_->slots, [&](const auto& slot) {
        return slot.slot == what.slot && slot.crate == what.crate && !what.crate.empty();
    });
    return found == names_->slots.end() ? nullptr : &*found;
}

chosen_file machine_source::find_description(const crate_entry& what, const way_opener& open) {
    const auto* slot = find_slot(what);
    if (slot == nullptr || slot->board.empty()) return find_file(library(), what.ids, open);
    return check_named_file(library().load(slot->board), what.ids, open);
}

upciedev::board machine_source::make_board_of(const crate_entry& what, const transport_ptr& way,
                                              const way_opener& again) {
    return make_board(way, find_description(what, [&] { return transport_ptr(way); }), what.alias,
                      again);
}

crate_entry machine_source::describe(const pci_function& function, std::optional<unsigned> slot,
                                     const way_opener& open) {
    crate_entry entry;
    entry.slot = slot;
    entry.ids = function.ids;
    entry.pci_address = function.address;
    return describe(std::move(entry), open);
}

crate_entry machine_source::describe(crate_entry entry, const way_opener& open) {
    entry.crate = crate_of(entry);
    if (const auto* named = find_slot(entry)) entry.alias = named->alias;
    try {
        const auto [file, reason] = find_description(entry, open);
        if (file == nullptr) {
            entry.remark = reason;
        } else {
            entry.name = file->name;
            entry.title = file->title;
        }
    } catch (const error& wrong) { // said again when the board is opened
        entry.remark = wrong.what();
    }
    return entry;
}

} // namespace upciedev::inline v1::detail
