// SPDX-License-Identifier: BSD-3-Clause
#include "crate_machine.hpp"
#include "sysfs.hpp"
#include "udev_list.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace upciedev {
inline namespace v1 {
namespace {

/// Boards in slots that no driver holds.
class sysfs_source final : public detail::machine_source {
  public:
    explicit sysfs_source(const crate_options& options) : machine_source("sysfs", options) {}

    std::vector<crate_entry> list(bool) override {
        std::vector<crate_entry> entries;
        for (const auto& device : detail::udev_list("pci")) {
            const auto function = detail::read_pci_function(device.folder);
            if (function.bridge) continue;
            const auto slot = detail::slot_above(function.folder);
            if (!slot) continue;
            entries.push_back(describe(function, slot));
            decide(entries.back(), function);
        }
        return entries;
    }

    upciedev::board open(const crate_entry& what) override {
        return make_board(detail::open_sysfs(what.pci_address), find_description(what), what.alias);
    }

  private:
    static void decide(crate_entry& entry, const detail::pci_function& function) {
        if (!function.driver.empty())
            entry.remark = detail::held_by_driver(function);
        else if (geteuid() != 0)
            entry.remark = "only root can map its memory; run as root, or use the crate 'local'";
        else
            entry.transport = "sysfs";
    }
};

} // namespace

namespace detail {

std::shared_ptr<crate::source> make_sysfs_source(const crate_options& options) {
    return std::make_shared<sysfs_source>(options);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
