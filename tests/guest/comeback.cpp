// SPDX-License-Identifier: BSD-3-Clause
// A register's handle over a claim, a reset, removal and return of its board: comeback URI BOARD
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto board = crate.board(argc > 2 ? argv[2] : "adc");
    const auto id = board.reg("ID"); // goes on, whatever happens to the board below

    auto claim = board.claim(); // nobody else can write to the board now
    claim.release();

    board.reset();
    std::cout << std::hex << "reset, ID = " << id.raw() << '\n';
    for (const auto& complaint : board.health().complaints())
        std::cout << complaint << '\n';

    board.remove(); // as before it is pulled
    try {
        (void)id.raw();
    } catch (const upciedev::error& gone) {
        std::cout << gone.what() << '\n';
    }
    crate.rescan(); // as after it was plugged in
    board.reopen();
    std::cout << "back, ID = " << id.raw() << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
