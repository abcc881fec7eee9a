// SPDX-License-Identifier: BSD-3-Clause
#include "transport/pci/udev_list.hpp"
#include "base/transport_error.hpp"
#include "transport/pci/udev_ptr.hpp"

namespace upciedev::inline v1::detail {
namespace {

std::filesystem::path path_or_none(const char* text) {
    return text == nullptr ? "" : text;
}

udev_entry read_entry(udev_device* device) {
    auto* pci = udev_device_get_parent_with_subsystem_devtype(device, "pci", nullptr);
    return {path_or_none(udev_device_get_syspath(device)),
            path_or_none(udev_device_get_devnode(device)),
            path_or_none(pci == nullptr ? nullptr : udev_device_get_syspath(pci))};
}

} // namespace

std::vector<udev_entry> udev_list(const char* subsystem) {
    const udev_ptr context(udev_new());
    const udev_enumerate_ptr all(context ? udev_enumerate_new(context.get()) : nullptr);
    if (!all) throw_access_error(from_errno(ENOMEM), "udev");
    udev_enumerate_add_match_subsystem(all.get(), subsystem);
    udev_enumerate_scan_devices(all.get());
    std::vector<udev_entry> entries;
    for (auto* at = udev_enumerate_get_list_entry(all.get()); at != nullptr;
         at = udev_list_entry_get_next(at)) {
        const udev_device_ptr device(
            udev_device_new_from_syspath(context.get(), udev_list_entry_get_name(at)));
        if (device) entries.push_back(read_entry(device.get())); // else it has just left
    }
    return entries;
}

} // namespace upciedev::inline v1::detail
