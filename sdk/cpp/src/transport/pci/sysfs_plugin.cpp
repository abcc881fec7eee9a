// SPDX-License-Identifier: BSD-3-Clause
#include "transport/pci/sysfs.hpp"
#include "transport/pci/udev_list.hpp"

#include <upciedev/extend/transport_plugin.hpp>

#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

std::string why_not(const pci_function& function) {
    if (!function.driver.empty()) return held_by_driver(function);
    if (geteuid() != 0)
        return "only root can map its memory; run as root, or use the crate 'local'";
    return {};
}

/// Boards in slots that no driver holds.
class sysfs_plugin final : public transport_plugin {
  public:
    [[nodiscard]] std::string usage() const override { return "sysfs"; }
    [[nodiscard]] std::string title() const override {
        return "boards of this machine that no driver holds; root only";
    }
    [[nodiscard]] capability_set capabilities() const noexcept override { return sysfs_can; }

    std::vector<found_board> list(const std::string& where) override {
        if (!where.empty())
            throw error(errc::bad_value, {}, "no crate is called 'sysfs:" + where + "'",
                        "it is 'sysfs', with nothing behind it");
        std::vector<found_board> found;
        for (const auto& device : udev_list("pci")) {
            const auto function = read_pci_function(device.folder);
            if (function.bridge) continue;
            if (const auto slot = slot_above(function.folder))
                found.push_back({slot, function.address, function.ids, why_not(function)});
        }
        return found;
    }

    transport_ptr open(const std::string&, const found_board& what) override {
        return open_sysfs(what.address);
    }
};

} // namespace
} // namespace upciedev::inline v1::detail

UPCIEDEV_TRANSPORT_PLUGIN("sysfs", upciedev::detail::sysfs_plugin);
