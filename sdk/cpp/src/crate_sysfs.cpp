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
            const auto refusal = why_not(function);
            const auto open = [&] { return detail::open_sysfs(function.address); };
            entries.push_back(
                describe(function, slot, refusal.empty() ? detail::way_opener(open) : nullptr));
            if (refusal.empty())
                entries.back().transport = "sysfs";
            else
                entries.back().remark = refusal;
        }
        return entries;
    }

    upciedev::board open(const crate_entry& what) override {
        return make_board_of(what, detail::open_sysfs(what.pci_address));
    }

  private:
    /// Why a board cannot be opened, or nothing.
    static std::string why_not(const detail::pci_function& function) {
        if (!function.driver.empty()) return detail::held_by_driver(function);
        if (geteuid() == 0) return {};
        return "only root can map its memory; run as root, or use the crate 'local'";
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
