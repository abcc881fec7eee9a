// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_interrupts.hpp"
#include "base/no_signals.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace upciedev::inline v1::detail {
namespace {

constexpr unsigned storm_limit = 1000; // of a vector, in one window
constexpr std::chrono::milliseconds storm_window{100};

} // namespace

class sim_interrupts::subscription final : public interrupt_source {
  public:
    subscription(std::shared_ptr<sim_interrupts> from, const interrupt_request& what)
        : causes(what.causes), from_(std::move(from)),
          event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!event_) throw_access_error(from_errno(errno), "eventfd");
        for (const unsigned vector : what.vectors) {
            auto& which = from_->lines_[vector];
            cursors_.push_back({&which, which.ring.head()});
        }
    }
    ~subscription() override { from_->remove(*this); }

    [[nodiscard]] int descriptor() const noexcept override { return event_.get(); }
    std::error_code read(std::span<raw_interrupt> into, std::size_t& count) noexcept override;
    std::error_code unmask() noexcept override;

    // The lock of `from` is held.

    void tell() const noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
    void end() noexcept {
        ended = true;
        tell();
    }
    [[nodiscard]] bool listens_to(const line& which) const noexcept {
        return std::ranges::find(cursors_, &which, &cursor::which) != cursors_.end();
    }

    const std::uint64_t causes;
    bool ended = false;

  private:
    struct cursor {
        line* which = nullptr;
        std::uint64_t next = 0;
        [[nodiscard]] bool behind() const noexcept { return next < which->ring.head(); }
    };
    [[nodiscard]] cursor* oldest() noexcept;

    std::shared_ptr<sim_interrupts> from_;
    unique_fd event_; // readable while there is something to read
    std::vector<cursor> cursors_;
};

sim_interrupts::subscription::cursor* sim_interrupts::subscription::oldest() noexcept {
    cursor* first = nullptr;
    for (auto& each : cursors_) {
        if (!each.behind()) continue;
        const auto time = each.which->ring.oldest(each.next).time_ns;
        if (first == nullptr || time < first->which->ring.oldest(first->next).time_ns)
            first = &each;
    }
    return first;
}

std::error_code sim_interrupts::subscription::read(std::span<raw_interrupt> into,
                                                   std::size_t& count) noexcept {
    const std::lock_guard hold(from_->lock_);
    count = 0;
    if (ended) return from_errno(ENODEV);
    while (count < into.size()) {
        auto* const from = oldest();
        if (from == nullptr) break;
        into[count++] = from->which->ring.take(from->next);
    }
    std::uint64_t told = 0;
    if (oldest() == nullptr) [[maybe_unused]]
        const auto cleared = ::read(event_.get(), &told, sizeof told);
    return {};
}

std::error_code sim_interrupts::subscription::unmask() noexcept {
    const std::lock_guard hold(from_->lock_);
    if (ended) return from_errno(ENODEV);
    for (auto& each : cursors_) {
        each.which->more = std::exchange(each.which->masked, false) || each.which->more;
        each.which->recent = 0;
    }
    from_->wake_.notify_one();
    return {};
}

sim_interrupts::sim_interrupts(model_board& board, std::mutex& accesses)
    : causes_(board), accesses_(accesses) {}

void sim_interrupts::arrived(unsigned vector) {
    const std::lock_guard hold(lock_);
    const auto found = lines_.find(vector);
    if (found == lines_.end() || !is_heard(found->second)) return;
    found->second.pending = true;
    wake_.notify_one();
}

std::unique_ptr<interrupt_source> sim_interrupts::subscribe(const interrupt_request& what) {
    std::unique_ptr<subscription> made; // goes after the locks, should this fail
    const std::lock_guard alone(subscribing_);
    std::unique_lock hold(lock_);
    for (const unsigned vector : what.vectors)
        if (auto& which = lines_[vector]; !is_heard(which)) which.begin();
    made = std::make_unique<subscription>(shared_from_this(), what);
    const auto others = subscribed();
    subscriptions_.push_back(made.get());
    if (!thread_.joinable()) start();
    hold.unlock();
    const std::lock_guard access(accesses_);
    if (gone_) throw_access_error(from_errno(ENODEV), "interrupts");
    for (const unsigned vector : what.vectors) // what was before is no event
        (void)causes_.serve(causes_.of_vector(vector) & ~others, true);
    causes_.enable(what.causes & ~others, true);
    return made;
}

