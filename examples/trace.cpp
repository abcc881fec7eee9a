// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <fstream>
#include <iostream>

int main(int argc, char** argv) try {
    upciedev::crate_options options;
    options.trace = "/tmp/upciedev-example.trace";
    {
        const auto adc = upciedev::crate::open(argc > 1 ? argv[1] : "", options).board("adc");
        adc.write("CTRL.ENABLE", 1);
        (void)adc.read("SCRATCH");
    }
    std::ifstream file(options.trace);
    for (std::string line; std::getline(file, line);) // time, program, board, register, ...
        std::cout << line.substr(line.find("slot")) << '\n';
    std::filesystem::remove(options.trace);
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
