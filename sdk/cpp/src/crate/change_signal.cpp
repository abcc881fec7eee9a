// SPDX-License-Identifier: BSD-3-Clause
#include "crate/change_signal.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"
#include "transport/pci/udev_ptr.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>

namespace upciedev::inline v1::detail {
namespace {

class clock_signal final : public change_signal {
  public:
    clock_signal() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
        constexpr long period = 250'000'000; // ns
        const itimerspec every{{0, period}, {0, period}};
        if (!timer_ || ::timerfd_settime(timer_.get(), 0, &every, nullptr) != 0)
            throw_access_error(from_errno(errno), "timerfd");
    }
    [[nodiscard]] int descriptor() const noexcept override { return timer_.get(); }
    void clear() override {
        std::uint64_t ticks = 0;
        if (::read(timer_.get(), &ticks, sizeof ticks) < 0 && errno != EAGAIN)
            throw_access_error(from_errno(errno), "timerfd");
    }

  private:
    unique_fd timer_;
};

/// udev tells after its rules have set the rights of a node; in a machine without udev, such as a
/// container, only the kernel tells.
const char* teller() {
    return std::filesystem::exists("/run/udev/control") ? "udev" : "kernel";
}

class udev_signal final : public change_signal {
  public:
    explicit udev_signal(const char* subsystem)
        : context_(udev_new()),
          monitor_(context_ ? udev_monitor_new_from_netlink(context_.get(), teller()) : nullptr) {
        if (!monitor_) throw_access_error(from_errno(ENOMEM), "udev");
        auto* monitor = monitor_.get();
        int failed = udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, nullptr);
        if (failed >= 0) failed = udev_monitor_enable_receiving(monitor);
        if (failed < 0) throw_access_error(from_errno(-failed), "udev");
    }
    [[nodiscard]] int descriptor() const noexcept override {
        return udev_monitor_get_fd(monitor_.get());
    }
    void clear() override {
        while (const udev_device_ptr device{udev_monitor_receive_device(monitor_.get())})
            ;
    }

  private:
    udev_ptr context_;
    udev_monitor_ptr monitor_;
};

} // namespace

change_signal_ptr make_clock_signal() {
    return std::make_unique<clock_signal>();
}

change_signal_ptr make_udev_signal(const char* subsystem) {
    return std::make_unique<udev_signal>(subsystem);
}

} // namespace upciedev::inline v1::detail
