// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "commands/interrupts.hpp"
#include "output/naming.hpp"

#include <upciedev/crate_monitor.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <optional>
#include <unistd.h>

namespace cli {
namespace {

void print(const upciedev::crate_change& change, bool as_json) {
    if (!as_json) {
        fmt::print("{}  {}  {}\n", utc_now(), change.arrived ? "arrived" : "left   ",
                   entry_text(change.board));
    } else {
        const nlohmann::ordered_json line{
            {"time", utc_now()}, {"arrived", change.arrived}, {"board", entry_json(change.board)}};
        fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    (void)std::fflush(stdout); // whoever reads a pipe waits for it
}

/// Whatever it waits for, a slot's process among others: there is nothing to put in order.
std::optional<upciedev::crate_change>
next(upciedev::crate_monitor& monitor, std::chrono::milliseconds time, const interrupts& ctrl_c) {
    const interrupts::at_once ends(ctrl_c);
    return monitor.wait(time);
}

} // namespace

void run_monitor(const common& options, const monitor_arguments& arguments) {
    using clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds slice{100}; // the time is looked at after that
    upciedev::crate_monitor monitor(open_crate(options));
    const interrupts ctrl_c;
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(
                                        std::chrono::duration<double>(arguments.time_s));
    for (std::uint64_t seen = 0; !ctrl_c.came();) {
        const auto change = next(monitor, slice, ctrl_c);
        if (change && !ctrl_c.until_writable(STDOUT_FILENO)) return;
        if (change) print(*change, options.json);
        if (change && ++seen == arguments.count) return;
        if (arguments.time_s > 0 && clock::now() >= end) return;
    }
}

} // namespace cli
