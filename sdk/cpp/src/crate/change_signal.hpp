// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

namespace upciedev::inline v1::detail {

/// Tells that boards may have come or gone.
class change_signal {
  public:
    change_signal() = default;
    change_signal(const change_signal&) = delete;
    change_signal& operator=(const change_signal&) = delete;
    virtual ~change_signal() = default;

    /// Readable when it may be so.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;
    /// No longer readable.
    virtual void clear() = 0;
};

using change_signal_ptr = std::unique_ptr<change_signal>;

/// Four times a second, whether there was anything or not. \throws error io_error
change_signal_ptr make_clock_signal();
/// When devices of that subsystem come and go. \throws error io_error
change_signal_ptr make_udev_signal(const char* subsystem);

} // namespace upciedev::inline v1::detail
