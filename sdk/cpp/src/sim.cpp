// SPDX-License-Identifier: BSD-3-Clause
#include "area_copy.hpp"
#include "sim_models.hpp"
#include "sim_rules.hpp"
#include "transport_check.hpp"
#include "transport_error.hpp"
#include "transport_poll.hpp"

#include <upciedev/sim.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::size_t fifo_depth = 65536; // what is pushed beyond is lost, as in hardware
using detail::bars_of_a_board;

/// Between a register's bits and those in memory, either way.
std::uint64_t in_order(const register_description& what, std::uint64_t bits) {
    return detail::swap_if(what.order, what.width, bits);
}

using part_of_register = std::pair<register_location, const field_description*>;

/// A register by its path, or "register.field".
part_of_register find_part(const board_description& board, const std::string& path) {
    for (const auto& [known, where] : board.all_registers()) {
        if (!path.starts_with(known + ".")) continue;
        const auto* part = where.description->find_field(path.substr(known.size() + 1));
        if (part != nullptr) return {where, part};
    }
    return {board.find_register(path), nullptr};
}

std::uint64_t with_value(const part_of_register& part, std::uint64_t old, double number) {
    const auto& [where, field] = part;
    if (field == nullptr) return encode(where.description->convert, number);
    return (old & ~field->mask()) | (encode(field->convert, number) << field->lsb);
}

} // namespace

struct sim_board::state {
    board_description_ptr description;
    board_identity who;
    detail::sim_memories memories;
    std::array<detail::sim_rules, bars_of_a_board> rules;
    std::vector<std::deque<std::uint64_t>> fifos; // entries as the bus has them
    std::unique_ptr<detail::sim_model> model;
    std::mutex lock; // over one access; maps go around it, as they do in hardware
    std::uint32_t gone = 0;

    void build();
    void power_on(const std::map<std::string, double>& simulate);
    void set(const register_location& where, std::uint64_t bits);
    [[nodiscard]] std::uint64_t get(const register_location& where) const;
    std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned width);
    void write(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits);
    std::uint64_t pop(const detail::sim_cell& cell);
    void push(std::size_t fifo, std::uint64_t bits);
    bool guarded(const operation& op) const;
    int check(const operation& op) const;
    int carry_out(operation& op);
    int poll(operation& op);
    void block(const operation& op);
    bool copy_block(const operation& op);
    [[nodiscard]] const detail::sim_cell& cell(const register_location& where) const;
    [[nodiscard]] bool is_gone() const noexcept {
        return __atomic_load_n(&gone, __ATOMIC_ACQUIRE) != 0;
    }
};

void sim_board::state::build() {
    for (const auto& bar : description->bars)
        memories.at(bar.index).allocate(bar.size);
    std::size_t queues = 0;
    for (const auto& [path, where] : description->all_registers())
        rules.at(where.description->bar).add(*where.description, where.offset, queues);
    for (const auto& area : description->areas)
        rules.at(area.bar).add(area);
    fifos.resize(queues);
    model = detail::make_sim_model(description->name);
    for (auto& bar : rules)
        bar.finish(model != nullptr);
}

void sim_board::state::power_on(const std::map<std::string, double>& simulate) {
    for (const auto& [path, where] : description->all_registers())
        if (where.description->reset) set(where, *where.description->reset);
    if (model) model->power_on(memories);
    for (const auto& [path, number] : simulate) {
        const auto part = find_part(*description, path);
        set(part.first, with_value(part, get(part.first), number));
    }
}

void sim_board::state::set(const register_location& where, std::uint64_t bits) {
    const auto& what = *where.description;
    memories[what.bar].store(where.offset, what.width, in_order(what, bits));
}

std::uint64_t sim_board::state::get(const register_location& where) const {
    const auto& what = *where.description;
    return in_order(what, memories[what.bar].load(where.offset, what.width));
}

sim_board::sim_board(board_description_ptr description, std::optional<unsigned> slot,
                     const std::map<std::string, double>& simulate)
    : state_(std::make_unique<state>()) {
    state_->description = std::move(description);
    state_->who.slot = slot;
    state_->who.card = state_->description->name;
    state_->who.generation = 1;
    if (!state_->description->matches.empty()) {
        const auto& match = state_->description->matches.front();
        state_->who.ids = {match.vendor.value_or(0), match.device.value_or(0),
                           match.subvendor.value_or(0), match.subdevice.value_or(0)};
    }
    state_->build();
    state_->power_on(simulate);
}

