// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    auto adc = upciedev::crate::open(argv[1]).board(4);
    auto gain = adc.reg<float>("adc.ch[3].GAIN");
    gain.write(-1.5F);
    std::cout << adc.label() << ' ' << gain.read() << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
