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

/// Takes one line without its end. Called by any thread, by several at once, and without a lock of
/// the SDK. It may call the SDK, set_log() as well; what this would tell is not told. Must not
/// throw.
using log_callback = std::function<void(log_level level, const std::string& line)>;

/// Where the SDK tells what is no error; empty (as at first): nowhere. Errors are thrown, not told.
///
/// When it returns, the callback before is not running any more and will not be called again: what
/// that uses may go. So hold no lock that the callback takes. Only a callback that calls set_log()
/// waits for nobody: itself and its like may be running still.
/// \returns the callback before
UPCIEDEV_API log_callback set_log(log_callback callback);

} // namespace v1
} // namespace upciedev