sim_board::~sim_board() = default;

board_identity sim_board::identity() const {
    return state_->who;
}

bar_facts sim_board::bar(unsigned index) const {
    bar_facts facts;
    const auto& bars = state_->description->bars;
    const auto found = std::ranges::find(bars, index, &bar_description::index);
    if (found == bars.end()) return facts;
    facts.name = found->name;
    facts.size = found->size;
    facts.is_64bit = found->size > 0x80000000U;
    const auto& rules = state_->rules[index];
    const bool all_read = rules.mappable(0, found->size, false);
    if (all_read && rules.mappable(0, found->size, true))
        facts.mapping = "all";
    else
        facts.mapping = all_read && state_->model ? "read-only" : "partly";
    return facts;
}

bool sim_board::gone() const noexcept {
    return state_->is_gone();
}

const volatile std::uint32_t* sim_board::gone_flag() const noexcept {
    return &state_->gone;
}

capability_set sim_board::capabilities() const noexcept {
    using enum capability;
    return {mapping, batch, modify, hot_plug};
}

void sim_board::unplug() noexcept {
    const std::lock_guard hold(state_->lock);
    __atomic_store_n(&state_->gone, 1U, __ATOMIC_RELEASE);
    for (auto& memory : state_->memories)
        memory.fill_with_ones();
}

volatile std::byte* sim_board::map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                                   bool for_writing) noexcept {
    if (bar >= bars_of_a_board || gone()) [[unlikely]]
        return nullptr;
    const auto& memory = state_->memories[bar];
    if (length == 0 || length > memory.size() || offset > memory.size() - length) return nullptr;
    return state_->rules[bar].mappable(offset, length, for_writing) ? memory.at(offset) : nullptr;
}

const detail::sim_cell& sim_board::state::cell(const register_location& where) const {
    return rules[where.description->bar].cells(where.offset, where.description->width / 8).front();
}

void sim_board::set(std::string_view path, std::uint64_t bits) {
    const auto where = state_->description->find_register(path);
    const std::lock_guard hold(state_->lock);
    if (!gone()) state_->set(where, bits);
}

std::uint64_t sim_board::get(std::string_view path) const {
    const auto where = state_->description->find_register(path);
    const std::lock_guard hold(state_->lock);
    return state_->get(where);
}

void sim_board::push(std::string_view path, std::span<const std::uint64_t> bits) {
    const auto where = state_->description->find_register(path);
    const auto& what = *where.description;
    const auto& cell = state_->cell(where);
    if (cell.fifo == detail::sim_cell::no_fifo)
        throw error(errc::not_supported, std::string(path), "is no FIFO (on_read: pop)");
    const std::lock_guard hold(state_->lock);
    for (const std::uint64_t entry : bits)
        state_->push(cell.fifo, in_order(what, entry));
}

void sim_board::state::push(std::size_t fifo, std::uint64_t bits) {
    if (fifos[fifo].size() < fifo_depth) fifos[fifo].push_back(bits);
}

std::uint64_t sim_board::state::pop(const detail::sim_cell& cell) {
    auto& queue = fifos[cell.fifo];
    if (queue.empty()) return 0;
    const std::uint64_t bits = queue.front();
    queue.pop_front();
    return bits;
}

std::uint64_t sim_board::state::read(unsigned bar, std::uint64_t offset, unsigned width) {
    const auto rule = rules[bar].at(offset, width / 8);
    auto& memory = memories[bar];
    std::uint64_t bits = memory.load(offset, width);
    if (rule.clear_on_read != 0) memory.store(offset, width, bits & ~rule.clear_on_read);
    if (rule.pop)
        for (const auto& cell : rules[bar].cells(offset, width / 8))
            if (cell.fifo != detail::sim_cell::no_fifo)
                bits |= detail::moved(pop(cell), cell.offset, offset);
    return bits & rule.readable & detail::low_bits(width);
}

