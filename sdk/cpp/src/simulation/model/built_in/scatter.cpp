// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace upciedev::inline v1::models {
namespace {

/// As it lies in the host's memory.
struct descriptor {
    std::uint64_t host, board;
    std::uint32_t length, flags;
    std::uint64_t nothing;
    static constexpr std::uint32_t last = 1;
};
static_assert(sizeof(descriptor) == 32 && std::endian::native == std::endian::little);

/// A memory whose engine works through a list of descriptors.
class scatter final : public model {
  public:
    explicit scatter(model_board& board)
        : model(board), list_(board.part("dma.LIST")),
          to_board_(board.part("dma.CONTROL.TO_BOARD")), busy_(board.part("dma.STATUS.BUSY")),
          error_(board.part("dma.STATUS.ERROR")), taken_(board.part("dma.TAKEN")),
          ram_(board.memory(2)) {
        board.on_write("dma.CONTROL.START", [this](std::uint64_t bit) {
            if (bit != 0) start();
        });
        board.on_write("dma.CONTROL.ABORT", [this](std::uint64_t bit) {
            if (bit != 0) stop();
        });
    }

    void power_on() override {
        ++run_;
        running_ = false;
    }

  private:
    static constexpr std::size_t chunk = 65536; // bytes between two looks at ABORT

    void start() {
        if (running_) return;
        running_ = true;
        stopping_ = false;
        busy_.set(1);
        error_.set(0);
        begin();
        if (!board().has_fault(model_fault::engine_hangs)) go_on();
    }

    void begin() {
        next_ = list_.get();
        now_ = {};
        taken_.set(0);
    }

    /// Busy until the bus has what is under way.
    void stop() {
        if (!running_ || board().has_fault(model_fault::engine_runs_on)) return;
        stopping_ = true;
        if (!on_bus_) finish(false);
    }

    void finish(bool failed) {
        running_ = false;
        ++run_;
        busy_.set(0);
        error_.set(failed ? 1 : 0);
        board().interrupt("done");
    }

    /// A task of one list is nothing to the next one.
    void go_on() {
        board().after(std::chrono::microseconds(1), [this, run = run_](model_bus& bus) {
            if (run == run_) step(bus);
        });
    }

    /// Descriptors of a chunk altogether; the rest is a task of its own, so that others get their
    /// turn.
    void step(model_bus& bus) {
        const auto run = run_;
        for (std::size_t moved = 0; moved < chunk;) {
            const auto before = now_.length;
            on_bus_ = true;
            const auto failed = before == 0 ? fetch(bus) : move(bus);
            on_bus_ = false;
            if (run != run_) return; // reset meanwhile
            if (stopping_ || failed) return finish(failed && !stopping_);
            if (before != 0) moved += before - now_.length;
            if (now_.length == 0 && (now_.flags & descriptor::last) != 0) return end();
        }
        go_on();
    }

    void end() {
        if (!board().has_fault(model_fault::engine_runs_on)) return finish(false);
        begin(); // again and again
        go_on();
    }

    bool fetch(model_bus& bus) {
        std::array<std::byte, sizeof(descriptor)> bytes{};
        if (bus.read(next_, bytes)) return true;
        std::memcpy(&now_, bytes.data(), bytes.size());
        next_ += bytes.size();
        taken_.set(taken_.get() + 1);
        return now_.length == 0 || now_.board > ram_.size() ||
               now_.length > ram_.size() - now_.board;
    }

    bool move(model_bus& bus) {
        const auto bytes = std::min<std::size_t>(now_.length, chunk);
        const auto part = ram_.subspan(now_.board, bytes);
        const auto host = now_.host;
        now_.host += bytes;
        now_.board += bytes;
        now_.length -= static_cast<std::uint32_t>(bytes);
        return static_cast<bool>(to_board_.get() != 0 ? bus.read(host, part)
                                                      : bus.write(host, part));
    }

    model_part list_, to_board_, busy_, error_, taken_;
    std::span<std::byte> ram_;
    descriptor now_{};       ///< with what is left of it
    std::uint64_t next_ = 0; ///< bus address
    std::uint64_t run_ = 0;  ///< counts lists
    bool running_ = false, stopping_ = false;
    bool on_bus_ = false; ///< during which registers may be written
};

} // namespace

std::unique_ptr<model> make_scatter(model_board& board) {
    return std::make_unique<scatter>(board);
}

} // namespace upciedev::inline v1::models
