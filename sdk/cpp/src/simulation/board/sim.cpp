// SPDX-License-Identifier: BSD-3-Clause
#include "base/transport_error.hpp"
#include "description/bar_guards.hpp"
#include "simulation/board/sim_backplane.hpp"
#include "simulation/board/sim_dma.hpp"
#include "simulation/board/sim_interrupts.hpp"
#include "simulation/model/model_state.hpp"
#include "transport/area_copy.hpp"
#include "transport/builtin_transports.hpp"
#include "transport/claims.hpp"
#include "transport/transport_check.hpp"
#include "transport/transport_poll.hpp"

#include <upciedev/extend/sim.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <unistd.h>

namespace upciedev {
inline namespace v1 {
namespace {

using detail::bars_of_a_board;

} // namespace

/// The driver's side of a simulated board: its checks, guards and locks, over the hardware.
struct sim_board::state {
    state(board_description_ptr what, const model_options& options)
        : description(what), board(std::move(what), options),
          interrupts(std::make_shared<detail::sim_interrupts>(board, lock)),
          dma(std::make_shared<detail::sim_dma>(board, lock, interrupts, [this] { fail(); })) {
        {
            const std::lock_guard hold(board.internals().lock); // of tasks that began at power-on
            board.internals().listener = [to = interrupts](unsigned vector) {
                to->arrived(vector);
            };
        }
        board.plug(&dma->host());
        dma->find_peers_by([this](transport& peer, const detail::window_leases::stretch& where,
                                  unsigned channel) { return find(peer, where, channel); });
    }
    ~state() {
        dma->end();
        dma->find_peers_by({});
        board.plug(nullptr);
        dma->host().lead_to(nullptr);
        interrupts->close();
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    board_description_ptr description;
    const std::array<detail::bar_guards, bars_of_a_board> guards = detail::guards_of(*description);
    const bool admin = detail::is_administrator(); // as of who opens a file of the driver
    board_identity who;
    model_board board;
    std::mutex lock; // over one operation; maps go around it, as they do in hardware
    std::uint32_t gone = 0;
    std::weak_ptr<const void> claimed;
    std::shared_ptr<detail::window_leases> leases = std::make_shared<detail::window_leases>();
    std::atomic<bool> failed = false;
    std::mutex failure_lock;
    std::function<void()> on_failure;                   // under failure_lock
    std::shared_ptr<detail::sim_interrupts> interrupts; // subscriptions own it, too
    std::shared_ptr<detail::sim_dma> dma;               // so do channels

    [[nodiscard]] detail::model_rules& rules(unsigned bar) { return board.internals().rules[bar]; }
    int check(const operation& op);
    [[nodiscard]] bool mappable(unsigned bar, std::uint64_t offset, std::uint64_t length,
                                bool writing) const {
        return board.mappable(bar, offset, length, writing) && // not where a register is guarded
               (!guards[bar].reach_further() || guards[bar].permits_map(offset, length, writing));
    }
    int carry_out(operation& op);
    int poll(operation& op);
    void write(const operation& op, std::uint64_t offset, std::uint64_t bits);
    void block(const operation& op);
    bool copy_block(const operation& op);
    [[nodiscard]] detail::peer_end end() const {
        return {who.slot.value_or(0), board.has_fault(model_fault::acs_redirect)};
    }
    [[nodiscard]] detail::sim_backplane* lines() const noexcept {
        return detail::backplane_behind(dma->host().leads_to().get());
    }
    [[nodiscard]] detail::sim_peer window(unsigned bar) const;
    /// The channel reads from other boards.
    [[nodiscard]] bool is_read(std::optional<unsigned> channel) const {
        return channel && description->dma.at(*channel).to_board;
    }
    /// Guards hold for other boards' engines as for users, whoever started them.
    [[nodiscard]] bool refuses_engine(const detail::window_leases::stretch& what,
                                      bool reads) const {
        return what.bar < bars_of_a_board &&
               !guards[what.bar].permits(what.offset, what.length, !reads, false);
    }
    [[nodiscard]] detail::found_peer find(transport& peer,
                                          const detail::window_leases::stretch& where,
                                          std::optional<unsigned> channel) const;
    [[nodiscard]] detail::found_peer judged(detail::sim_peer window,
                                            const detail::window_leases::stretch& where,
                                            std::optional<unsigned> channel,
                                            const detail::peer_policy& policy) const;
    void set_gone() noexcept;
    void fail();
    [[nodiscard]] bool is_gone() const noexcept {
        return __atomic_load_n(&gone, __ATOMIC_ACQUIRE) != 0;
    }
};

sim_board::sim_board(board_description_ptr description, std::optional<unsigned> slot,
                     const model_options& options)
    : state_(std::make_unique<state>(std::move(description), options)) {
    state_->who.slot = slot;
    state_->who.card = state_->description->name;
    state_->who.generation = 1;
    if (!state_->description->matches.empty()) {
        const auto& match = state_->description->matches.front();
        state_->who.ids = {match.vendor.value_or(0), match.device.value_or(0),
                           match.subvendor.value_or(0), match.subdevice.value_or(0)};
    }
}

sim_board::~sim_board() {
    plug(nullptr);
}

board_identity sim_board::identity() const {
    const std::lock_guard hold(state_->lock);
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
    facts.write_combined = found->write_combined;
    facts.peer = found->peer;
    const bool all_read = state_->mappable(index, 0, found->size, false);
    if (all_read && state_->mappable(index, 0, found->size, true))
        facts.mapping = "all";
    else
        facts.mapping = "partly";
    return facts;
}

bool sim_board::gone() const noexcept {
    return state_->is_gone();
}

const volatile std::uint32_t* sim_board::gone_flag() const noexcept {
    return &state_->gone;
}

capability_set sim_board::capabilities() const noexcept {
    return detail::sim_can;
}

lease sim_board::claim() {
    const std::lock_guard hold(state_->lock);
    if (!state_->claimed.expired())
        throw error(errc::busy, state_->description->name, "this process has claimed it already",
                    "a claim ends with its lease");
    auto held = std::make_shared<const int>();
    state_->claimed = held;
    return lease(std::move(held));
}

void sim_board::reset() {
    state_->dma->end();
    const std::lock_guard hold(state_->lock);
    if (gone()) detail::throw_access_error(detail::from_errno(ENODEV), state_->description->name);
    state_->board.reset();
    state_->interrupts->end(false);
    ++state_->who.generation;
    state_->dma->begin_again();
}

board_health sim_board::health() const {
    auto all = transport::health();
    all.simulated = true;
    auto* const lines = state_->lines();
    if (const auto count = lines == nullptr ? 0 : lines->unsupported(*this); count != 0)
        all.errors = error_counts{.nonfatal = count};
    return all;
}

std::unique_ptr<interrupt_source> sim_board::interrupts(const interrupt_request& what) {
    return state_->interrupts->subscribe(what);
}

std::unique_ptr<dma_source> sim_board::dma(unsigned channel) {
    return state_->dma->open(channel);
}

/// As other boards find it.
detail::sim_peer sim_board::state::window(unsigned bar) const {
    detail::sim_peer found;
    found.end = end();
    const auto& bars = description->bars;
    const auto facts = std::ranges::find(bars, bar, &bar_description::index);
    if (facts == bars.end()) return found;
    found.offered = facts->peer;
    found.size = facts->size;
    found.address = sim_bus_address(found.end.slot, bar);
    return found;
}

detail::found_peer sim_board::state::find(transport& peer,
                                          const detail::window_leases::stretch& where,
                                          std::optional<unsigned> channel) const {
    if (const auto* const far = dynamic_cast<detail::far_board*>(&peer))
        return judged(far->window(where), where, channel, far->policy());
    auto* const other = dynamic_cast<sim_board*>(&peer.itself());
    auto* const bus = lines();
    if (other == nullptr || bus == nullptr) return {EXDEV, {}, {}};
    auto* const its_bus = other->gone() ? bus : other->state_->lines();
    if (its_bus != bus) return {EXDEV, {}, {}};
    if (other->gone()) return {EHOSTDOWN, {}, {}};
    auto window = other->state_->window(where.bar);
    window.guarded = where.length != 0 && other->state_->refuses_engine(where, is_read(channel));
    window.gone = [bus = bus->shared_from_this(), slot = window.end.slot] {
        return !bus->answers(slot);
    };
    return judged(std::move(window), where, channel, bus->policy());
}

detail::found_peer sim_board::state::judged(detail::sim_peer window,
                                            const detail::window_leases::stretch& where,
                                            std::optional<unsigned> channel,
                                            const detail::peer_policy& policy) const {
    detail::found_peer found{window.busy, std::move(window), {}};
    const auto size = found.peer.size;
    if (found.failed == 0 && where.length != 0) {
        const bool outside = where.offset > size || where.length > size - where.offset;
        if (size == 0 || outside) found.failed = size == 0 ? ENXIO : ERANGE;
    }
    if (found.failed == 0 && found.peer.guarded) found.failed = EPERM;
    const auto* const engine = channel ? &description->dma.at(*channel) : nullptr;
    found.route = detail::route_between(end(), found.peer, engine, policy);
    return found;
}

peer_route sim_board::route_to(transport& peer, unsigned bar, std::optional<unsigned> channel) {
    if (gone()) detail::throw_access_error(detail::from_errno(ENODEV), state_->description->name);
    const auto found = state_->find(peer, {bar, 0, 0, 0}, channel);
    if (found.failed == EHOSTDOWN)
        detail::throw_access_error(detail::from_errno(EHOSTDOWN), state_->description->name);
    return found.failed == EXDEV ? transport::route_to(peer, bar, channel) : found.route;
}

lease sim_board::lease_window(unsigned bar, std::uint64_t offset, std::uint64_t length) {
    const auto& where = state_->description->name;
    const auto window = state_->window(bar);
    if (!window.offered) detail::throw_lease_error(ENXIO, where, 0);
    if (length == 0 || offset > window.size || length > window.size - offset)
        detail::throw_lease_error(ERANGE, where, 0);
    std::int64_t holder = 0;
    const auto number = state_->leases->take({bar, offset, length, getpid()}, holder);
    if (number == 0) detail::throw_lease_error(EBUSY, where, holder);
    const auto give_back = [leases = state_->leases, number](const void*) {
        leases->give_back(number);
    };
    return lease(std::shared_ptr<const void>(state_->leases.get(), give_back));
}

void sim_board::state::set_gone() noexcept {
    const std::lock_guard hold(lock);
    __atomic_store_n(&gone, 1U, __ATOMIC_RELEASE);
    interrupts->end(true);
    for (auto& memory : board.internals().memories)
        memory.fill_with_ones();
}

/// As the driver does with an engine that cannot be stopped: no bus, a reset, and whoever had the
/// board has to open it again.
void sim_board::state::fail() {
    {
        const std::lock_guard hold(failure_lock);
        if (on_failure) on_failure();
    }
    dma->host().cut_off();
    dma->end_soon();
    failed = true;
    {
        const std::lock_guard hold(lock);
        board.reset();
    }
    set_gone();
}

void sim_board::unplug() noexcept {
    __atomic_store_n(&state_->gone, 1U, __ATOMIC_RELEASE);
    state_->dma->end();
    state_->set_gone();
}

bool sim_board::failed() const noexcept {
    return state_->failed;
}

void sim_board::on_failure(std::function<void()> call) {
    const std::lock_guard hold(state_->failure_lock);
    state_->on_failure = std::move(call);
}

void sim_board::begin_again() {
    auto& all = *state_;
    all.dma->end();
    const std::lock_guard hold(all.lock);
    for (auto& memory : all.board.internals().memories)
        if (!memory.uncover())
            detail::throw_access_error(detail::from_errno(errno), all.description->name);
    all.board.reset(); // what was written in between is void
    all.dma->host().let_in();
    all.interrupts->begin_again();
    ++all.who.generation;
    all.failed = false;
    __atomic_store_n(&all.gone, 0U, __ATOMIC_RELEASE);
    all.dma->begin_again();
}

void sim_board::set_generation(std::uint64_t generation) {
    const std::lock_guard hold(state_->lock);
    state_->who.generation = generation;
}

volatile std::byte* sim_board::map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                                   bool for_writing) noexcept {
    if (bar >= bars_of_a_board || gone()) [[unlikely]]
        return nullptr;
    const auto memory = state_->board.memory(bar);
    if (length == 0 || length > memory.size() || offset > memory.size() - length) return nullptr;
    return state_->mappable(bar, offset, length, for_writing) ? &memory[offset] : nullptr;
}

void sim_board::plug(std::shared_ptr<model_slot> slot) {
    state_->board.plug(nullptr);
    state_->dma->host().lead_to(std::move(slot));
    state_->board.plug(&state_->dma->host());
}

model_board& sim_board::hardware() noexcept {
    return state_->board;
}

void sim_board::set(std::string_view path, std::uint64_t bits) {
    const auto part = state_->board.part(path);
    const std::lock_guard hold(state_->lock);
    if (!gone()) part.set(bits);
}

std::uint64_t sim_board::get(std::string_view path) const {
    const std::lock_guard hold(state_->lock);
    return state_->board.part(path).get();
}

void sim_board::push(std::string_view path, std::span<const std::uint64_t> bits) {
    state_->board.push(path, bits);
}

int sim_board::state::check(const operation& op) {
    const bool known = op.bar < bars_of_a_board;
    if (const int error = detail::check_operation(op, known ? board.memory(op.bar).size() : 0))
        return error;
    const bool permitted =
        guards[op.bar].permits(op.offset, detail::bytes_of(op), detail::is_write(op), admin);
    return permitted ? 0 : EPERM;
}

int sim_board::state::carry_out(operation& op) {
    if (const int error = check(op)) return error;
    if (op.op == operation::code::poll) return poll(op);
    const std::lock_guard hold(lock);
    if (is_gone()) return ENODEV;
    switch (op.op) {
    case operation::code::read:
        op.value = board.read(op.bar, op.offset, op.width);
        break;
    case operation::code::write:
        write(op, op.offset, op.value);
        break;
    case operation::code::modify: {
        const std::uint64_t old = board.read(op.bar, op.offset, op.width);
        write(op, op.offset, (old & ~op.mask) | (op.value & op.mask));
        op.value = old;
        break;
    }
    default:
        block(op);
    }
    return 0;
}

/// One access of a user.
void sim_board::state::write(const operation& op, std::uint64_t offset, std::uint64_t bits) {
    board.write(op.bar, offset, op.width, interrupts->kept(op.bar, offset, op.width, bits));
}

int sim_board::state::poll(operation& op) {
    return detail::poll_until(op, [&](std::uint64_t& bits) {
        const std::lock_guard hold(lock);
        if (is_gone()) return ENODEV;
        bits = board.read(op.bar, op.offset, op.width);
        return 0;
    });
}

/// Memory without any effect is copied at once.
bool sim_board::state::copy_block(const operation& op) {
    const std::uint64_t size = detail::bytes_of(op);
    if ((op.flags & operation::fixed) != 0) return false;
    if (!rules(op.bar).plain_memory(op.offset, size)) return false;
    const auto buffer = detail::buffer_of(op);
    auto* memory = &board.memory(op.bar)[op.offset];
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
            bits = board.read(op.bar, offset, op.width);
            std::memcpy(buffer, &bits, step);
        } else {
            std::memcpy(&bits, buffer, step);
            write(op, offset, bits);
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