void sim_interrupts::start() try {
    const no_signals meanwhile;
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
} catch (const std::system_error&) {
    throw error(errc::io_error, "interrupts", "no thread is left to serve them");
}

/// Else the registers are left to whoever polls them. The caller holds the lock.
bool sim_interrupts::is_heard(const line& which) const {
    return std::ranges::any_of(
        subscriptions_, [&](const auto* each) { return !each->ended && each->listens_to(which); });
}

/// Causes of all that listen. The caller holds the lock.
std::uint64_t sim_interrupts::subscribed() const {
    std::uint64_t all = 0;
    for (const auto* each : subscriptions_)
        if (!each->ended) all |= each->causes;
    return all;
}

void sim_interrupts::remove(subscription& who) noexcept {
    const std::lock_guard alone(subscribing_);
    std::unique_lock hold(lock_);
    std::erase(subscriptions_, &who);
    const auto idle = who.ended ? 0 : who.causes & ~subscribed();
    hold.unlock();
    if (idle == 0 || closed_) return;
    const std::lock_guard access(accesses_);
    if (!gone_) causes_.enable(idle, false);
}

void sim_interrupts::end(bool gone) {
    gone_ = gone_ || gone;
    causes_.enables().forget();
    const std::lock_guard hold(lock_);
    for (auto* each : subscriptions_)
        each->end();
    for (auto& [vector, which] : lines_)
        which.begin();
}

void sim_interrupts::close() {
    {
        const std::lock_guard alone(subscribing_);
        closed_ = true;
    }
    thread_ = {}; // stops it, and waits for its end
}

std::pair<const unsigned, sim_interrupts::line>* sim_interrupts::due() {
    for (auto& each : lines_)
        if ((each.second.pending || each.second.more) && !each.second.masked) return &each;
    return nullptr;
}

void sim_interrupts::work(const std::stop_token& stop) {
    std::unique_lock hold(lock_);
    while (wake_.wait(hold, stop, [this] { return due() != nullptr; }) && !stop.stop_requested()) {
        auto& [vector, which] = *due();
        handle(vector, which, hold);
    }
}

void sim_interrupts::handle(unsigned vector, line& which, std::unique_lock<std::mutex>& hold) {
    const bool message = std::exchange(which.pending, false);
    which.more = false;
    hold.unlock();
    const auto [status, more] = serve(vector, message);
    hold.lock();
    which.more = which.more || more;
    if (!message && status == 0) return;
    const bool stops = storms(which) && !which.masked;
    which.masked = which.masked || stops;
    const bool explained = status != 0 || causes_.of_vector(vector) == 0;
    if (explained || stops) put(vector, which, status);
}

sim_causes::outcome sim_interrupts::serve(unsigned vector, bool message) {
    const std::lock_guard access(accesses_);
    return gone_ ? sim_causes::outcome{} : causes_.serve(causes_.of_vector(vector), message);
}

/// Counts one more.
bool sim_interrupts::storms(line& which) {
    const auto now = clock::now();
    if (now - which.window > storm_window) {
        which.window = now;
        which.recent = 0;
    }
    return ++which.recent > storm_limit;
}

void sim_interrupts::put(unsigned vector, line& which, std::uint64_t status) {
    raw_interrupt event;
    event.vector = vector;
    event.flags = which.masked ? raw_interrupt::masked : 0;
    event.status = status;
    event.time_ns = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(clock::now().time_since_epoch()).count());
    which.ring.put(event);
    for (const auto* each : subscriptions_)
        if (each->listens_to(which)) each->tell();
}

} // namespace upciedev::inline v1::detail
