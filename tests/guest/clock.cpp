// SPDX-License-Identifier: BSD-3-Clause
// upciedev-guest-clock: the frequency of this machine's time-stamp counter in kHz, which an
// emulated guest has, too. The guest's kernel would measure it while other programs delay its
// processors: one came out at 313 instead of 2596 MHz, and each second of that guest took 120 ms.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>

#include <x86intrin.h>

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

struct reading {
    std::uint64_t ticks;
    steady_clock::time_point time;
};

/// Both at the same moment: of many readings that with the fewest ticks around the clock's.
reading read_both() {
    constexpr unsigned rounds = 1000;
    reading best{};
    auto least = UINT64_MAX;
    for (unsigned round = 0; round < rounds; ++round) {
        const auto before = __rdtsc();
        const auto time = steady_clock::now();
        const auto around = __rdtsc() - before;
        if (around >= least) continue;
        least = around;
        best = {before + around / 2, time};
    }
    return best;
}

} // namespace

int main() {
    const auto first = read_both();
    std::this_thread::sleep_for(100ms);
    const auto second = read_both();
    const duration<double, std::milli> passed = second.time - first.time;
    std::cout << static_cast<std::uint64_t>(static_cast<double>(second.ticks - first.ticks) /
                                            passed.count())
              << '\n';
}
