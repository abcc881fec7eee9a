// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "crate_source.hpp"
#include "sysfs_pci.hpp"

namespace upciedev::inline v1::detail {

/// What both crates of this machine have in common: PCI devices get names from board files.
class machine_source : public crate::source {
  public:
    machine_source(std::string uri, const crate_options& options);
    std::string title() const override { return title_; }

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
    [[nodiscard]] upciedev::board make_board_of(const crate_entry& what, const transport_ptr& way);

  private:
    [[nodiscard]] const crate_slot* find_slot(std::optional<unsigned> slot) const;
    std::string title_ = "This machine";
    std::optional<crate_file> names_;
};

} // namespace upciedev::inline v1::detail
