// SPDX-License-Identifier: BSD-3-Clause
// What libudev gives, released when it goes out of scope.
#pragma once

#include <libudev.h>

#include <memory>

namespace upciedev::inline v1::detail {

template <auto Release>
struct udev_releaser {
    template <class T>
    void operator()(T* what) const {
        Release(what);
    }
};
using udev_ptr = std::unique_ptr<udev, udev_releaser<udev_unref>>;
using udev_enumerate_ptr = std::unique_ptr<udev_enumerate, udev_releaser<udev_enumerate_unref>>;
using udev_device_ptr = std::unique_ptr<udev_device, udev_releaser<udev_device_unref>>;
using udev_monitor_ptr = std::unique_ptr<udev_monitor, udev_releaser<udev_monitor_unref>>;

} // namespace upciedev::inline v1::detail
