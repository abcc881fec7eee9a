// SPDX-License-Identifier: BSD-3-Clause
// The checks of `doctor` that look at each board: driver, BARs, link, bus errors, bus mastering.
#include "base/read_line.hpp"
#include "doctor/doctor.hpp"
#include "output/table.hpp"
#include "transport/pci/pci_health.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>

namespace cli {
namespace {

namespace fs = std::filesystem;
namespace pci = upciedev::detail;

constexpr std::size_t command_offset = 4;
constexpr unsigned memory_enabled = 2, bus_master = 4;
constexpr std::uint64_t resource_unset = 0x20000000; // IORESOURCE_UNSET of the kernel

/// A PCI function and what we know about it.
struct device : pci::pci_function {
    upciedev::board_description_ptr kind;

    [[nodiscard]] bool ours() const { return driver.starts_with("upciedev"); }
    [[nodiscard]] std::string label() const {
        return kind ? fmt::format("{} {}", address, kind->name) : address;
    }
};

/// Nothing where it cannot be read.
std::optional<unsigned> command_of(const fs::path& folder) {
    std::ifstream config(folder / "config", std::ios::binary);
    std::array<char, 2> bytes{};
    config.seekg(command_offset);
    if (!config.read(bytes.data(), bytes.size())) return std::nullopt;
    return static_cast<unsigned char>(bytes[0]) | static_cast<unsigned char>(bytes[1]) << 8U;
}

upciedev::board_description_ptr find_kind(patient& machine, upciedev::board_library& library,
                                          const pci::pci_function& function) {
    try {
        return library.find(function.ids);
    } catch (const upciedev::error& wrong) {
        machine.add(
            {verdict::problem, "board", function.address, wrong.what(), "see: upciedev check"});
        return nullptr;
    }
}

/// \returns whether it is ours
bool check_held(patient& machine, const device& board) {
    if (board.ours()) return true;
    if (board.driver.empty())
        machine.add({verdict::problem, "board", board.label(), "no driver holds it",
                     fmt::format("load the plugin of the card, or bind the generic one: echo "
                                 "upciedev_generic > /sys/bus/pci/devices/{0}/driver_override; "
                                 "echo {0} > /sys/bus/pci/drivers_probe",
                                 board.address)});
    else
        machine.add({verdict::problem, "board", board.label(),
                     fmt::format("the driver {} holds it", board.driver),
                     fmt::format("if it is to be used by upciedev: echo {} > "
                                 "/sys/bus/pci/drivers/{}/unbind",
                                 board.address, board.driver)});
    return false;
}

/// One BAR as the kernel sees it; size 0: it has none, or found no room for it.
struct window {
    std::uint64_t size = 0;
    bool unset = false;
};

std::vector<window> windows_of(const device& board) {
    std::ifstream lines(board.folder / "resource");
    std::vector<window> all;
    std::uint64_t start = 0, end = 0, flags = 0;
    while (all.size() < 6 && lines >> std::hex >> start >> end >> flags)
        all.push_back({end == 0 ? 0 : end - start + 1, (flags & resource_unset) != 0});
    return all;
}

void tell_unassigned(patient& machine, const device& board, const std::string& bar) {
    machine.add({verdict::problem, "bars", board.label(),
                 bar + " has no address: the kernel found no room for it",
                 "switch 'Above 4G decoding' on in the firmware set-up, or boot with pci=realloc; "
                 "where the bridge above has too small a window, boot with the board plugged in"});
}

void check_bar(patient& machine, const device& board, const upciedev::bar_description& bar,
               const window& seen) {
    const auto text = fmt::format("BAR {} ({}, {})", bar.index, bar.name, human_size(bar.size));
    if (seen.size == 0 || seen.unset) return tell_unassigned(machine, board, text);
    if (seen.size >= bar.size) return;
    machine.add(
        {verdict::problem, "bars", board.label(),
         fmt::format("{} has only {}", text, human_size(seen.size)),
         "firmware and board file do not belong together: see the 'match' of " + board.kind->file});
}

void check_bars(patient& machine, const device& board) {
    const auto windows = windows_of(board);
    for (std::size_t index = 0; !board.kind && index < windows.size(); ++index)
        if (windows[index].unset)
            tell_unassigned(machine, board,
                            fmt::format("BAR {} ({})", index, human_size(windows[index].size)));
    if (!board.kind) return;
    for (const auto& bar : board.kind->bars)
        if (bar.index < windows.size()) check_bar(machine, board, bar, windows[bar.index]);
}

/// The most that board and port above can both do.
upciedev::link_facts best_link(upciedev::link_facts board, const fs::path& port) {
    const auto above = pci::read_link(port);
    if (!above) return board;
    if (above->max_speed != 0) board.max_speed = std::min(board.max_speed, above->max_speed);
    if (above->max_width != 0) board.max_width = std::min(board.max_width, above->max_width);
    return board;
}

void check_link(patient& machine, const device& board) {
    const auto link = pci::read_link(board.folder);
    if (!link || !link->degraded()) return;
    const auto what = fmt::format("the link runs at {:g} GT/s x{} of {:g} GT/s x{}", link->speed,
                                  link->width, link->max_speed, link->max_width);
    if (best_link(*link, board.folder.parent_path()).degraded())
        return machine.add({verdict::problem, "link", board.label(), what,
                            "seat the board anew, look at the MCH's PCIe set-up and the AMC's "
                            "contacts; then: upciedev remove, upciedev rescan"});
    machine.add({verdict::note, "link", board.label(), what + ", all that its slot can", ""});
}

void check_errors(patient& machine, const device& board) {
    const auto errors = pci::read_errors(board.folder);
    if (!errors) return;
    if (const auto bad = errors->nonfatal + errors->fatal; bad != 0)
        machine.add({verdict::problem, "errors", board.label(),
                     fmt::format("{} uncorrectable bus errors since boot", bad),
                     "dmesg names them; seat the board anew, look at its clock and power"});
    if (errors->correctable != 0)
        machine.add({verdict::note, "errors", board.label(),
                     fmt::format("{} corrected bus errors since boot", errors->correctable),
                     "few are harmless; where they grow, seat the board anew"});
}

bool is_pci_function(const fs::path& folder) {
    return fs::exists(folder / "config") && fs::exists(folder / "vendor");
}

/// A board's DMA and interrupts pass the bridges above, each of which must let them.
void check_bridges(patient& machine, const device& board) {
    for (auto port = board.folder.parent_path(); is_pci_function(port); port = port.parent_path()) {
        const auto command = command_of(port);
        if (command && (*command & bus_master) == 0)
            machine.add(
                {verdict::problem, "master", board.label(),
                 fmt::format("Bus Master is off in the bridge {} above, which stops DMA and "
                             "interrupts",
                             port.filename().string()),
                 fmt::format("setpci -s {} COMMAND=4:4", port.filename().string())});
    }
}

void check_command(patient& machine, const device& board) {
    const auto command = command_of(board.folder);
    if (!command) return;
    if (board.ours() && (*command & memory_enabled) == 0)
        machine.add({verdict::problem, "master", board.label(), "its memory decoding is off",
                     "something changed its configuration space; upciedev reset it, or remove and "
                     "rescan"});
    if (board.driver.empty() && (*command & bus_master) != 0)
        machine.add({verdict::note, "master", board.label(),
                     "Bus Master is on though no driver holds it: it may write into memory",
                     fmt::format("setpci -s {} COMMAND=0:4", board.address)});
}

void check_presence(patient& machine, const device& board) {
    if (pci::read_line(machine.at("sys/class/upciedev") / board.address / "gone") != "1") return;
    machine.add({verdict::problem, "board", board.label(), "it has gone or failed",
                 "upciedev reset it, or remove and rescan; dmesg tells why"});
}

void check_board(patient& machine, const device& board) {
    const auto before = machine.findings().size();
    if (check_held(machine, board)) {
        check_presence(machine, board);
        check_bridges(machine, board);
    }
    check_command(machine, board);
    check_bars(machine, board);
    check_link(machine, board);
    check_errors(machine, board);
    if (machine.findings().size() == before)
        machine.add({verdict::ok, "board", board.label(), "held by " + board.driver, ""});
}

} // namespace

void check_boards(patient& machine, upciedev::board_library& library) {
    bool any = false;
    for (const auto& folder : entries_of(machine.at("sys/bus/pci/devices"))) {
        device board{pci::read_pci_function(folder), nullptr};
        if (board.bridge) continue;
        board.kind = find_kind(machine, library, board);
        if (!board.kind && !board.ours()) continue;
        any = true;
        check_board(machine, board);
    }
    if (!any)
        machine.add(
            {verdict::note, "board", "", "no PCI device has a board file or our driver",
             "lspci -nn lists what the kernel sees. If a board is missing there: is its "
             "handle closed, does the MCH power it? then: upciedev rescan. If it is there: "
             "write a board file (docs/board-files.md). Without hardware: --crate sim:FILE"});
}

} // namespace cli
