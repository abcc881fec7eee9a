// SPDX-License-Identifier: BSD-3-Clause
#include "sim_models.hpp"

namespace upciedev::inline v1::detail {
namespace {

/// QEMU's teaching device: inverts, computes factorials, raises interrupts. Its DMA registers
/// are guarded, so nobody starts it.
class edu final : public sim_model {
  public:
    void power_on(sim_memories& board) override { board[0].store(identification, 32, 0x010000ed); }

    void written(sim_memories& board, unsigned bar, std::uint64_t offset, unsigned,
                 std::uint64_t bits) override {
        if (bar != 0) return;
        auto& regs = board[0];
        const auto number = static_cast<std::uint32_t>(bits);
        switch (offset) {
        case liveness:
            return regs.store(liveness, 32, static_cast<std::uint32_t>(~number));
        case factorial:
            return compute(regs, number);
        case raise:
            return change_irqs(regs, pending(regs) | number);
        case acknowledge:
            return change_irqs(regs, pending(regs) & ~number);
        default:
            return;
        }
    }

  private:
    static constexpr std::uint64_t identification = 0x00, liveness = 0x04, factorial = 0x08,
                                   status = 0x20, irq_status = 0x24, raise = 0x60,
                                   acknowledge = 0x64;
    static constexpr std::uint32_t irq_when_computed = 0x80, computed = 0x1;

    static std::uint32_t pending(const sim_memory& regs) {
        return static_cast<std::uint32_t>(regs.load(irq_status, 32));
    }
    static void change_irqs(sim_memory& regs, std::uint32_t bits) {
        regs.store(irq_status, 32, bits);
    }

    static void compute(sim_memory& regs, std::uint32_t n) {
        std::uint32_t product = 1;
        for (; n > 0 && product != 0; --n)
            product *= n; // 32 bit, as in QEMU; zero from 34! on
        regs.store(factorial, 32, product);
        if ((regs.load(status, 32) & irq_when_computed) != 0)
            change_irqs(regs, pending(regs) | computed);
    }
};

} // namespace

std::unique_ptr<sim_model> make_sim_model(std::string_view board) {
    if (board == "edu") return std::make_unique<edu>();
    return nullptr;
}

} // namespace upciedev::inline v1::detail
