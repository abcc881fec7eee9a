// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_dma.hpp"
#include "base/transport_error.hpp"
#include "simulation/board/sim_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace upciedev::inline v1::detail {

/// A place in the queue of those who want an engine.
class sim_dma::turn {
  public:
    turn(sim_dma& where, unsigned engine) : where_(where), engine_(engine) {
        const std::lock_guard hold(where_.lock_);
        where_.turns_[engine_].push_back(this);
    }
    ~turn() {
        {
            const std::lock_guard hold(where_.lock_);
            where_.turns_[engine_].remove(this);
        }
        where_.waits_.wake_all();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

  private:
    sim_dma& where_;
    unsigned engine_;
};

sim_dma::sim_dma(model_board& board, std::mutex& accesses,
                 std::shared_ptr<sim_interrupts> interrupts, std::function<void()> fail)
    : interrupts_(std::move(interrupts)),
      fail_(std::move(fail)), around_{board,
                                      accesses,
                                      waits_,
                                      [this] { return ended_.load(); },
                                      [this] { fail_(); },
                                      [this](const interrupt_request& what) {
                                          return interrupts_->subscribe(what);
                                      }} {
    const auto& channels = board.description().dma;
    engines_.reserve(channels.size());
    for (const auto& each : channels)
        engines_.emplace_back(around_, each);
    turns_.resize(channels.size());
}

sim_dma::~sim_dma() = default;

std::unique_ptr<dma_source> sim_dma::open(unsigned channel) {
    if (ended_ != 0) throw_access_error(from_errno(ended_), "DMA");
    if (channel >= engines_.size())
        throw error(errc::not_supported, "DMA", fmt::format("there is no channel {}", channel));
    if (engines_[channel].description().descriptors != 0)
        throw error(errc::not_supported, "DMA",
                    "its engine takes lists, whose format only the card's plugin knows",
                    "use the board by the driver, in a guest: ./dev crate");
    return std::make_unique<sim_channel>(shared_from_this(), channel);
}

void sim_dma::end_soon() noexcept {
    ended_ = ENODEV;
    ++epoch_;
    waits_.wake_all();
    const std::lock_guard hold(channels_lock_);
    for (auto* each : channels_)
        each->tell();
}

void sim_dma::end() {
    end_soon();
    sim_waits::waiter waiter(waits_);
    const auto all_left = [this] {
        const std::lock_guard hold(lock_);
        return users_ == 0;
    };
    while (!all_left())
        waiter.sleep(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    const std::lock_guard hold(channels_lock_);
    for (auto* each : channels_)
        each->leave();
}

void sim_dma::add(sim_channel& who) {
    const std::lock_guard hold(channels_lock_);
    channels_.push_back(&who);
}

void sim_dma::remove(sim_channel& who) noexcept {
    const std::lock_guard hold(channels_lock_);
    std::erase(channels_, &who);
}

int sim_dma::enter(std::uint32_t epoch) {
    const std::lock_guard hold(lock_);
    if (ended_ != 0 || epoch != epoch_) return ENODEV;
    ++users_;
    return 0;
}

void sim_dma::leave() noexcept {
    {
        const std::lock_guard hold(lock_);
        --users_;
    }
    waits_.wake_all();
}

unsigned sim_dma::engine_of(unsigned channel) const {
    unsigned first = 0;
    while (first < channel && !engines_[first].shares_engine_with(engines_[channel]))
        ++first;
    return first;
}

bool sim_dma::is_first(unsigned engine, const turn* who) {
    const std::lock_guard hold(lock_);
    return turns_[engine].front() == who;
}

int sim_dma::take_turn(unsigned engine, const turn* who, sim_engine& asks, const sim_limit& limit) {
    sim_waits::waiter waiter(waits_);
    while (!is_first(engine, who)) {
        if (const int early = asks.check(limit)) return early;
        if (const int signal = waiter.sleep(limit.end)) return signal;
    }
    return 0;
}

int sim_dma::run_pieces(sim_engine& engine, sim_piece what, const sim_limit& limit,
                        std::uint64_t& done) {
    const auto& facts = engine.description();
    const auto most =
        std::max(facts.max_length / facts.alignment, std::uint64_t{1}) * facts.alignment;
    auto left = std::exchange(what.length, 0);
    for (; left != 0; left -= what.length) {
        what.host += what.length;
        what.board += what.length;
        what.length = std::min(left, most);
        if (const int failed = engine.run(what, limit)) return failed;
        done += what.length;
    }
    return 0;
}

int sim_dma::move(unsigned channel, std::uint64_t address, std::uint64_t length,
                  std::uint64_t offset, const sim_limit& limit, std::uint64_t& done) {
    auto& engine = engines_[channel];
    const auto number = engine_of(channel);
    const turn mine(*this, number);
    if (const int failed = take_turn(number, &mine, engine, limit)) return failed;
    const auto at = engine.description().memory_at + offset;
    return run_pieces(engine, {address, at, length}, limit, done);
}

} // namespace upciedev::inline v1::detail