void sim_board::state::write(unsigned bar, std::uint64_t offset, unsigned width,
                             std::uint64_t bits) {
    const auto rule = rules[bar].at(offset, width / 8);
    auto& memory = memories[bar];
    // Write-only bits and strobes act and are not kept.
    const std::uint64_t kept = rule.writable & rule.readable & ~rule.write_effects();
    std::uint64_t now = (memory.load(offset, width) & ~kept) | (bits & kept);
    now &= ~(bits & rule.one_to_clear);
    now |= bits & rule.one_to_set;
    now ^= bits & rule.one_to_toggle;
    if (rule.pop)
        for (const auto& cell : rules[bar].cells(offset, width / 8))
            if (cell.fifo != detail::sim_cell::no_fifo)
                push(cell.fifo, detail::moved(bits & rule.writable, offset, cell.offset));
    if (!rule.pop) memory.store(offset, width, now);
    if (model) model->written(memories, bar, offset, width, bits);
}

bool sim_board::state::guarded(const operation& op) const {
    const std::uint64_t end = op.offset + detail::bytes_of(op);
    for (std::uint64_t at = op.offset; at < end; at += op.width / 8)
        for (const auto& cell : rules[op.bar].cells(at, op.width / 8))
            if (cell.guard) return true;
    return false;
}

int sim_board::state::check(const operation& op) const {
    const bool known = op.bar < bars_of_a_board;
    if (const int error = detail::check_operation(op, known ? memories[op.bar].size() : 0))
        return error;
    const bool memory = rules[op.bar].plain_memory(op.offset, detail::bytes_of(op));
    return detail::is_write(op) && !memory && guarded(op) ? EPERM : 0;
}

int sim_board::state::carry_out(operation& op) {
    if (const int error = check(op)) return error;
    if (op.op == operation::code::poll) return poll(op);
    const std::lock_guard hold(lock);
    if (is_gone()) return ENODEV;
    switch (op.op) {
    case operation::code::read:
        op.value = read(op.bar, op.offset, op.width);
        break;
    case operation::code::write:
        write(op.bar, op.offset, op.width, op.value);
        break;
    case operation::code::modify: {
        const std::uint64_t old = read(op.bar, op.offset, op.width);
        write(op.bar, op.offset, op.width, (old & ~op.mask) | (op.value & op.mask));
        op.value = old;
        break;
    }
    default:
        block(op);
    }
    return 0;
}

int sim_board::state::poll(operation& op) {
    return detail::poll_until(op, [&](std::uint64_t& bits) {
        const std::lock_guard hold(lock);
        if (is_gone()) return ENODEV;
        bits = read(op.bar, op.offset, op.width);
        return 0;
    });
}

/// Memory without any effect is copied at once.
bool sim_board::state::copy_block(const operation& op) {
    const std::uint64_t size = detail::bytes_of(op);
    if (model || (op.flags & operation::fixed) != 0) return false;
    if (!rules[op.bar].plain_memory(op.offset, size)) return false;
    const auto buffer = detail::buffer_of(op);
    auto* memory = memories[op.bar].at(op.offset);
    if (op.op == operation::code::read_block)
        detail::copy_from_board(memory, buffer, op.width / 8);
    else
        detail::copy_to_board(memory, buffer, op.width / 8);
    return true;
}

void sim_board::state::block(const operation& op) {
    if (copy_block(op)) return;
    const unsigned step = op.width / 8;
    auto* buffer = detail::buffer_of(op).data();
    std::uint64_t offset = op.offset;
    for (std::uint32_t i = 0; i < op.count; ++i, buffer += step) {
        std::uint64_t bits = 0;
        if (op.op == operation::code::read_block) {
            bits = read(op.bar, offset, op.width);
            std::memcpy(buffer, &bits, step);
        } else {
            std::memcpy(&bits, buffer, step);
            write(op.bar, offset, op.width, bits);
        }
        if ((op.flags & operation::fixed) == 0) offset += step;
    }
}

outcome sim_board::run(std::span<operation> operations) noexcept {
    outcome result;
    for (auto& op : operations) {
        if (const int error = state_->carry_out(op)) {
            result.error = detail::from_errno(error);
            return result;
        }
        ++result.done;
    }
    return result;
}

} // namespace v1
} // namespace upciedev
