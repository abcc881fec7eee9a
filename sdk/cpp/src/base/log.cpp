// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace upciedev {
inline namespace v1 {
namespace {

/// A callback and the calls of it that have not returned.
struct log_target {
    log_callback call;
    unsigned running = 0; ///< under the lock of the log
};

struct log_state {
    std::mutex lock; ///< never held while a callback runs
    std::condition_variable returned;
    std::shared_ptr<log_target> target; ///< nullptr: nobody listens
};

log_state& the_log() {
    static log_state state;
    return state;
}

/// This thread is in a callback.
thread_local bool telling = false;

/// One call of whatever callback there is now.
class one_call {
  public:
    one_call() {
        const std::lock_guard hold(the_log().lock);
        target_ = the_log().target;
        if (target_) ++target_->running;
        telling = true;
    }
    one_call(const one_call&) = delete;
    one_call& operator=(const one_call&) = delete;
    ~one_call() {
        telling = false;
        if (!target_) return;
        const std::lock_guard hold(the_log().lock);
        if (--target_->running == 0) the_log().returned.notify_all();
    }
    void operator()(log_level level, const std::string& line) const {
        if (target_) target_->call(level, line);
    }

  private:
    std::shared_ptr<log_target> target_;
};

} // namespace

log_callback set_log(log_callback callback) {
    std::shared_ptr<log_target> next;
    if (callback) next = std::make_shared<log_target>(log_target{std::move(callback)});
    std::unique_lock hold(the_log().lock);
    const auto before = std::exchange(the_log().target, std::move(next));
    if (!before) return {};
    if (!telling) the_log().returned.wait(hold, [&] { return before->running == 0; });
    hold.unlock();
    return before->call; // a copy: within a callback it may still run
}

namespace detail {

void log_line(log_level level, const std::string& line) {
    if (!telling) one_call()(level, line);
}

} // namespace detail
} // namespace v1
} // namespace upciedev
