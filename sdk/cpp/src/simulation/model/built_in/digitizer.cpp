// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"
#include "simulation/model/built_in/waveform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

namespace upciedev::inline v1::models {
namespace {

using duration = model_clock::duration;
using std::chrono::milliseconds;

constexpr unsigned channels = 10;
constexpr duration tick{8};           // 125 MHz
constexpr std::uint64_t piece = 4096; // frames computed at a time, so that registers get their turn
constexpr milliseconds free_running_pause{10}; // spares the machine on which it is simulated

enum class mode : std::uint8_t { software, external, internal, free_running };

struct frame {
    std::array<std::int16_t, channels> samples;
    std::uint32_t time; // low half of TIME
};
static_assert(sizeof(frame) == 24);

/// One channel's way from the input to a sample, as set when an acquisition begins.
struct front_end {
    bool enabled = false;
    double gain = 1;
    double offset = 0; // V

    [[nodiscard]] std::int16_t sample(unsigned channel, std::int64_t n) const {
        if (!enabled) return 0;
        const double counts = (waveform(channel, n) * gain + offset) * 32768;
        return static_cast<std::int16_t>(std::clamp(std::nearbyint(counts), -32768.0, 32767.0));
    }
};

class digitizer final : public model {
  public:
    explicit digitizer(model_board& board)
        : model(board), memory_(board.memory(board.description().find_area("DAQ").bar)),
          frames_(board.description().find_area("DAQ").size() / sizeof(frame)) {
        board.on_write("CTRL.ARM", [this](std::uint64_t bit) {
            if (bit != 0) arm();
        });
        board.on_write("CTRL.STOP", [this](std::uint64_t bit) {
            if (bit != 0) stop();
        });
        board.on_write("CTRL.SOFT_TRIGGER", [this](std::uint64_t bit) {
            if (bit != 0 && source() != mode::free_running) trigger();
        });
        board.on_read("TIME", [this] { time_.set(ticks()); });
        board.on_write("dma.CONTROL.START", [this](std::uint64_t bit) { read_out_ |= bit != 0; });
        board.on_write("dma.CONTROL.ABORT", [this](std::uint64_t bit) { read_out_ &= bit == 0; });
        board.on_read("dma.STATUS", [this] { dma_done_.set(is_read_out() ? 1 : 0); });
    }

    void power_on() override {
        powered_ = board().now();
        read_out_ = false;
        ++run_;
    }

    void triggered(unsigned line) override {
        if (source() == mode::external && line == line_.get()) trigger();
    }

  private:
    [[nodiscard]] mode source() const { return static_cast<mode>(mode_.get()); }
    [[nodiscard]] std::uint64_t ticks() const {
        return static_cast<std::uint64_t>((board().now() - powered_) / tick);
    }

    /// The engine moves the data by itself; its end is seen by whoever looks.
    [[nodiscard]] bool is_read_out() const {
        return read_out_ && dma_busy_.get() == 0 && dma_error_.get() == 0;
    }

    /// A task of this run: void once the digitizer was stopped or armed anew.
    template <class Task>
    void later(duration delay, Task what) {
        board().after(delay, [this, what, run = run_](model_bus&) {
            if (run == run_) what();
        });
    }

    void arm() {
        stop();
        triggers_.set(0);
        lost_.set(0);
        armed_.set(1);
        first_ = 0;
        if (source() == mode::internal) next_internal();
        if (source() == mode::free_running) later({}, [this] { trigger(); });
    }

    void stop() {
        ++run_;
        armed_.set(0);
        running_.set(0);
    }

    void next_internal() {
        const double hertz = std::max(rate_.value(), 0.5); // below its range: as if at its end
        const auto period =
            std::chrono::duration_cast<duration>(std::chrono::duration<double>(1 / hertz));
        later(period, [this] {
            trigger();
            if (armed_.get() != 0) next_internal();
        });
    }

    void trigger() {
        if (armed_.get() == 0) return;
        if (running_.get() != 0) return lose();
        triggers_.set(triggers_.get() + 1);
        const std::array<std::uint64_t, 1> stamp{ticks()};
        board().push("STAMPS", stamp);
        begin();
        board().interrupt("trigger");
    }

