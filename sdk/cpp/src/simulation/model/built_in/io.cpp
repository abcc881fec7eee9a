// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace upciedev::inline v1::models {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Digital lines; one that is driven no more keeps its level.
class digital_lines {
  public:
    explicit digital_lines(model_board& board)
        : input_(board.part("dio.INPUT")), output_(board.part("dio.OUTPUT")),
          direction_(board.part("dio.DIRECTION")), edges_(board.part("dio.EDGES")) {
        for (const char* path : {"dio.OUTPUT", "dio.DIRECTION"})
            board.on_write(path, [this](std::uint64_t) { drive(output_.get()); });
        command(board, "dio.SET", [](auto now, auto bits) { return now | bits; });
        command(board, "dio.CLEAR", [](auto now, auto bits) { return now & ~bits; });
        command(board, "dio.TOGGLE", [](auto now, auto bits) { return now ^ bits; });
    }

  private:
    using change = std::uint64_t (*)(std::uint64_t now, std::uint64_t bits);

    void command(model_board& board, const char* path, change what) {
        board.on_write(path, [this, what, self = board.part(path)](std::uint64_t bits) {
            self.set(0); // it acts, and keeps nothing for a later write of a part of it
            drive(what(output_.get(), bits));
        });
    }

    void drive(std::uint64_t level) {
        output_.set(level);
        const auto before = input_.get(), driven = direction_.get();
        input_.set((before & ~driven) | (level & driven));
        edges_.set(edges_.get() | (before ^ input_.get()));
    }

    model_part input_, output_, direction_, edges_;
};

/// A DAC with a cable to the ADC of its number.
class analog_loop {
  public:
    analog_loop(model_board& board, unsigned number)
        : dac_(board.part(path("dac", number) + ".VALUE")),
          span_(board.part(path("dac", number) + ".RANGE.SPAN")),
          adc_(board.part(path("adc", number) + ".VALUE")) {
        for (const char* name : {".VALUE", ".RANGE"})
            board.on_write(path("dac", number) + name, [this](std::uint64_t) { follow(); });
    }

  private:
    static std::string path(const char* what, unsigned number) {
        return what + ("[" + std::to_string(number) + "]");
    }

    void follow() const {
        static constexpr std::array<std::array<double, 2>, 4> spans{
            {{-10, 10}, {-5, 5}, {0, 10}, {0, 0}}};
        static constexpr double adc_limit = 7.999; // V
        const auto [low, high] = spans.at(span_.get());
        const double volts = std::clamp(dac_.value(), low, high);
        adc_.set_value(std::clamp(volts, -adc_limit, adc_limit));
    }

    model_part dac_, span_, adc_;
};

/// Commands to a byte-wide bus with an EEPROM.
class side_channel {
  public:
    explicit side_channel(model_board& board)
        : board_(board), command_(board.part("i2c.COMMAND")),
          device_(board.part("i2c.ADDRESS.DEVICE")), offset_(board.part("i2c.ADDRESS.OFFSET")),
          data_(board.part("i2c.DATA")), status_(board.part("i2c.STATUS")) {
        const auto& area = board.description().find_area("EEPROM");
        eeprom_ = board.memory(area.bar).subspan(area.offset, area.size());
        board.on_write("i2c.COMMAND", [this](std::uint64_t what) { begin(what); });
    }

    void power_on() { ready_ = {}; }

  private:
    static constexpr std::uint64_t read = 1, write = 2, busy = 1, done = 2, nack = 4;
    static constexpr std::uint64_t eeprom_address = 0x50;

    struct transfer {
        std::uint64_t what, device, offset, data;
    };

    /// A command while one is being carried out, or both at once, is none.
    void begin(std::uint64_t what) {
        if (status_.get() == busy || (what != read && what != write)) return;
        status_.set(busy);
        const transfer now{what, device_.get(), offset_.get(), data_.get()};
        board_.after(microseconds(100), [this, now](model_bus&) { end(now); });
    }

    void end(const transfer& now) {
        const bool heard = now.device == eeprom_address && board_.now() >= ready_;
        status_.set(heard ? done : done | nack);
        if (!heard) return;
        auto& cell = eeprom_[now.offset % eeprom_.size()];
        if (now.what == read) return data_.set(static_cast<std::uint64_t>(cell));
        cell = static_cast<std::byte>(now.data);
        ready_ = board_.now() + milliseconds(5);
    }

    model_board& board_;
    model_part command_, device_, offset_, data_, status_;
    std::span<std::byte> eeprom_;
    model_clock::duration ready_{}; ///< until then the EEPROM is writing
};

class io final : public model {
  public:
    explicit io(model_board& board)
        : model(board), lines_(board), loops_{analog_loop(board, 0), analog_loop(board, 1),
                                              analog_loop(board, 2), analog_loop(board, 3)},
          side_(board) {
        board.on_read("UPTIME", [this] { count_up(); });
        board.on_write("bridge.RESET.CARRIER", [&board](std::uint64_t bit) {
            if (bit != 0) board.reset();
        });
        for (const char* module : {"module[0].POWER", "module[1].POWER"})
            switch_power(module);
    }

    void power_on() override {
        counted_ = board().now();
        side_.power_on();
    }

  private:
    /// In whole milliseconds on top of what the register says.
    void count_up() {
        const auto passed = std::chrono::floor<milliseconds>(board().now() - counted_);
        counted_ += passed;
        uptime_.set(uptime_.get() + static_cast<std::uint64_t>(passed.count()));
    }

    /// A supply is good 10 ms after it was enabled.
    void switch_power(const std::string& path) {
        board().on_write(path, [this, enable = board().part(path + ".ENABLE"),
                                good = board().part(path + ".GOOD")](std::uint64_t) {
            if (enable.get() == 0) return good.set(0);
            board().after(milliseconds(10), [=](model_bus&) { good.set(enable.get()); });
        });
    }

    digital_lines lines_;
    std::array<analog_loop, 4> loops_;
    side_channel side_;
    model_part uptime_ = board().part("UPTIME");
    model_clock::duration counted_{};
};

} // namespace

std::unique_ptr<model> make_io(model_board& board) {
    return std::make_unique<io>(board);
}

} // namespace upciedev::inline v1::models
