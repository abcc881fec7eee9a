// SPDX-License-Identifier: BSD-3-Clause
// Does one thing a number of times. The gate counts the instructions of two numbers, and the
// difference between them is what the thing costs: start and end cancel out.
#include "load_boards.hpp"

#include <upciedev/board.hpp>
#include <upciedev/sim.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

namespace {

using upciedev::basic_reg;
using word = volatile std::uint32_t;

constexpr unsigned registers = 500;

// One function for each access, the same call around all: the disassembly shows what is in them.
[[gnu::noipa]] std::uint64_t read_pointer(const word* from) {
    return *from;
}
[[gnu::noipa]] std::uint64_t read_handle(const basic_reg* from) {
    return from->raw();
}
[[gnu::noipa]] void write_pointer(word* to, std::uint64_t bits) {
    *to = static_cast<std::uint32_t>(bits);
}
[[gnu::noipa]] void write_handle(const basic_reg* to, std::uint64_t bits) {
    to->write_raw(bits);
}

upciedev::board make_board() {
    const auto description = upciedev::parse_board_file(perf::board_file_of(registers), "big.yaml");
    return {std::make_shared<upciedev::sim_board>(description, 4), description};
}

/// A register and the pointer to the same memory. \throws where it is not mapped: nothing to count
struct mapped {
    upciedev::board board = make_board();
    upciedev::reg<> handle = board.reg("REGISTER_1");
    word* pointer = reinterpret_cast<word*>(board.way().map(0, handle.offset(), 4, true));
    mapped() {
        if (pointer == nullptr) std::abort();
    }
};

std::uint64_t sum = 0;

void count_read_pointer(unsigned n) {
    const mapped at;
    while (n-- > 0)
        sum += read_pointer(at.pointer);
}
void count_read_handle(unsigned n) {
    const mapped at;
    while (n-- > 0)
        sum += read_handle(&at.handle);
}
void count_write_pointer(unsigned n) {
    const mapped at;
    while (n-- > 0)
        write_pointer(at.pointer, n);
}
void count_write_handle(unsigned n) {
    const mapped at;
    while (n-- > 0)
        write_handle(&at.handle, n);
}
void count_look_up(unsigned n) {
    const auto board = make_board();
    const auto paths = perf::paths_of(registers);
    for (unsigned i = 0; i < n; ++i)
        sum += board.reg(paths[i * 7 % registers]).offset();
}
/// n registers in one file.
void count_parse(unsigned n) {
    sum += upciedev::parse_board_file(perf::board_file_of(n), "big.yaml")->registers.size();
}

} // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<void(unsigned)>> loads{
        {"read-pointer", count_read_pointer},
        {"read-handle", count_read_handle},
        {"write-pointer", count_write_pointer},
        {"write-handle", count_write_handle},
        {"look-up", count_look_up},
        {"parse", count_parse}};
    if (argc != 3 || !loads.contains(argv[1])) {
        std::fprintf(stderr, "usage: %s LOAD COUNT\n", argv[0]);
        return 2;
    }
    loads.at(argv[1])(static_cast<unsigned>(std::atoi(argv[2])));
    std::printf("%lu\n", static_cast<unsigned long>(sum)); // so that nothing is left out
    return 0;
}
