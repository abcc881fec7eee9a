// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <fstream>
#include <iostream>

int main(int argc, char** argv) try {
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board(2);
    const auto daq = adc.area("DAQ");
    adc.write("CTRL.SINGLE", 0);
    adc.write("CTRL.MODE", "internal");
    adc.write("TRIGGER_RATE", 50);
    adc.write("LENGTH", 1000);
    // Each acquisition becomes a frame in memory that the board writes to; 20 of them.
    auto stream = daq.dma().stream(16, 1000 * daq.sample_size(),
                                   {.offset = daq.dma_offset(), .count = 20, .trigger = {"done"}});
    adc.write("CTRL.ARM", 1);
    std::ofstream file("/tmp/upciedev-example.data", std::ios::binary);
    for (const auto& frame : stream)
        file.write(frame.as<char>().data(), static_cast<std::streamsize>(frame.bytes().size()));
    adc.write("CTRL.STOP", 1);
    std::cout << file.tellp() << " bytes\n";
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
