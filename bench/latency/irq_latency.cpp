// SPDX-License-Identifier: BSD-3-Clause
// upciedev-irq-latency [CRATE [BOARD [COUNT]]]: from the register write that makes a board (an edu)
// interrupt to the program that waited for it, as a histogram.
#include <upciedev/upciedev.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using clock_type = std::chrono::steady_clock;

constexpr int widest = 50; // columns of the longest bar

/// The waiting program sleeps when the write comes: that is what is measured.
nanoseconds one(const upciedev::board& board, const upciedev::reg<upciedev::value>& raise,
                upciedev::irq& irq) {
    clock_type::time_point written;
    std::jthread writer([&] {
        std::this_thread::sleep_for(2ms);
        written = clock_type::now();
        raise.write_raw(1);
    });
    const auto event = irq.wait(10s);
    const auto woken = clock_type::now();
    writer.join();
    if (!event) throw upciedev::error(upciedev::errc::timeout, board.label(), "no interrupt came");
    if (event->masked) irq.unmask();
    return woken - written;
}

std::vector<nanoseconds> measure(const upciedev::board& board, unsigned count) {
    auto irq = board.irq("factorial");
    const auto raise = board.reg("IRQ_RAISE");
    std::vector<nanoseconds> all;
    for (unsigned i = 0; i < count; ++i)
        all.push_back(one(board, raise, irq));
    std::ranges::sort(all);
    return all;
}

double microseconds(nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

void show(const std::vector<nanoseconds>& sorted) {
    std::map<std::uint64_t, std::size_t> buckets; // by powers of two of a microsecond
    for (const auto time : sorted)
        ++buckets[std::bit_floor(static_cast<std::uint64_t>(std::max(1.0, microseconds(time))))];
    const auto most = std::ranges::max_element(buckets, {}, [](const auto& b) { return b.second; });
    for (const auto& [low, count] : buckets)
        fmt::print("{:>8} to {:>6} us {:>6} {}\n", low, 2 * low, count,
                   std::string(std::max<std::size_t>(1, count * widest / most->second), '#'));
    const auto at = [&](std::size_t percent) {
        return microseconds(sorted[(sorted.size() - 1) * percent / 100]);
    };
    fmt::print("{} interrupts: median {:.1f} us, 99 % within {:.1f} us, at most {:.1f} us\n",
               sorted.size(), at(50), at(99), at(100));
}

} // namespace

int main(int argc, char** argv) try {
    const auto crate = upciedev::crate::open(argc > 1 ? argv[1] : "sim:devices/crates/guest.yaml");
    const auto board = crate.board(argc > 2 ? argv[2] : "slot:1");
    const auto count = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 500;
    show(measure(board, static_cast<unsigned>(std::max(1UL, count))));
} catch (const std::exception& problem) {
    fmt::print(stderr, "upciedev-irq-latency: {}\n", problem.what());
    return 1;
}