    void lose() {
        lost_.set(lost_.get() + 1);
        board().interrupt("overflow");
    }

    void begin() {
        length_ = std::clamp<std::uint64_t>(length_part_.get(), 1, frames_);
        before_ = std::min(pretrigger_.get(), length_);
        step_ = std::max<std::uint64_t>(decimation_.get(), 1);
        trigger_tick_ = ticks();
        for (unsigned i = 0; i < channels; ++i)
            inputs_[i] = {enable_[i].get() != 0, std::pow(10, gain_[i].value() / 20),
                          offset_[i].value()};
        running_.set(1);
        written_.set(0);
        take_piece(0);
    }

    /// The time from the trigger to the end of frame \p i.
    [[nodiscard]] duration until(std::uint64_t i) const {
        if (i <= before_) return {};
        return static_cast<std::int64_t>((i - before_) * step_) * tick;
    }

    void take_piece(std::uint64_t from) {
        const auto end = std::min(from + piece, length_);
        later(until(end) - until(from), [this, from, end] {
            for (auto i = from; i < end; ++i)
                store(i);
            written_.set(end);
            if (end < length_)
                take_piece(end);
            else
                finish();
        });
    }

    void store(std::uint64_t i) {
        const auto n = static_cast<std::int64_t>(i) - static_cast<std::int64_t>(before_);
        frame now{};
        for (unsigned c = 0; c < channels; ++c)
            now.samples[c] = inputs_[c].sample(c, n + first_);
        now.time =
            static_cast<std::uint32_t>(trigger_tick_ + static_cast<std::uint64_t>(n) * step_);
        std::memcpy(&memory_[i * sizeof now], &now, sizeof now);
    }

    void finish() {
        running_.set(0);
        if (single_.get() != 0) armed_.set(0);
        if (source() == mode::free_running && armed_.get() != 0) go_on();
        board().interrupt("done");
    }

    /// Free running, the waveform goes on where the last block ended.
    void go_on() {
        first_ += static_cast<std::int64_t>(length_);
        later(free_running_pause, [this] { trigger(); });
    }

    [[nodiscard]] std::array<model_part, channels> of_channels(const std::string& name) const {
        std::array<model_part, channels> parts;
        for (unsigned i = 0; i < channels; ++i)
            parts[i] = board().part("adc.ch[" + std::to_string(i) + "]." + name);
        return parts;
    }

    std::span<std::byte> memory_;
    std::uint64_t frames_;
    model_part mode_ = board().part("CTRL.MODE"), line_ = board().part("CTRL.LINE"),
               single_ = board().part("CTRL.SINGLE"), armed_ = board().part("STATUS.ARMED"),
               running_ = board().part("STATUS.RUNNING"), triggers_ = board().part("TRIGGERS"),
               lost_ = board().part("LOST"), written_ = board().part("WRITTEN"),
               length_part_ = board().part("LENGTH"), pretrigger_ = board().part("PRETRIGGER"),
               decimation_ = board().part("DECIMATION"), rate_ = board().part("TRIGGER_RATE"),
               time_ = board().part("TIME"), dma_busy_ = board().part("dma.STATUS.BUSY"),
               dma_done_ = board().part("dma.STATUS.DONE"),
               dma_error_ = board().part("dma.STATUS.ERROR");
    std::array<model_part, channels> enable_ = of_channels("CONFIG.ENABLE"),
                                     gain_ = of_channels("GAIN"), offset_ = of_channels("OFFSET");
    std::array<front_end, channels> inputs_;
    std::uint64_t run_ = 0, length_ = 0, before_ = 0, step_ = 1, trigger_tick_ = 0;
    std::int64_t first_ = 0;
    bool read_out_ = false; // started, and not aborted
    duration powered_{};
};

} // namespace

std::unique_ptr<model> make_digitizer(model_board& board) {
    return std::make_unique<digitizer>(board);
}

} // namespace upciedev::inline v1::models
