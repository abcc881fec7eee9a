// SPDX-License-Identifier: BSD-3-Clause
#include "description/reg_effects.hpp"
#include "simulation/model/model_state.hpp"

namespace upciedev {
inline namespace v1 {

model_board::model_board(board_description_ptr description, const model_options& options)
    : state_(std::make_unique<state>(*this, std::move(description), options)) {
    state_->build();
    const auto factory =
        options.behaviour ? options.behaviour : detail::built_in_model(state_->description->name);
    if (factory) state_->behaviour = factory(*this);
    state_->complete = true;
    for (auto& bar : state_->rules)
        bar.finish();
    state_->power_on();
}

model_board::~model_board() {
    state_->engine.end();
}

const board_description& model_board::description() const noexcept {
    return *state_->description;
}

std::uint64_t model_board::read(unsigned bar, std::uint64_t offset, unsigned width) {
    return state_->read(bar, offset, width);
}

void model_board::write(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits) {
    state_->write(bar, offset, width, bits);
}

void model_board::reset() {
    state_->reset();
}

void model_board::plug(model_slot* slot) {
    state_->plug(slot);
}

void model_board::trigger(unsigned line) {
    after({}, [this, line](model_bus&) {
        if (state_->behaviour) state_->behaviour->triggered(line);
    });
}

std::span<std::byte> model_board::memory(unsigned bar) const noexcept {
    const auto& memory = state_->memories[bar];
    return {memory.at(0), memory.size()};
}

int model_board::memory_file(unsigned bar) const noexcept {
    return state_->memories[bar].file();
}

bool model_board::mappable(unsigned bar, std::uint64_t offset, std::uint64_t length,
                           bool writing) const {
    return state_->rules[bar].mappable(offset, length, writing);
}

model_part model_board::part(std::string_view path) {
    const auto place = detail::find_place(*state_->description, path);
    return {*this, place.where, place.field};
}

void model_board::on_write(std::string_view path, write_callback call) {
    state_->watch(path, std::move(call));
}

void model_board::on_read(std::string_view path, read_callback call) {
    state_->watch(path, std::move(call));
}

void model_board::push(std::string_view path, std::span<const std::uint64_t> bits) {
    const auto where = state_->description->find_register(path);
    const auto& what = *where.description;
    const auto fifo = state_->fifo_of(where);
    if (fifo == detail::model_cell::no_fifo)
        throw error(errc::not_supported, std::string(path), "is no FIFO (on_read: pop)");
    const std::lock_guard hold(state_->lock);
    for (const std::uint64_t entry : bits)
        state_->push(fifo, detail::swap_if(what.order, what.width, entry));
}

void model_board::after(model_clock::duration delay, task what) {
    state_->after(delay, std::move(what));
}

void model_board::interrupt(std::string_view irq) {
    state_->raise(irq);
}

void model_board::pulse(unsigned line) {
    const std::lock_guard hold(state_->lock);
    if (state_->slot != nullptr) state_->slot->pulse(line);
}

model_clock::duration model_board::now() const noexcept {
    return state_->engine.now();
}

std::uint64_t model_part::get() const {
    const std::lock_guard hold(board_->state_->lock);
    return detail::model_place{where_, field_}.get(board_->state_->memories);
}

void model_part::set(std::uint64_t bits) const {
    auto& board = *board_->state_;
    const std::lock_guard hold(board.lock);
    detail::model_place{where_, field_}.set(board.memories, bits);
    if (board.complete && !board.irqs.empty()) board.send(board.irqs.changed(board.memories));
}

void model_part::set_value(double number) const {
    set(encode(detail::model_place{where_, field_}.convert(), number));
}

double model_part::value() const {
    return decode(detail::model_place{where_, field_}.convert(), get()).to_double();
}

} // namespace v1
} // namespace upciedev
