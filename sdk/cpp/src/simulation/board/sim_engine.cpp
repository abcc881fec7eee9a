// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_engine.hpp"
#include "base/bits.hpp"
#include "description/reg_effects.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>

namespace upciedev::inline v1::detail {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

// As the driver does.
constexpr milliseconds time_to_stop{250};
constexpr milliseconds look{20}; // for interrupts get lost
constexpr microseconds shortest_pause{5}, longest_pause{1000};

} // namespace

/// The interrupt that tells the end of a transfer, if there is one.
class sim_engine::done_interrupt {
  public:
    explicit done_interrupt(const sim_engine& of) : cause_(of.cause_) {
        if (cause_ != 0) source_ = of.with_.interrupts({{of.vector_}, cause_});
    }
    [[nodiscard]] int descriptor() const noexcept { return source_ ? source_->descriptor() : -1; }
    /// It came, since this was made.
    bool came() {
        raw_interrupt event;
        std::size_t count = 0;
        while (source_ && !source_->read({&event, 1}, count) && count != 0) {
            came_ = came_ || (event.status & cause_) != 0;
            // Quick transfers are no storm.
            if ((event.flags & raw_interrupt::masked) != 0) source_->unmask();
        }
        return came_;
    }

  private:
    std::uint64_t cause_;
    bool came_ = false;
    std::unique_ptr<interrupt_source> source_;
};

sim_engine::sim_engine(const surroundings& with, const dma_description& what)
    : with_(with), what_(what) {
    const auto& board = with.board.description();
    for (const auto& part : what.host)
        host_.push_back(find_place(board, part).value());
    board_ = find_place(board, what.board);
    length_ = find_place(board, what.length);
    busy_ = find_place(board, what.busy);
    error_ = find_place(board, what.error);
    start_ = steps_of(what.start);
    stop_ = steps_of(what.stop);
    const auto irq = std::ranges::find(board.irqs, what.irq, &irq_description::name);
    const auto number = static_cast<std::size_t>(irq - board.irqs.begin());
    if (irq == board.irqs.end() || number >= most_causes) return;
    cause_ = std::uint64_t{1} << number;
    vector_ = irq->vector;
}

std::vector<sim_engine::step> sim_engine::steps_of(const std::vector<part_write>& writes) const {
    std::vector<step> steps;
    steps.reserve(writes.size());
    for (const auto& each : writes)
        steps.push_back({find_place(with_.board.description(), each.where).value(), each.bits});
    return steps;
}

dma_facts sim_engine::facts() const {
    dma_facts facts;
    facts.name = what_.name;
    facts.to_board = what_.to_board;
    facts.descriptors = what_.descriptors != 0;
    facts.stoppable = !what_.stop.empty();
    facts.alignment = static_cast<std::uint32_t>(what_.alignment);
    facts.address_bits = what_.address_bits;
    facts.max_length = what_.max_length;
    facts.memory = what_.memory_size;
    return facts;
}

const model_place& sim_engine::trigger() const noexcept {
    return start_.empty() ? *length_ : start_.back().where;
}

bool sim_engine::shares_engine_with(const sim_engine& other) const noexcept {
    const auto &mine = trigger(), &its = other.trigger();
    return mine.reg().bar == its.reg().bar && mine.where.offset == its.where.offset;
}

std::uint64_t sim_engine::get(const model_place& place) const {
    const auto& reg = place.reg();
    const std::lock_guard access(with_.accesses);
    const auto bits = with_.board.read(reg.bar, place.where.offset, reg.width);
    return (swap_if(reg.order, reg.width, bits) & place.mask()) >> place.shift();
}

void sim_engine::put(const model_place& place, std::uint64_t bits) const {
    const auto& reg = place.reg();
    const std::lock_guard access(with_.accesses);
    auto whole = bits << place.shift() & place.mask();
    if (place.mask() != low_bits(reg.width)) {
        const auto old = with_.board.read(reg.bar, place.where.offset, reg.width);
        whole |= swap_if(reg.order, reg.width, old) & ~place.mask();
    }
    with_.board.write(reg.bar, place.where.offset, reg.width, swap_if(reg.order, reg.width, whole));
}

void sim_engine::put_all(const std::vector<step>& steps) const {
    for (const auto& each : steps)
        put(each.where, each.bits);
}

void sim_engine::start(const sim_piece& what) const {
    put(host_.front(), what.host);
    const auto low = std::popcount(host_.front().mask());
    if (host_.size() > 1) put(host_.back(), low < 64 ? what.host >> low : 0);
    if (board_) put(*board_, what.board);
    if (length_) put(*length_, what.length);
    put_all(start_);
}

int sim_engine::check(const sim_limit& limit) const noexcept {
    if (const int gone = with_.ended()) return gone;
    if (limit.cancels != nullptr && *limit.cancels != limit.before) return ECANCELED;
    return clock::now() < limit.end ? 0 : ETIMEDOUT;
}

bool sim_engine::at_rest(done_interrupt& done) const {
    const bool came = done.came();
    return busy_ ? get(*busy_) == 0 : came;
}

int sim_engine::wait_for_end(done_interrupt& done, sim_waits::waiter& waiter,
                             const sim_limit& limit) const {
    auto pause = shortest_pause;
    int signal = 0;
    while (true) {
        const int ended = check(limit);
        if (at_rest(done)) break;
        if (ended != 0 || signal != 0) return ended != 0 ? ended : signal;
        const auto until = clock::now() + (cause_ != 0 ? look : pause);
        signal = waiter.sleep(std::min(until, limit.end), done.descriptor());
        pause = std::min(2 * pause, longest_pause);
    }
    if (error_ && get(*error_) != 0) return EIO;
    return with_.ended();
}

/// Signals and other threads do not end this wait: the memory is not ours again before.
void sim_engine::bring_to_rest(done_interrupt& done, sim_waits::waiter& waiter) const {
    if (with_.ended() != 0) return; // it has lost its way to the memory
    put_all(stop_);
    const auto end = clock::now() + time_to_stop;
    while (!at_rest(done)) {
        if (with_.ended() != 0) return;
        if (clock::now() >= end) return with_.cut_off();
        waiter.sleep(std::min(clock::now() + longest_pause, end));
    }
}

int sim_engine::run(const sim_piece& what, const sim_limit& limit) {
    if (const int early = check(limit)) return early;
    done_interrupt done(*this);
    sim_waits::waiter waiter(with_.waits);
    start(what);
    const int result = wait_for_end(done, waiter, limit);
    if (result != 0) bring_to_rest(done, waiter);
    return result;
}

} // namespace upciedev::inline v1::detail
