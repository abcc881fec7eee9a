// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board("adc");
    upciedev::crate_monitor monitor(crate); // from here on nothing is missed

    adc.remove();   // in a crate somebody would pull it
    crate.rescan(); // and plug it in again
    while (const auto change = monitor.wait(1s)) {
        std::cout << change->board.alias << (change->arrived ? " arrived\n" : " left\n");
        if (change->arrived) adc.reopen();
    }
    std::cout << "it has " << adc.read("TEMP").as<double>() << " degrees\n";
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
