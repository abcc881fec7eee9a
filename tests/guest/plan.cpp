// SPDX-License-Identifier: BSD-3-Clause
// upciedev-guest-plan CRATE.yaml: the boards of a crate file as QEMU arguments, one a line, for
// tools/guest/crate.py, whose switch has a port "slot<N>" for each slot; with --models the slots of
// the boards that upciedev-slot is to serve.
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

void print(const upciedev::crate_slot& slot, bool models) {
    if (models && !slot.qemu && !slot.board.empty()) std::cout << slot.slot << '\n';
    if (!models && slot.qemu) print_board(slot);
}

} // namespace

int main(int argc, char** argv) try {
    const bool models = argc == 3 && std::string_view(argv[1]) == "--models";
    if (argc != 2 && !models) {
        std::cerr << "usage: upciedev-guest-plan [--models] CRATE.yaml\n";
        return 2;
    }
    for (const upciedev::crate_slot& slot : upciedev::crate_file::load(argv[argc - 1]).slots)
        print(slot, models);
    return 0;
} catch (const upciedev::error& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
