// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/model_dma.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

constexpr std::size_t chunk = 65536; // bytes between two looks at "stop"
constexpr std::uint64_t hidden_size = std::uint64_t{1}
                                      << 30; // of unknown memory; costs what is touched
constexpr std::uint64_t most_hidden = std::uint64_t{1} << 40;

std::string path_of(const register_part& part) {
    return part.field.empty() ? part.path : part.path + "." + part.field;
}

const area_description* area_of(const board_description& board, const std::string& path) {
    return path.empty() ? nullptr : &board.find_area(path);
}

} // namespace

model_hidden_memory::model_hidden_memory(const board_description& board) {
    begin_ = ~std::uint64_t{0};
    for (const auto& engine : board.dma) {
        if (!engine.area.empty()) continue;
        const auto size = engine.memory_size != 0 ? engine.memory_size : hidden_size;
        begin_ = std::min(begin_, engine.memory_at);
        end_ = std::max(end_, engine.memory_at + std::min(size, ~engine.memory_at));
    }
    if (begin_ < end_) end_ = std::min(end_, begin_ + most_hidden);
}

std::byte* model_hidden_memory::at(std::uint64_t offset, std::size_t bytes) {
    if (offset < begin_ || offset > end_ || bytes > end_ - offset) return nullptr;
    if (memory_.size() == 0) memory_.allocate(end_ - begin_);
    return memory_.at(offset - begin_);
}

model_dma::model_dma(model_board& board, model_memories& memories, model_hidden_memory& hidden,
                     const dma_description& what)
    : board_(board), memories_(memories), hidden_(hidden), what_(what),
      offset_(find_place(board.description(), what.board)),
      length_(find_place(board.description(), what.length)),
      area_(area_of(board.description(), what.area)) {
    for (const auto& part : what.host)
        host_.push_back(*find_place(board.description(), part));
}

void model_dma::hook() {
    if (what_.start.empty())
        board_.on_write(path_of(what_.length), [this](std::uint64_t) { start(); });
    hook_steps(what_.start, start_steps_, &model_dma::start);
    hook_steps(what_.stop, stop_steps_, &model_dma::stop);
}

/// Act once all steps were written in their order; a write out of order is none of them.
void model_dma::hook_steps(const std::vector<part_write>& steps, std::size_t& seen,
                           void (model_dma::*act)()) {
    for (std::size_t i = 0; i < steps.size(); ++i)
        board_.on_write(path_of(steps[i].where), [this, i, &steps, &seen, act](std::uint64_t bits) {
            if (i != seen || bits != steps[i].bits) return;
            if (++seen < steps.size()) return;
            seen = 0;
            (this->*act)();
        });
}

model_dma::number model_dma::get(const std::optional<model_place>& place) const {
    return place ? place->get(memories_) : 0;
}

void model_dma::mark(const register_part& part, std::uint64_t bits) {
    if (!part.path.empty()) board_.part(path_of(part)).set(bits);
}

void model_dma::start() {
    if (running_) return;
    now_.host = host_.front().get(memories_);
    if (host_.size() > 1) now_.host |= host_.back().get(memories_) << host_.front().reg().width;
    now_.board = get(offset_);
    now_.left = get(length_);
    running_ = true;
    stopping_ = false;
    mark(what_.busy, ~std::uint64_t{0});
    mark(what_.error, 0);
    if (board_.has_fault(model_fault::engine_hangs)) return;
    go_on({});
}

/// Busy until the bus has what is under way.
void model_dma::stop() {
    if (!running_ || board_.has_fault(model_fault::engine_runs_on)) return;
    stopping_ = true;
    if (!moving_) finish(false);
}

void model_dma::finish(bool failed) {
    running_ = false;
    ++run_;
    mark(what_.busy, 0);
    if (failed) mark(what_.error, ~std::uint64_t{0});
    if (!what_.irq.empty()) board_.interrupt(what_.irq);
}

void model_dma::reset() noexcept {
    running_ = false;
    ++run_;
    start_steps_ = stop_steps_ = 0;
}

/// A task of one transfer is nothing to the next one.
void model_dma::go_on(model_clock::duration delay) {
    board_.after(delay, [this, run = run_](model_bus& bus) {
        if (run == run_) step(bus);
    });
}

/// One chunk; the next is a task of its own, so that registers and other engines get their turn.
void model_dma::step(model_bus& bus) {
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(now_.left, chunk));
    const auto before = now_;
    const auto run = run_;
    moving_ = true;
    const auto failed = bytes != 0 && move(bus, bytes);
    moving_ = false;
    if (run != run_) return; // reset meanwhile
    if (stopping_ || failed) return finish(failed && !stopping_);
    now_.host += bytes;
    now_.board += bytes;
    now_.left -= bytes;
    if (now_.left == 0) {
        if (!board_.has_fault(model_fault::engine_runs_on)) return finish(false);
        now_ = before; // again and again
    }
    go_on(std::chrono::microseconds(1));
}

std::error_code model_dma::move(model_bus& bus, std::size_t bytes) {
    auto* const at = memory(bytes);
    if (at == nullptr) return std::make_error_code(std::errc::result_out_of_range);
    if (what_.to_board) return bus.read(now_.host, {at, bytes});
    return bus.write(now_.host, {at, bytes});
}

/// nullptr: outside the board's memory.
std::byte* model_dma::memory(std::size_t bytes) {
    if (now_.board < what_.memory_at) return nullptr;
    const auto offset = now_.board - what_.memory_at;
    const auto size =
        what_.memory_size == 0 && area_ != nullptr ? area_->size() : what_.memory_size;
    if (size != 0 && (offset > size || bytes > size - offset)) return nullptr;
    if (area_ == nullptr) return hidden_.at(now_.board, bytes);
    return memories_[area_->bar].at(area_->offset + offset);
}

} // namespace upciedev::inline v1::detail
