// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "commands/interrupts.hpp"
#include "commands/process.hpp"
#include "output/naming.hpp"
#include "transport/claims.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace cli {
namespace {

using namespace std::chrono_literals;
using upciedev::errc;
using upciedev::error;
using clock = std::chrono::steady_clock;

constexpr auto look_for_removal = 200ms;

void print_holder(const common& options, const upciedev::board& board) {
    const auto who = board.health().claimed;
    if (options.json)
        return fmt::print(
            "{}\n",
            nlohmann::ordered_json{{"board", board.label()}, {"claimed", claimed_json(who)}}.dump(
                2));
    fmt::print("{}: {}\n", board.label(),
               who ? "claimed by " + upciedev::detail::describe(*who) : "nobody has claimed it");
}

void tell_if_private(const upciedev::board& board) {
    if (board.way().name() != "sim") return;
    fmt::print(stderr,
               "upciedev: {}: a simulated board is private to this process, so that the "
               "claim keeps nobody away\n",
               board.label());
}

/// The program, and those that it starts, may write under this claim.
void pass_on(const upciedev::lease& held, const std::string& pci_address) {
    const int descriptor = held.descriptor();
    if (descriptor < 0) return;
    const int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0 || fcntl(descriptor, F_SETFD, flags & ~FD_CLOEXEC) != 0)
        throw error(errc::io_error, pci_address, "the claim cannot be passed on");
    const char* others = std::getenv("UPCIEDEV_LEASE"); // NOLINT(concurrency-mt-unsafe)
    auto leases = fmt::format("{}={}", pci_address, descriptor);
    if (others != nullptr && *others != '\0') leases += fmt::format(",{}", others);
    setenv("UPCIEDEV_LEASE", leases.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
}

void tell_claimed(const common& options, const upciedev::board& board) {
    if (options.json)
        fmt::print(
            "{}\n",
            nlohmann::ordered_json{{"board", board.label()},
                                   {"claimed", {{"process", getpid()}, {"program", "upciedev"}}}}
                .dump());
    else
        fmt::print("{}: claimed\n", board.label());
    if (std::fflush(stdout) != 0)
        throw error(errc::io_error, "standard output", "cannot be written");
}

/// \param seconds 0: without end
void hold(const upciedev::board& board, const interrupts& ctrl_c, double seconds) {
    const auto end = seconds == 0 ? clock::time_point::max()
                                  : clock::now() + std::chrono::duration_cast<clock::duration>(
                                                       std::chrono::duration<double>(seconds));
    while (clock::now() < end) {
        if (ctrl_c.until(std::min(end, clock::now() + look_for_removal))) return;
        if (board.gone())
            throw error(errc::board_gone, board.label(), "the board has gone, and so has the claim",
                        "claim it again when it is back");
    }
}

} // namespace

int run_claim(const common& options, const claim_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    if (arguments.who) {
        print_holder(options, board);
        return 0;
    }
    const auto held = board.claim();
    tell_if_private(board);
    if (!arguments.program.empty()) {
        pass_on(held, board.identity().pci_address);
        return run_program(arguments.program);
    }
    const interrupts ctrl_c;
    tell_claimed(options, board);
    hold(board, ctrl_c, arguments.time_s);
    return 0;
}

} // namespace cli
