// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"

namespace upciedev::inline v1::models {
namespace {

/// QEMU's teaching device: inverts, computes factorials, raises interrupts.
class edu final : public model {
  public:
    explicit edu(model_board& board)
        : model(board), liveness_(board.part("LIVENESS")), factorial_(board.part("FACTORIAL")),
          status_(board.part("STATUS")), pending_(board.part("IRQ_STATUS")) {
        board.on_write("LIVENESS", [this](std::uint64_t bits) { liveness_.set(~bits); });
        board.on_write("FACTORIAL", [this](std::uint64_t n) { compute(n); });
        board.on_write("IRQ_RAISE", [this](std::uint64_t bits) { raise(bits); });
        board.on_write("IRQ_ACK",
                       [this](std::uint64_t bits) { pending_.set(pending_.get() & ~bits); });
    }

  private:
    static constexpr std::uint32_t irq_when_computed = 0x80, computed = 0x1;

    void raise(std::uint64_t causes) { pending_.set(pending_.get() | causes); }

    void compute(std::uint64_t n) {
        std::uint32_t product = 1;
        for (auto left = static_cast<std::uint32_t>(n); left > 0 && product != 0; --left)
            product *= left; // 32 bit, as in QEMU; zero from 34! on
        factorial_.set(product);
        if ((status_.get() & irq_when_computed) != 0) raise(computed);
    }

    model_part liveness_, factorial_, status_, pending_;
};

} // namespace

std::unique_ptr<model> make_edu(model_board& board) {
    return std::make_unique<edu>(board);
}

} // namespace upciedev::inline v1::models
