// SPDX-License-Identifier: BSD-3-Clause
#include "load_boards.hpp"

#include <cstdio>

namespace perf {
namespace {

bool in_group(unsigned number) {
    return number % 10 == 0;
}

std::string hex(unsigned number) {
    char text[16];
    std::snprintf(text, sizeof(text), "0x%x", number);
    return text;
}

std::string plain_register(unsigned number) {
    const std::string name = "REGISTER_" + std::to_string(number);
    return "  " + name + ": {at: regs+" + hex(0x1000 + number * 4) +
           ", fields: {ENABLE: 0, MODE: {bits: 5:4, values: {off: 0, on: 1}}}, unit: V}\n";
}

std::string group(unsigned number) {
    const std::string at = hex(0x10000 + number * 0x40);
    return "  group_" + std::to_string(number) + ":\n    at: regs+" + at +
           "\n    registers:\n      ch:\n        repeat: {count: 8, stride: 0x8}\n" +
           "        registers:\n          GAIN: {at: 0x0, type: sfix16.12, unit: dB}\n";
}

} // namespace

std::string board_file_of(unsigned registers) {
    std::string text = "format: 1\nboard: big\ntitle: A board of many registers\n"
                       "match: {vendor: 0x1b36, device: 0x00a8}\n"
                       "bars: {regs: {index: 0, size: 1 MiB}}\nregisters:\n";
    for (unsigned number = 0; number < registers; ++number)
        text += in_group(number) ? group(number) : plain_register(number);
    return text;
}

std::vector<std::string> paths_of(unsigned registers) {
    std::vector<std::string> paths;
    for (unsigned number = 0; number < registers; ++number)
        paths.push_back(in_group(number) ? "group_" + std::to_string(number) + ".ch[3].GAIN"
                                         : "REGISTER_" + std::to_string(number));
    return paths;
}

} // namespace perf
