// SPDX-License-Identifier: BSD-3-Clause
#include "board/dma/dma_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sys/resource.h>
#include <thread>

namespace upciedev::inline v1::detail {
namespace {

/// Ends a transfer on request. What is asked for just before the call begins would be missed, so
/// it goes on asking until the transfer has ended; that is soon.
class canceller {
  public:
    canceller(dma_source& source, const std::stop_token& stop)
        : source_(source), callback_(stop, ask{*this}) {}
    /// Before this is destroyed, which waits for the one that asks.
    void end() noexcept { ended_ = true; }

  private:
    struct ask {
        canceller& me;
        void operator()() const noexcept { me.cancel(); }
    };
    void cancel() noexcept {
        if (std::this_thread::get_id() == waiting_) return; // asked for before it began
        while (!ended_) {
            source_.cancel();
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }

    dma_source& source_;
    std::atomic<bool> ended_ = false;
    const std::thread::id waiting_ = std::this_thread::get_id();
    std::stop_callback<ask> callback_;
};

std::string locked_memory_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return "the kernel has no memory for it";
    return fmt::format("no more memory can be pinned: RLIMIT_MEMLOCK is {} KiB",
                       limit.rlim_cur / 1024);
}

std::string progress(const dma_transfer& what) {
    return what.length == 0 ? "" : fmt::format(" after {} of {} bytes", what.done, what.length);
}

} // namespace

std::uint32_t dma_milliseconds(std::chrono::nanoseconds time) noexcept {
    using std::chrono::milliseconds;
    const auto all = std::clamp(time, std::chrono::nanoseconds(0),
                                std::chrono::nanoseconds(milliseconds(dma_source::longest_ms)));
    const auto whole = std::chrono::ceil<milliseconds>(all).count();
    return std::max(1U, static_cast<std::uint32_t>(whole));
}

std::error_code run_transfer(dma_source& source, const std::function<std::error_code()>& act,
                             const std::stop_token& stop) {
    if (!stop.stop_possible()) return act();
    canceller ending(source, stop);
    if (stop.stop_requested()) {
        ending.end();
        return from_errno(ECANCELED);
    }
    const auto failed = act();
    ending.end();
    return failed;
}

void throw_transfer_error(std::error_code cause, std::string where, const dma_transfer& what) {
    const auto is = [&](errc code, const std::string& text, const char* remedy = "") {
        return error(code, where, text, remedy, cause);
    };
    switch (cause.category() == std::generic_category() ? cause.value() : 0) {
    case ETIMEDOUT:
        throw is(errc::timeout, "the time given ran out" + progress(what),
                 "give it more, or see whether the board has data");
    case ECANCELED:
    case EINTR:
        throw is(errc::interrupted, "was interrupted" + progress(what));
    case EIO:
        throw is(errc::io_error, "the engine reports an error" + progress(what),
                 "look at the board's registers, or reset it");
    case ENOMEM:
        throw is(errc::io_error, locked_memory_limit(),
                 "raise it (ulimit -l, LimitMEMLOCK= of a service, /etc/security/limits.conf), or "
                 "ask for less");
    case EFAULT:
        throw is(errc::bad_value, "that memory cannot be used", "give memory of this process");
    case ERANGE:
        throw is(errc::out_of_range, "outside of the memory that it reaches");
    case EINVAL:
        throw is(errc::bad_value, "is refused",
                 "offsets and lengths are multiples of the channel's alignment");
    case EOPNOTSUPP:
        throw is(errc::not_supported, "the board may not use the bus by itself",
                 "see: upciedev doctor");
    default:
        throw_access_error(cause, std::move(where));
    }
}

} // namespace upciedev::inline v1::detail
