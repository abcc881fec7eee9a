// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>
#include <upciedev/extend/model_clock.hpp>

#include <functional>
#include <span>
#include <system_error>

namespace upciedev {
inline namespace v1 {

class model_board;

/// The bus as a board's engine reaches it. Only tasks of model_board::after() are given one: a
/// register callback has no bus master, for whoever wrote the register waits for its end.
class UPCIEDEV_API model_bus {
  public:
    model_bus() = default;
    model_bus(const model_bus&) = delete;
    model_bus& operator=(const model_bus&) = delete;
    virtual ~model_bus() = default;

    /// \returns what went wrong: nothing answers at that address, or Bus Master is off
    virtual std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept = 0;
    virtual std::error_code write(std::uint64_t address,
                                  std::span<const std::byte> from) noexcept = 0;
};

/// Where a board is plugged in. Thread-safe; interrupt() and pulse() must not call the board.
class UPCIEDEV_API model_slot : public model_bus {
  public:
    virtual void interrupt(unsigned vector) noexcept = 0; ///< an MSI or MSI-X message
    virtual void pulse(unsigned line) noexcept = 0;       ///< a trigger line of the backplane
};

/// A register or field of a model, found once. \p bits are as the register has them, in its low
/// bits. Cheap to copy; lives no longer than its board.
class UPCIEDEV_API model_part {
  public:
    model_part() = default;
    [[nodiscard]] std::uint64_t get() const;
    void set(std::uint64_t bits) const; ///< the board's own side: no rights, no effects
    /// Engineering units. \throws error bad_value, out_of_range: the type cannot hold it
    void set_value(double number) const;
    [[nodiscard]] double value() const;

  private:
    friend class model_board;
    model_part(model_board& board, register_location where, const field_description* field)
        : board_(&board), where_(where), field_(field) {}
    model_board* board_ = nullptr;
    register_location where_;
    const field_description* field_ = nullptr; ///< nullptr: the whole register
};

/// What a board does beyond its board file. Derive, and hook callbacks in the constructor:
/// callbacks and tasks of one board never run at the same time.
class UPCIEDEV_API model {
  public:
    explicit model(model_board& board) : board_(board) {}
    model(const model&) = delete;
    model& operator=(const model&) = delete;
    virtual ~model() = default;

    /// After power-on and each reset; registers have their reset values, tasks are forgotten.
    virtual void power_on() {}
    /// A pulse came over the backplane.
    virtual void triggered(unsigned line) { static_cast<void>(line); }

  protected:
    [[nodiscard]] model_board& board() const noexcept { return board_; }

  private:
    model_board& board_;
};

using model_factory = std::function<std::unique_ptr<model>(model_board&)>;

/// Ways in which a board can be ill, to be switched on and off.
enum class model_fault : std::uint8_t {
    engine_hangs,    ///< DMA starts and never ends
    engine_runs_on,  ///< DMA ignores its stop registers and writes on
    interrupt_lost,  ///< causes are set, no message is sent
    interrupt_storm, ///< messages without any cause, one each millisecond
    interrupt_stuck, ///< acknowledging does not take a cause away
    all_ones,        ///< every read gives ones, writes are lost
    fifo_stuck,      ///< a FIFO gives its first entry for ever
    wrong_identity,  ///< read-only registers with a reset value read inverted
    slow,            ///< each register access takes 20 ms
    acs_redirect     ///< the port above it sends its requests to other boards to the root complex
};
/// "engine_hangs". \throws error bad_value with the names there are
UPCIEDEV_API model_fault model_fault_of(std::string_view name);
UPCIEDEV_API std::string_view name_of(model_fault fault) noexcept;
UPCIEDEV_API std::vector<model_fault> all_model_faults();

/// How a simulated board starts.
struct model_options {
    /// Register path (or register.field) -> engineering value at power-on.
    std::map<std::string, double> simulate = {};
    model_clock clock = model_clock::real();
    bool shared = false;          ///< memories are files that other processes can map
    model_factory behaviour = {}; ///< empty: the built-in one of that board's name, if any
};

/// A board as hardware: memory and registers that behave as the board file says, its interrupts
/// and DMA engines, and a model's own behaviour. It knows nothing of how it is reached: sim_board
/// makes it a transport, `upciedev sim up` an endpoint of QEMU. Thread-safe.
///
/// Access rights and effects are honoured bit by bit, for accesses of any width. Addresses without
/// a name read zero and ignore writes; write-only bits and strobes read zero. `on_read: pop` is a
/// FIFO: push() fills it, and so does a write if it may be written; empty it reads zero.
class UPCIEDEV_API model_board {
  public:
    /// \throws error no_such_register, out_of_range: a wrong entry of options.simulate
    explicit model_board(board_description_ptr description, const model_options& options = {});
    ~model_board();
    model_board(const model_board&) = delete;
    model_board& operator=(const model_board&) = delete;

    [[nodiscard]] const board_description& description() const noexcept;

    // The bus side.

    /// Naturally aligned, inside the BAR; \p width 8, 16, 32 or 64 bits, values as the bus has
    /// them.
    std::uint64_t read(unsigned bar, std::uint64_t offset, unsigned width);
    void write(unsigned bar, std::uint64_t offset, unsigned width, std::uint64_t bits);
    /// Function level reset: power-on values, tasks forgotten; memories keep what they hold.
    void reset();
    void trigger(unsigned line); ///< returns at once, the model is told by its engine
    /// \param slot nullptr takes the board out; it outlives the board or its removal
    void plug(model_slot* slot);
    /// Copies that would bypass registers are the caller's fault.
    [[nodiscard]] std::span<std::byte> memory(unsigned bar) const noexcept;
    [[nodiscard]] int memory_file(unsigned bar) const noexcept; ///< of memory(), for mmap()
    /// Accesses to this stretch by map do the same as read() and write().
    [[nodiscard]] bool mappable(unsigned bar, std::uint64_t offset, std::uint64_t length,
                                bool writing) const;

    // The board's own side.

    /// \param path register ("adc.ch[3].GAIN") or register.field. \throws error no_such_register
    [[nodiscard]] model_part part(std::string_view path);
    // Callbacks are hooked in the constructor of a model. \throws error not_supported later
    using write_callback = std::function<void(std::uint64_t bits)>;
    using read_callback = std::function<void()>;
    /// Called after each write that touches the part, with what was written to its bits.
    void on_write(std::string_view path, write_callback call);
    /// Called before each read that touches the part: the moment to set what changes by itself.
    void on_read(std::string_view path, read_callback call);
    /// Fill the FIFO behind an `on_read: pop` register. \throws error not_supported (another one)
    void push(std::string_view path, std::span<const std::uint64_t> bits);
    using task = std::function<void(model_bus& bus)>;
    /// Do it later, by the board's engine. A reset forgets it.
    void after(model_clock::duration delay, task what);
    /// Set a cause of `irqs` pending, and interrupt if it is enabled.
    /// \throws error no_such_register (no interrupt of that name)
    void interrupt(std::string_view irq);
    void pulse(unsigned line); ///< to the other boards of the crate
    [[nodiscard]] model_clock::duration now() const noexcept;

    // Faults.

    void fault(model_fault what, bool on);
    [[nodiscard]] bool has_fault(model_fault what) const noexcept;

    class state; ///< implementation
    [[nodiscard]] state& internals() noexcept { return *state_; }

  private:
    friend class model_part;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
