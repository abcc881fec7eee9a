// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/board.hpp>

#include <filesystem>

namespace upciedev {
inline namespace v1 {

/// How a board compares with what the crate file expects in its slot.
enum class expectation : std::uint8_t { none, met, missing, wrong, unexpected };
/// "met", "missing", ...; empty for none.
UPCIEDEV_API std::string_view word_of(expectation what) noexcept;

/// A board as the crate lists it, not yet opened.
struct crate_entry {
    std::string crate; ///< name in the crate file; empty where that says nothing
    std::optional<unsigned> slot;
    std::string alias;
    std::string name;  ///< of the board file, else empty
    std::string title; ///< of the board file, else empty
    std::string pci_address;
    board_ids ids;
    std::string transport; ///< "sim", "sysfs", "chardev"; empty: cannot be opened
    std::string remark;    ///< why it cannot be opened, or is not as expected, and the remedy
    expectation expected = expectation::none; ///< missing: there is no board, but should be
};

/// How a crate is opened.
struct crate_options {
    std::vector<std::filesystem::path> devices; ///< folders of board files, searched first
    /// Crate file that gives the slots of this machine aliases and board files ("local", "sysfs");
    /// empty: /etc/upciedev/crate.yaml where there is one.
    std::filesystem::path names;
    /// File that gets one line for every access to a board, see docs/cli.md; empty:
    /// $UPCIEDEV_TRACE, if that is set. Under a trace no register is mapped, so accesses are slow.
    std::filesystem::path trace;
};

/// A crate: boards in numbered slots. Thread-safe.
class UPCIEDEV_API crate {
  public:
    /// \param uri "local" (this machine's boards through the driver), "sysfs" (unbound boards, root
    /// only), "sim:FILE", "SCHEME:..." (a transport plugin, see transport_plugin.hpp); empty:
    /// $UPCIEDEV_CRATE, else "local".
    static crate open(const std::string& uri = {}, const crate_options& options = {});

    /// Ascending slot, then PCI address, crate by crate. Also boards that are expected but missing.
    [[nodiscard]] std::vector<crate_entry> list() const;
    /// By physical slot number. \throws error no_such_board (names the occupied slots)
    [[nodiscard]] upciedev::board board(unsigned slot) const;
    /// By "slot:4", "pci:0000:03:00.0", alias or board name; of one of several crates by
    /// "upper/slot:4", "upper/adc". An ambiguous name is an error that lists the candidates.
    [[nodiscard]] upciedev::board board(std::string_view name) const;
    /// Look for boards that were plugged in or removed; board::reopen() then brings handles back.
    /// On this machine root only. \throws error not_permitted
    void rescan() const;
    /// In one slot, whose power is switched on where it has a switch.
    /// \throws error no_such_board (no such slot)
    void rescan(unsigned slot) const;
    [[nodiscard]] std::string uri() const;
    [[nodiscard]] std::string title() const;

    class source; ///< where boards come from (implementation)

  private:
    friend class crate_monitor;
    explicit crate(std::shared_ptr<source> from);
    std::shared_ptr<source> source_;
};

} // namespace v1
} // namespace upciedev
