// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto digitizer = crate.board(2), carrier = crate.board(8);
    const auto how = upciedev::copy(digitizer.dma("read").region(0, 65536),
                                    carrier.bar("window").region(0, 65536), {.verify = true});
    std::cout << how.bytes << " bytes, " << how.text() << ", " << name_of(how.arrival) << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
