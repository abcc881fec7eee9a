// SPDX-License-Identifier: BSD-3-Clause
#include "description/reg_effects.hpp"
#include "simulation/model/model_state.hpp"

#include <thread>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::size_t fifo_depth = 65536; // what is pushed beyond is lost, as in hardware
constexpr std::chrono::milliseconds slow_access{20};

/// The part's bits of an access that touches its register, in the lowest.
struct written_part {
    std::uint64_t bits = 0;
    bool any = false; ///< the access reaches the part
};

written_part part_of(const detail::model_place& place, std::uint64_t offset, unsigned width,
                     std::uint64_t bits, const detail::model_memories& board) {
    const auto& what = place.reg();
    const auto in_order = [&](std::uint64_t bus) {
        return detail::swap_if(what.order, what.width,
                               detail::moved(bus, offset, place.where.offset) &
                                   detail::low_bits(what.width));
    };
    const auto reached = in_order(detail::low_bits(width)) & place.mask();
    const auto kept = (place.get(board) << place.shift()) & ~reached;
    return {((in_order(bits) & reached) | kept) >> place.shift(), reached != 0};
}

} // namespace

void model_board::state::push(std::size_t fifo, std::uint64_t bits) {
    if (fifos_[fifo].size() < fifo_depth) fifos_[fifo].push_back(bits);
}

std::uint64_t model_board::state::pop(const detail::model_cell& cell) {
    auto& queue = fifos_[cell.fifo];
    if (queue.empty()) return 0;
    const std::uint64_t bits = queue.front();
    if (!has(model_fault::fifo_stuck)) queue.pop_front();
    return bits;
}

std::uint64_t model_board::state::read(unsigned bar, std::uint64_t offset, unsigned width) {
    if (has(model_fault::slow)) std::this_thread::sleep_for(slow_access);
    if (has(model_fault::all_ones)) return detail::low_bits(width);
    const std::lock_guard hold(lock);
    for (const auto& hook : read_hooks_)
        if (hook.place.touched_by(bar, offset, width / 8)) hook.call();
    const auto rule = rules[bar].at(offset, width / 8);
    auto& memory = memories[bar];
    std::uint64_t bits = memory.load(offset, width);
    if (rule.clear_on_read != 0) memory.store(offset, width, bits & ~rule.clear_on_read);
    if (rule.pop)
        rules[bar].for_each_cell(offset, width / 8, [&](const detail::model_cell& cell) {
            if (cell.fifo != detail::model_cell::no_fifo)
                bits |= detail::moved(pop(cell), cell.offset, offset);
        });
    return bits & rule.readable & detail::low_bits(width);
}

void model_board::state::change(unsigned bar, std::uint64_t offset, unsigned width,
                                std::uint64_t bits) {
    const auto rule = rules[bar].at(offset, width / 8);
    auto& memory = memories[bar];
    // Write-only bits and strobes act and are not kept.
    const std::uint64_t kept = rule.kept & ~rule.write_effects();
    std::uint64_t now = (memory.load(offset, width) & ~kept) | (bits & kept);
    now &= ~(bits & rule.one_to_clear);
    now |= bits & rule.one_to_set;
    now ^= bits & rule.one_to_toggle;
    if (rule.pop)
        rules[bar].for_each_cell(offset, width / 8, [&](const detail::model_cell& cell) {
            if (cell.fifo != detail::model_cell::no_fifo && cell.rules.writable != 0)
                push(cell.fifo, detail::moved(bits, offset, cell.offset) & cell.rules.writable);
        });
    memory.store(offset, width, now);
}

void model_board::state::write(unsigned bar, std::uint64_t offset, unsigned width,
                               std::uint64_t bits) {
    if (has(model_fault::slow)) std::this_thread::sleep_for(slow_access);
    if (has(model_fault::all_ones)) return;
    const std::lock_guard hold(lock);
    const bool stuck = has(model_fault::interrupt_stuck);
    const auto before = stuck ? irqs.pending(memories) : std::vector<std::uint64_t>();
    change(bar, offset, width, bits);
    call_write_hooks(bar, offset, width, bits);
    if (irqs.empty()) return;
    if (stuck) irqs.restore(memories, before);
    send(irqs.changed(memories));
}

void model_board::state::call_write_hooks(unsigned bar, std::uint64_t offset, unsigned width,
                                          std::uint64_t bits) {
    for (const auto& hook : write_hooks_) {
        if (!hook.place.touched_by(bar, offset, width / 8)) continue;
        const auto part = part_of(hook.place, offset, width, bits, memories);
        if (part.any) hook.call(part.bits);
    }
}

} // namespace v1
} // namespace upciedev
