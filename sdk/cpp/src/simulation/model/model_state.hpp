// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/model/model_dma.hpp"
#include "simulation/model/model_engine.hpp"
#include "simulation/model/model_irqs.hpp"
#include "simulation/model/model_rules.hpp"

#include <deque>
#include <functional>

namespace upciedev {
inline namespace v1 {

/// What model_board is made of. Its lock is held by register accesses, callbacks and tasks; a task
/// lets go of it while it uses the bus.
class model_board::state {
  public:
    state(model_board& owner, board_description_ptr what, const model_options& options);
    ~state();
    void build(); ///< once, when the owner can be called

    std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned width);
    void write(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits);
    void power_on();
    void reset();
    void plug(model_slot* where);
    void after(model_clock::duration delay, task what);
    void raise(std::string_view irq);
    void send(const std::vector<unsigned>& vectors) const;
    void push(std::size_t fifo, std::uint64_t bits);
    void watch(std::string_view path, write_callback call);
    void watch(std::string_view path, read_callback call);
    [[nodiscard]] std::size_t fifo_of(const register_location& where) const;
    [[nodiscard]] bool has(model_fault what) const noexcept;
    void storm();
    void invert_identity();

    board_description_ptr description;
    detail::model_memories memories;
    std::array<detail::model_rules, detail::bars_of_a_board> rules;
    std::recursive_mutex lock; // callbacks use the board themselves
    std::atomic<std::uint32_t> faults = 0;
    model_slot* slot = nullptr;
    std::function<void(unsigned vector)> listener; // to interrupts; must not call the board
    bool complete = false;                         // no more callbacks
    std::unique_ptr<model> behaviour;
    detail::model_irqs irqs;
    detail::model_engine engine;

  private:
    template <class Call>
    struct hook {
        detail::model_place place;
        Call call;
    };
    class task_bus;
    [[nodiscard]] detail::model_place watched(std::string_view path, bool reads);
    void set_values();
    std::uint64_t pop(const detail::model_cell& cell);
    void call_write_hooks(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits);
    void change(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits);

    model_board& owner_;
    std::map<std::string, double> simulate_;
    std::vector<std::deque<std::uint64_t>> fifos_; // entries as the bus has them
    std::vector<hook<write_callback>> write_hooks_;
    std::vector<hook<read_callback>> read_hooks_;
    detail::model_hidden_memory hidden_;
    std::vector<std::unique_ptr<detail::model_dma>> dma_;
    std::uint64_t resets_ = 0;
    unsigned bus_calls_ = 0;
    std::condition_variable_any bus_free_;
};

namespace detail {
/// The behaviour that comes with us for boards of that name, or an empty one.
model_factory built_in_model(std::string_view board);
} // namespace detail

} // namespace v1
} // namespace upciedev
