// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/upciedev.hpp>

#include <algorithm>
#include <iostream>
#include <numeric>

int main(int argc, char** argv) try {
    const auto adc = upciedev::crate::open(argc > 1 ? argv[1] : "").board("adc");

    const auto samples = adc.area("ADC.RAM"); // int16
    std::vector<std::int16_t> ramp(64);
    std::iota(ramp.begin(), ramp.end(), std::int16_t{-32});
    samples.write<std::int16_t>(1000, ramp); // from element 1000 on
    const auto back = samples.read<std::int16_t>(1000, ramp.size());
    std::cout << samples.size() << " elements; read back " << (back == ramp ? "alike" : "wrong")
              << '\n';

    const auto table = adc.area("LUT"); // sfix16.15: as stored, or in engineering units
    table.write<double>(0, std::vector{0.5, -0.25});
    std::cout << "LUT[1] = " << table.read<double>(1, 1).at(0) << ", stored as "
              << table.read<std::int16_t>(1, 1).at(0) << '\n';

    const auto registers = adc.bar("regs"); // by offset, without a board file as well
    registers.write(0x0c, 0xcafe);
    std::cout << "regs:0x0c = " << std::hex << registers.read(0x0c) << std::dec << '\n';
} catch (const upciedev::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
