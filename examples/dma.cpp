// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board(2);
    auto done = adc.irq("done");
    adc.write("CTRL.SINGLE", 1);
    adc.write("CTRL.ARM", 1);
    adc.write("CTRL.SOFT_TRIGGER", 1);
    if (!done.wait(5s)) {
        std::cerr << "no acquisition came to its end\n";
        return 1;
    }
    const auto traces = adc.area("DAQ").dma_traces(0, 1000); // channel x sample, in volts
    const auto [least, most] = std::ranges::minmax(traces.at("ch[0]"));
    std::cout << adc.label() << ": " << traces.channels() << " channels of " << traces.samples()
              << " samples, ch[0] " << (least < most ? "moves" : "is flat") << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
