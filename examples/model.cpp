// SPDX-License-Identifier: BSD-3-Clause
#include "counter/counter.hpp"

#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <cstring>
#include <iostream>

using namespace std::chrono_literals;

// The machine around it: eight bytes of memory at bus address 0x1000, and an ear for interrupts.
struct host final : upciedev::model_slot {
    std::error_code read(std::uint64_t, std::span<std::byte>) noexcept override {
        return std::make_error_code(std::errc::bad_address);
    }
    std::error_code write(std::uint64_t at, std::span<const std::byte> data) noexcept override {
        if (at != 0x1000 || data.size() != sizeof memory)
            return std::make_error_code(std::errc::bad_address);
        std::memcpy(&memory, data.data(), sizeof memory);
        return {};
    }
    void interrupt(unsigned vector) noexcept override {
        std::cout << "interrupt " << vector << ", memory holds " << memory << '\n';
    }
    void pulse(unsigned) noexcept override {}

    std::uint64_t memory = 0;
};

int main() try {
    const auto file = upciedev::load_board_file("examples/counter/counter.yaml");
    auto clock = upciedev::model_clock::manual();
    upciedev::model_options options;
    options.clock = clock;
    options.behaviour = [](auto& board) { return std::make_unique<counter>(board); };
    host host;
    const auto sim = std::make_shared<upciedev::sim_board>(file, 6, options);
    auto& hardware = sim->hardware();
    hardware.plug(&host);

    const upciedev::board board(sim, file); // from here on as with a real one
    board.reg("CTRL").field("LINE").write(5);
    board.reg("CTRL").field("ENABLE").write(1);
    hardware.write(0, 0x18, 32, 1); // IRQ_ENABLE, and the guarded REPORT: the driver's part
    hardware.write(0, 0x28, 64, 0x1000);

    const auto pulse = [&](unsigned line) {
        clock.advance(10ms);
        hardware.trigger(line);
    };
    for (const unsigned line : {5U, 4U, 5U, 5U})
        pulse(line);
    clock.advance(999ns);
    std::cout << "COUNT = " << board.reg<unsigned>("COUNT").read() << '\n';
    clock.advance(1ns);
    std::cout << "TIME = " << board.reg<double>("TIME").read() << " s\n";

    hardware.fault(upciedev::model_fault::interrupt_lost, true); // now it is ill
    board.reg("IRQ_STATUS").write(1);
    board.reg("CTRL").field("CLEAR").write(1);
    for (int i = 0; i < 3; ++i)
        pulse(5);
    clock.advance(1us);
    std::cout << "COUNT = " << board.reg<unsigned>("COUNT").read()
              << ", IRQ_STATUS = " << board.reg("IRQ_STATUS").raw() << ", and no interrupt\n";
    hardware.plug(nullptr);
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
