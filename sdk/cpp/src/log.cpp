// SPDX-License-Identifier: BSD-3-Clause
#include "log.hpp"

#include <mutex>
#include <utility>

namespace upciedev {
inline namespace v1 {
namespace {

struct log_target {
    std::mutex lock;
    log_callback callback;
};

log_target& the_log() {
    static log_target target;
    return target;
}

} // namespace

log_callback set_log(log_callback callback) {
    const std::lock_guard hold(the_log().lock);
    return std::exchange(the_log().callback, std::move(callback));
}

namespace detail {

void log_line(log_level level, const std::string& line) {
    const std::lock_guard hold(the_log().lock);
    if (the_log().callback) the_log().callback(level, line);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
