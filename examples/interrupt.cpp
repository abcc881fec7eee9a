// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board(2);
    auto done = adc.irq("done"); // interrupts queue from here on

    adc.write("CTRL.SINGLE", 1);
    adc.write("CTRL.ARM", 1);
    adc.write("CTRL.SOFT_TRIGGER", 1);
    const auto event = done.wait(5s);
    if (!event) {
        std::cerr << "no acquisition came to its end\n";
        return 1;
    }
    const auto trace = adc.area("DAQ").read<std::int16_t>(0, 12000); // 1000 frames
    const auto [least, most] = std::ranges::minmax(trace);
    std::cout << adc.label() << ": " << event->name << ", " << event->lost << " lost; "
              << (least < most ? "a trace" : "a flat line") << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
