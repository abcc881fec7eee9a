// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace upciedev {
inline namespace v1 {

enum class log_level : std::uint8_t {
    info,   ///< what was opened, and by which way
    warning ///< what was left out and may be missed
};

/// Takes one line without its end. Called by any thread; must neither throw nor call the SDK.
using log_callback = std::function<void(log_level level, const std::string& line)>;

/// Where the SDK tells what is no error; empty (as at first): nowhere. Errors are thrown, not told.
/// \returns the callback before
UPCIEDEV_API log_callback set_log(log_callback callback);

} // namespace v1
} // namespace upciedev
