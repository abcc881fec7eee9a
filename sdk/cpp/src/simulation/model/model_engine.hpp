// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/model.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace upciedev::inline v1::detail {

/// Does a board's tasks, one after another, when they fall due.
class model_engine {
  public:
    using duration = model_clock::duration;
    using job = std::function<void()>;

    explicit model_engine(model_clock clock);
    ~model_engine() { end(); }
    model_engine(const model_engine&) = delete;
    model_engine& operator=(const model_engine&) = delete;

    void post(duration delay, job what);
    void forget(); ///< tasks that have not begun
    void end();    ///< no more tasks; waits for the one that runs
    [[nodiscard]] duration now() const noexcept { return clock_.now(); }

    /// For a manual clock: do what is due first, if that is by \p limit.
    [[nodiscard]] std::optional<duration> first_due() const;
    void do_first();

  private:
    using order = std::pair<duration, std::uint64_t>; // equal times: as posted
    void work();

    model_clock clock_;
    mutable std::mutex lock_;
    std::condition_variable wake_;
    std::map<order, job> jobs_;
    std::uint64_t posted_ = 0;
    bool ended_ = false;
    std::thread thread_; // none before the first task
};

/// One clock, and the engines that live by it.
class model_timeline {
  public:
    explicit model_timeline(bool manual)
        : manual_(manual), start_(std::chrono::steady_clock::now()) {}

    [[nodiscard]] bool manual() const noexcept { return manual_; }
    [[nodiscard]] model_clock::duration now() const noexcept;
    void advance(model_clock::duration step);
    void add(model_engine& engine);
    void remove(model_engine& engine);

  private:
    [[nodiscard]] model_engine* next(model_clock::duration limit) const;

    const bool manual_;
    const std::chrono::steady_clock::time_point start_;
    std::atomic<std::int64_t> now_ = 0; // nanoseconds, of a manual clock
    std::mutex lock_;                   // held while tasks run: none loses its engine
    std::vector<model_engine*> engines_;
};

} // namespace upciedev::inline v1::detail
