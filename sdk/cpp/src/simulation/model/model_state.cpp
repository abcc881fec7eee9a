// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_state.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace upciedev {
inline namespace v1 {

/// The bus for one task: the board's lock is free while it works, so that registers answer.
class model_board::state::task_bus final : public model_bus {
  public:
    task_bus(state& board, std::unique_lock<std::recursive_mutex>& hold)
        : board_(board), hold_(hold), resets_(board.resets_) {}

    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept override {
        return use([&](model_slot& slot) { return slot.read(address, into); });
    }
    std::error_code write(std::uint64_t address,
                          std::span<const std::byte> from) noexcept override {
        return use([&](model_slot& slot) { return slot.write(address, from); });
    }

  private:
    template <class Use>
    std::error_code use(const Use& what) {
        if (resets_ != board_.resets_) return std::make_error_code(std::errc::operation_canceled);
        auto* const slot = board_.slot;
        if (slot == nullptr) return std::make_error_code(std::errc::no_such_device);
        ++board_.bus_calls_;
        hold_.unlock();
        const auto result = what(*slot);
        hold_.lock();
        if (--board_.bus_calls_ == 0) board_.bus_free_.notify_all();
        return result;
    }

    state& board_;
    std::unique_lock<std::recursive_mutex>& hold_;
    const std::uint64_t resets_;
};

model_board::state::state(model_board& owner, board_description_ptr what,
                          const model_options& options)
    : description(std::move(what)), engine(options.clock), owner_(owner),
      simulate_(options.simulate), hidden_(*description) {
    for (const auto& bar : description->bars)
        memories.at(bar.index).allocate(bar.size, options.shared);
}

model_board::state::~state() = default;

void model_board::state::build() {
    std::size_t queues = 0;
    for (const auto& [path, where] : description->all_registers())
        rules.at(where.description->bar).add(*where.description, where.offset, queues);
    for (const auto& area : description->areas)
        rules.at(area.bar).add(area);
    fifos_.resize(queues);
    irqs.build(*description);
    for (const auto& place : irqs.places())
        rules.at(place.reg().bar).watch(place.where.offset, place.bytes(), false);
    for (const auto& what : description->dma) {
        if (what.descriptors != 0) continue; // only its own behaviour knows the list
        dma_.push_back(std::make_unique<detail::model_dma>(owner_, memories, hidden_, what));
        dma_.back()->hook();
    }
}

void model_board::state::set_values() {
    const auto registers = description->all_registers();
    for (const auto& [path, where] : registers) // first all, for two registers may share an address
        detail::model_place{where, nullptr}.set(memories, 0);
    for (const auto& [path, where] : registers)
        if (const auto bits = where.description->reset)
            detail::model_place{where, nullptr}.set(memories, *bits);
}

void model_board::state::power_on() {
    set_values();
    if (behaviour) behaviour->power_on();
    for (const auto& [path, number] : simulate_)
        owner_.part(path).set_value(number);
    if (has(model_fault::wrong_identity)) invert_identity();
}

void model_board::state::reset() {
    const std::lock_guard hold(lock);
    ++resets_;
    engine.forget();
    irqs.forget();
    for (auto& queue : fifos_)
        queue.clear();
    for (auto& dma : dma_)
        dma->reset();
    power_on();
    if (has(model_fault::interrupt_storm)) storm();
}

void model_board::state::plug(model_slot* where) {
    std::unique_lock hold(lock);
    slot = where;
    bus_free_.wait(hold, [this] { return bus_calls_ == 0; });
}

void model_board::state::after(model_clock::duration delay, task what) {
    engine.post(delay, [this, what = std::move(what)] {
        try {
            std::unique_lock hold(lock);
            task_bus bus(*this, hold);
            what(bus);
        } catch (const std::exception& wrong) { // nobody waits for a task who could be told
            detail::log_line(log_level::warning, description->name + ": " + wrong.what());
        }
    });
}

void model_board::state::raise(std::string_view irq) {
    const std::lock_guard hold(lock);
    if (const auto vector = irqs.raise(memories, irq)) send({*vector});
    send(irqs.changed(memories));
}

void model_board::state::send(const std::vector<unsigned>& vectors) const {
    if (has(model_fault::interrupt_lost)) return;
    for (const unsigned vector : vectors) {
        if (listener) listener(vector);
        if (slot != nullptr) slot->interrupt(vector);
    }
}

std::size_t model_board::state::fifo_of(const register_location& where) const {
    return rules[where.description->bar].fifo_of(where);
}

/// A place from now on watched.
detail::model_place model_board::state::watched(std::string_view path, bool reads) {
    if (complete)
        throw error(errc::not_supported, std::string(path), "the board is complete",
                    "hook callbacks in the constructor of the model");
    const auto place = detail::find_place(*description, path);
    rules[place.reg().bar].watch(place.where.offset, place.bytes(), reads);
    return place;
}

void model_board::state::watch(std::string_view path, write_callback call) {
    const auto place = watched(path, false);
    write_hooks_.push_back({place, std::move(call)});
}

void model_board::state::watch(std::string_view path, read_callback call) {
    const auto place = watched(path, true);
    read_hooks_.push_back({place, std::move(call)});
}

} // namespace v1
} // namespace upciedev
