// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    const auto adc = upciedev::crate::open(argc > 1 ? argv[1] : "").board("adc");

    const auto gain = adc.reg<double>("adc.ch[3].GAIN"); // found and checked once, here
    gain.write(-1.5);                                    // dB
    std::cout << gain.where() << " = " << gain.read() << ", bits 0x" << std::hex << gain.raw()
              << std::dec << '\n';

    const auto mode = adc.reg("CTRL").field("MODE"); // one masked modify: neighbours stay
    mode.write("external");
    std::cout << mode.path() << " = " << mode.read_name().value_or("?") << '\n';

    const auto status = adc.reg("STATUS");
    if (const auto bits = status.wait_raw(0b110, 0b110, 10ms)) // CLOCK_LOCKED and DDR_READY
        std::cout << "ready, STATUS = " << *bits << '\n';
    if (!status.wait_raw(1, 1, 10ms)) std::cout << "not running after 10 ms\n";

    auto batch = adc.batch(); // carried out in order, in one call
    batch.write(adc.reg("PRETRIGGER"), 100);
    batch.write(adc.reg("CTRL").field("DECIMATION"), 4);
    const auto length = batch.read(adc.reg("LENGTH"));
    batch.run();
    std::cout << batch.done() << " accesses, LENGTH = " << length.raw() << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
