// SPDX-License-Identifier: BSD-3-Clause
#include "base/read_line.hpp"
#include "crate/crate_expected.hpp"
#include "crate/crate_machine.hpp"
#include "transport/driver/chardev.hpp"
#include "transport/pci/udev_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unistd.h>

namespace upciedev {
inline namespace v1 {
namespace {

using detail::pci_function;
using detail::read_line;
using detail::udev_entry;

/// What the driver says, which also a user without root may read.
std::optional<unsigned> slot_of(const udev_entry& board) {
    const std::string text = read_line(board.folder / "slot");
    unsigned slot = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), slot).ec != std::errc())
        return std::nullopt;
    return slot;
}

/// Counts the boards that the driver has found; 0: it has gone.
std::uint64_t generation_of(const udev_entry& board) {
    const std::string text = read_line(board.folder / "generation");
    std::uint64_t generation = 0;
    std::from_chars(text.data(), text.data() + text.size(), generation);
    return generation;
}

std::filesystem::path node_of(const udev_entry& board) {
    if (!board.node.empty()) return board.node;
    return std::filesystem::path("/dev/upciedev") / board.folder.filename();
}

std::string why_not_ours(const pci_function& function) {
    if (!function.driver.empty())
        return fmt::format("the driver {} holds it; for upciedev, unbind it first: echo {} > "
                           "/sys/bus/pci/drivers/{}/unbind",
                           function.driver, function.address, function.driver);
    return fmt::format("no driver holds it; load the plugin of the card, or bind the generic one: "
                       "echo upciedev_generic > /sys/bus/pci/devices/{0}/driver_override; "
                       "echo {0} > /sys/bus/pci/drivers_probe",
                       function.address);
}

/// What is now where this board was: at its address, else in its slot.
transport_ptr open_again(const crate_entry& what) {
    const auto node = std::filesystem::path("/dev/upciedev") / what.pci_address;
    if (std::filesystem::exists(node)) return detail::open_chardev(node);
    std::vector<std::filesystem::path> nodes;
    for (const auto& board : detail::udev_list("upciedev"))
        if (what.slot && slot_of(board) == what.slot) nodes.push_back(node_of(board));
    if (nodes.size() == 1) return detail::open_chardev(nodes.front());
    throw error(errc::board_gone, detail::describe(what), "is not back",
                "plug it in, or rescan the crate");
}

/// Boards of our driver, and what else sits in slots.
class local_source final : public detail::machine_source {
  public:
    explicit local_source(const crate_options& options) : machine_source("local", options) {}

    std::vector<crate_entry> list(bool all) override;
    std::vector<present_board> present() override;
    detail::change_signal_ptr signal() override { return detail::make_udev_signal("upciedev"); }
    upciedev::board open(const crate_entry& what) override {
        const auto node = std::filesystem::path("/dev/upciedev") / what.pci_address;
        if (what.transport.empty() && !std::filesystem::exists(node)) detail::refuse_entry(what);
        return make_board_of(what, detail::open_chardev(node), [what] { return open_again(what); });
    }

  private:
    crate_entry describe_ours(const udev_entry& board);
    void add_others(std::vector<crate_entry>& entries);
};

crate_entry local_source::describe_ours(const udev_entry& board) {
    const auto node = node_of(board);
    const bool may_open = ::access(node.c_str(), R_OK) == 0;
    const auto open = [&] { return detail::open_chardev(node); };
    auto entry = describe(detail::read_pci_function(board.pci), slot_of(board),
                          may_open ? detail::way_opener(open) : nullptr);
    if (may_open)
        entry.transport = "chardev";
    else
        detail::add_remark(entry,
                           fmt::format("no permission to open {}; join the group mtca, or run as "
                                       "root",
                                       node.string()));
    return entry;
}

std::vector<crate_entry> local_source::list(bool all) {
    std::vector<crate_entry> entries;
    for (const auto& board : detail::udev_list("upciedev"))
        if (!board.pci.empty() && read_line(board.folder / "gone") != "1")
            entries.push_back(describe_ours(board));
    if (all) add_others(entries);
    return entries;
}

std::vector<present_board> local_source::present() {
    std::vector<present_board> boards;
    for (const auto& board : detail::udev_list("upciedev")) {
        if (board.pci.empty()) continue;
        present_board one{describe_ours(board), generation_of(board)};
        if (one.generation == 0 || one.entry.transport.empty()) continue;
        boards.push_back(std::move(one));
    }
    return boards;
}

void local_source::add_others(std::vector<crate_entry>& entries) {
    const std::size_t ours = entries.size();
    for (const auto& device : detail::udev_list("pci")) {
        const auto function = detail::read_pci_function(device.folder);
        const auto end = entries.begin() + static_cast<std::ptrdiff_t>(ours);
        const auto held = std::find_if(entries.begin(), end, [&](const auto& entry) {
            return entry.pci_address == function.address;
        });
        if (function.bridge || held != end) continue;
        const auto slot = detail::slot_above(function.folder);
        if (!slot) continue;
        entries.push_back(describe(function, slot, nullptr));
        detail::add_remark(entries.back(), why_not_ours(function));
    }
}

} // namespace

namespace detail {

std::shared_ptr<crate::source> make_local_source(const crate_options& options) {
    return std::make_shared<local_source>(options);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
