// SPDX-License-Identifier: BSD-3-Clause
// upciedev-guest-plan CRATE.yaml: the boards of a crate file as QEMU arguments, one a line, for
// tools/guest/crate.py, whose switch has a port "slot<N>" for each slot.
#include <upciedev/crate_file.hpp>
#include <upciedev/error.hpp>

#include <iostream>

namespace {

void print_board(const upciedev::crate_slot& slot) {
    for (const std::string& object : slot.qemu->objects)
        std::cout << "-object\n" << object << '\n';
    std::cout << "-device\n"
              << slot.qemu->device << ",bus=slot" << slot.slot << ",id=board" << slot.slot << '\n';
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: upciedev-guest-plan CRATE.yaml\n";
        return 2;
    }
    for (const upciedev::crate_slot& slot : upciedev::crate_file::load(argv[1]).slots)
        if (slot.qemu) print_board(slot);
    return 0;
} catch (const upciedev::error& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
