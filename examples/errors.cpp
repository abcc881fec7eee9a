// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <functional>
#include <iostream>

namespace {

void attempt(const std::function<void()>& what) {
    try {
        what();
    } catch (const upciedev::error& error) {
        if (error.kind() == upciedev::errc::no_such_board) std::cout << "(is it plugged in?) ";
        std::cout << error.what() << '\n'; // where(): reason(); remedy()
    }
}

} // namespace

int main(int argc, char** argv) {
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "");
    const auto adc = crate.board("adc");
    attempt([&] { (void)crate.board(6); });
    attempt([&] { (void)adc.reg("adc.ch[8].GAIN"); });
    attempt([&] { adc.reg<double>("adc.ch[0].GAIN").write(9.0); });
    attempt([&] { adc.reg("ID").write(1); });
    attempt([&] { adc.reg("CTRL").field("MODE").write("inside"); });
    attempt([&] { adc.reg("dma.DESTINATION").write_raw(0x1000); });
}
