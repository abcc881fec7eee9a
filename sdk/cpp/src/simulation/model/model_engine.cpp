// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_engine.hpp"

#include <algorithm>

namespace upciedev {
inline namespace v1 {

model_clock::model_clock(bool manual)
    : timeline_(std::make_shared<detail::model_timeline>(manual)) {}

model_clock model_clock::real() {
    return model_clock(false);
}

model_clock model_clock::manual() {
    return model_clock(true);
}

model_clock::duration model_clock::now() const noexcept {
    return timeline_->now();
}

bool model_clock::is_manual() const noexcept {
    return timeline_->manual();
}

void model_clock::advance(duration step) {
    if (!is_manual())
        throw error(errc::not_supported, "model_clock", "the real clock advances by itself",
                    "make the boards with model_clock::manual()");
    timeline_->advance(step);
}

namespace detail {

model_clock::duration model_timeline::now() const noexcept {
    if (manual_) return model_clock::duration(now_.load());
    return std::chrono::steady_clock::now() - start_;
}

void model_timeline::add(model_engine& engine) {
    const std::lock_guard hold(lock_);
    engines_.push_back(&engine);
}

void model_timeline::remove(model_engine& engine) {
    const std::lock_guard hold(lock_);
    std::erase(engines_, &engine);
}

model_engine* model_timeline::next(model_clock::duration limit) const {
    model_engine* first = nullptr;
    for (auto* engine : engines_) {
        const auto due = engine->first_due();
        if (!due || *due > limit) continue;
        if (first != nullptr && *due == limit) continue;
        first = engine;
        limit = *due;
    }
    return first;
}

void model_timeline::advance(model_clock::duration step) {
    const std::lock_guard hold(lock_);
    const auto end = now() + step;
    while (auto* engine = next(end)) {
        now_ = std::max(now(), *engine->first_due()).count();
        engine->do_first();
    }
    now_ = end.count();
}

model_engine::model_engine(model_clock clock) : clock_(std::move(clock)) {
    if (clock_.is_manual()) clock_.timeline_->add(*this);
}

void model_engine::end() {
    if (clock_.is_manual()) clock_.timeline_->remove(*this);
    {
        const std::lock_guard hold(lock_);
        ended_ = true;
        jobs_.clear();
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void model_engine::post(duration delay, job what) {
    {
        const std::lock_guard hold(lock_);
        if (ended_) return;
        jobs_.emplace(order{clock_.now() + delay, posted_++}, std::move(what));
        if (!clock_.is_manual() && !thread_.joinable()) thread_ = std::thread([this] { work(); });
    }
    wake_.notify_one();
}

void model_engine::forget() {
    const std::lock_guard hold(lock_);
    jobs_.clear();
}

std::optional<model_clock::duration> model_engine::first_due() const {
    const std::lock_guard hold(lock_);
    if (jobs_.empty()) return {};
    return jobs_.begin()->first.first;
}

void model_engine::do_first() {
    std::unique_lock hold(lock_);
    if (jobs_.empty()) return;
    const auto what = std::move(jobs_.extract(jobs_.begin()).mapped());
    hold.unlock();
    what();
}

void model_engine::work() {
    std::unique_lock hold(lock_);
    while (!ended_) {
        if (jobs_.empty()) {
            wake_.wait(hold);
            continue;
        }
        const auto wait = jobs_.begin()->first.first - clock_.now();
        if (wait > duration::zero()) {
            wake_.wait_for(hold, wait);
            continue;
        }
        hold.unlock();
        do_first();
        hold.lock();
    }
}

} // namespace detail
} // namespace v1
} // namespace upciedev
