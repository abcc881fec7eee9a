// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    auto edu = crate.board(1); // by slot; also by alias, name, PCI address

    edu.reg("LIVENESS").write(1234);
    std::cout << edu.label() << " answers " << edu.reg("LIVENESS").raw() << '\n';

    auto batch = edu.batch(); // in order, one system call
    batch.write(edu.reg("FACTORIAL"), 10);
    batch.wait(edu.reg("STATUS"), 1, 0, 1s); // until COMPUTING is 0
    auto answer = batch.read(edu.reg("FACTORIAL"));
    batch.run();
    std::cout << "10! = " << answer.raw() << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n'; // the place, what happened, the remedy
    return 1;
}
