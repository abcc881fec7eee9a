// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "crate/crate_source.hpp"
#include "transport/pci/pci_health.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <filesystem>

namespace upciedev::inline v1::detail {

/// What both crates of this machine have in common: PCI devices get names from board files.
class machine_source : public crate::source {
  public:
    machine_source(std::string uri, const crate_options& options);
    std::string title() const override { return title_; }
    const crate_file* file() const noexcept override { return names_ ? &*names_ : nullptr; }
    void rescan(std::optional<unsigned> slot) override { rescan_pci("/sys", slot); }

  protected:
    /// An entry with all that is known. \param open opens it, where its registers must be read
    [[nodiscard]] crate_entry describe(const pci_function& function, std::optional<unsigned> slot,
                                       const way_opener& open);
    /// The same of an entry with slot, address and ids.
    [[nodiscard]] crate_entry describe(crate_entry entry, const way_opener& open);
    /// The file that the crate file names, if it is for this board, else the one whose `match`
    /// fits.
    [[nodiscard]] chosen_file find_description(const crate_entry& what, const way_opener& open);
    /// A board over a way that is open. \param what its entry
    [[nodiscard]] upciedev::board make_board_of(const crate_entry& what, const transport_ptr& way,
                                                const way_opener& again = {});

  private:
    /// Name of the crate that a board sits in; may be empty.
    [[nodiscard]] std::string crate_of(const crate_entry& what) const;
    [[nodiscard]] const crate_slot* find_slot(const crate_entry& what) const;
    std::string title_ = "This machine";
    std::optional<crate_file> names_;
};

/// The crate whose port is the nearest above a device, or the only one that has none; or nullptr.
/// \param folder of the device in sysfs, without links
const crate_part* crate_above(const std::filesystem::path& folder,
                              const std::vector<crate_part>& crates);

} // namespace upciedev::inline v1::detail
