// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace upciedev::inline v1::models {
namespace {

using span = model_clock::duration;

constexpr unsigned outputs = 8, programmed = 16;
constexpr span step{8};
constexpr std::uint64_t second = 1'000'000'000;

enum class origin : std::uint8_t { optical, front, internal };
enum class output_to : std::uint8_t { none, front, backplane, rtm };

/// One entry of the ring, as the area EVENTS has it.
struct ring_entry {
    std::uint32_t code, pulse, seconds, nanoseconds;
};

/// A code that the machine sends so long after each pulse.
struct program_step {
    model_part code, after;
};

/// What one output is set to.
struct output {
    model_part enable, negative, to, code, delay, width, count;
    std::uint64_t busy = 0; ///< machine's time until which it is delaying or high
};

/// With the internal source it sends itself what the machine would: a pulse at RATE, then the
/// program. Nothing comes from the other two sources; the front one has no cable.
class timer final : public model {
  public:
    explicit timer(model_board& board) : model(board), ring_(ring_of(board)) {
        board.on_write("CTRL", [this](std::uint64_t) { choose(); });
        board.on_write("RATE", [this](std::uint64_t) { choose(); });
        board.on_write("SEND", [this](std::uint64_t code) { event(code); });
        board.on_write("time.LATCH", [this](std::uint64_t) { latch(); });
        for (unsigned i = 0; i < outputs; ++i)
            outputs_[i] = find_output("trigger[" + std::to_string(i) + "].");
        for (unsigned i = 0; i < programmed; ++i) {
            const auto path = "program[" + std::to_string(i) + "].";
            program_[i] = {board.part(path + "EVENT"), board.part(path + "DELAY")};
        }
    }

    void power_on() override {
        ++run_;
        epoch_known_ = false;
        powered_ = board().now();
        period_ = {};
        forget_outputs();
    }

  private:
    void forget_outputs() {
        for (auto& output : outputs_)
            output.busy = 0;
    }

    static std::span<std::byte> ring_of(model_board& board) {
        const auto& area = board.description().find_area("EVENTS");
        return board.memory(area.bar).subspan(area.offset, area.size());
    }

    [[nodiscard]] output find_output(const std::string& path) const {
        const auto part = [&](const char* name) { return board().part(path + name); };
        return {part("CTRL.ENABLE"), part("CTRL.POLARITY"), part("CTRL.OUTPUT"), part("EVENT"),
                part("DELAY"),       part("WIDTH"),         part("COUNT")};
    }

    template <class Task>
    void later(span delay, Task what) {
        board().after(delay, [this, what, run = run_](model_bus&) {
            if (run == run_) what();
        });
    }

    /// The machine's time in ns: what the registers said when it was first asked for, and since.
    std::uint64_t machine_time() {
        if (!epoch_known_) epoch_ = (seconds_.get() * second) + nanoseconds_.get();
        epoch_known_ = true;
        return epoch_ + static_cast<std::uint64_t>((board().now() - powered_).count());
    }

    void latch() {
        const auto now = machine_time();
        seconds_.set(now / second);
        nanoseconds_.set(now % second);
    }

    /// The source, its state or its rate may have changed: begin anew if so.
    void choose() {
        const auto source = static_cast<origin>(source_.get());
        set_link(source != origin::front);
        const auto period = enable_.get() != 0 && source == origin::internal ? period_of() : span{};
        if (period == period_) return;
        period_ = period; // tasks of the old one are void
        forget_outputs();
        ++run_;
        due_ = board().now();
        if (period_ != span{}) next_pulse();
    }

    [[nodiscard]] span period_of() const {
        const double hertz = std::max(rate_.value(), 0.5);
        return std::chrono::duration_cast<span>(std::chrono::duration<double>(1 / hertz));
    }

    void set_link(bool up) {
        if (!up && link_.get() != 0) board().interrupt("link_lost");
        link_.set(up ? 1 : 0);
    }

    /// A late pulse does not make the next one late; what was slept through is left out.
    void next_pulse() {
        const auto now = board().now();
        due_ = std::max(due_ + period_, now);
        later(due_ - now, [this] { pulse(); });
    }

    void pulse() {
        next_pulse();
        number_.set(number_.get() + 1);
        event(0);
        for (const auto& step_of_it : program_)
            if (const auto code = step_of_it.code.get())
                later(step_of_it.after.get() * step, [this, code] { event(code); });
        board().interrupt("pulse");
    }

    void event(std::uint64_t code) {
        if (enable_.get() == 0) return;
        record(code);
        for (unsigned line = 0; line < outputs; ++line)
            if (outputs_[line].enable.get() != 0 && outputs_[line].code.get() == code) fire(line);
    }

    void record(std::uint64_t code) {
        const auto now = machine_time(), number = events_.get();
        const ring_entry entry{
            static_cast<std::uint32_t>(code), static_cast<std::uint32_t>(number_.get()),
            static_cast<std::uint32_t>(now / second), static_cast<std::uint32_t>(now % second)};
        std::memcpy(&ring_[number * sizeof entry % ring_.size()], &entry, sizeof entry);
        events_.set(number + 1);
    }

    /// An output that is delaying or high takes no other event.
    void fire(unsigned line) {
        auto& output = outputs_[line];
        const auto now = machine_time();
        if (now < output.busy) return board().interrupt("overrun");
        const span delay = output.delay.get() * step;
        output.busy = now + static_cast<std::uint64_t>((delay + output.width.get() * step).count());
        later(delay, [this, line] { send(line); });
    }

    /// Boards take the rising edge, which ends a negative pulse.
    void send(unsigned line) {
        const auto& output = outputs_[line];
        output.count.set(output.count.get() + 1);
        if (static_cast<output_to>(output.to.get()) != output_to::backplane) return;
        if (output.negative.get() == invert_.get()) return board().pulse(line);
        later(output.width.get() * step, [this, line] { board().pulse(line); });
    }

    std::span<std::byte> ring_;
    model_part enable_ = board().part("CTRL.ENABLE"), invert_ = board().part("CTRL.INVERT"),
               source_ = board().part("CTRL.SOURCE"), link_ = board().part("STATUS.LINK"),
               rate_ = board().part("RATE"), number_ = board().part("PULSE"),
               events_ = board().part("EVENT_COUNT"), seconds_ = board().part("time.SECONDS"),
               nanoseconds_ = board().part("time.NANOSECONDS");
    std::array<output, outputs> outputs_;
    std::array<program_step, programmed> program_;
    std::uint64_t run_ = 0, epoch_ = 0;
    bool epoch_known_ = false;
    span powered_{}, period_{}, due_{};
};

} // namespace

std::unique_ptr<model> make_timer(model_board& board) {
    return std::make_unique<timer>(board);
}

} // namespace upciedev::inline v1::models
