// SPDX-License-Identifier: BSD-3-Clause
// reload-firmware: a board is off while a program loads its FPGA.
#include "commands/commands.hpp"
#include "commands/interrupts.hpp"
#include "commands/offline.hpp"
#include "commands/process.hpp"
#include "transport/pci/pci_health.hpp"

#include <upciedev/settings.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace cli {
namespace {

using namespace std::chrono_literals;
using upciedev::errc;
using upciedev::error;
using clock = std::chrono::steady_clock;

constexpr auto longest_absence = 60s;
constexpr auto look_again_after = 50ms;

/// What is known of the board before it goes off.
struct former_board {
    upciedev::board board;
    std::string label, address, firmware;
    std::string settings; ///< empty: are not to be restored
};

/// What has become of it.
struct reloaded {
    upciedev::board board;
    std::chrono::nanoseconds down;
};

/// Empty where the board does not answer sensibly, as one whose firmware is broken.
std::string firmware_of(const upciedev::board& board) {
    try {
        return board.health().firmware;
    } catch (const error&) {
        return {};
    }
}

[[noreturn]] void refuse_failed(const former_board& former, int status, const std::string& remedy) {
    throw error(errc::io_error, former.label,
                fmt::format("the program failed with exit status {}: the board stays off", status),
                remedy);
}

/// Waits until \p look returns something. \throws error timeout, interrupted
template <class Look>
auto wait_for(const former_board& former, const interrupts& ctrl_c, const std::string& remedy,
              const Look& look) {
    const auto end = clock::now() + longest_absence;
    for (;;) {
        if (auto found = look()) return *found;
        if (ctrl_c.until(clock::now() + look_again_after))
            throw error(errc::interrupted, former.label, "is not back", remedy);
        if (clock::now() >= end)
            throw error(errc::timeout, former.label, "is not back after 60 s", remedy);
    }
}

/// What a person does who has a board that is off.
std::string remedy_of(const former_board& former, const std::string& slot) {
    return fmt::format("when its FPGA is well: echo 1 > /sys/bus/pci/devices/{}/remove; "
                       "upciedev rescan{}{}",
                       former.address, slot == "none" ? "" : " ", slot == "none" ? "" : slot);
}

/// The kernel finds it anew, with the ids and BARs that it has now.
void find_anew(const former_board& former, const std::string& slot) {
    upciedev::detail::remove_pci_device(former.address);
    unsigned number = 0;
    const bool named =
        std::from_chars(slot.data(), slot.data() + slot.size(), number).ec == std::errc();
    try {
        upciedev::detail::rescan_pci("/sys", named ? std::optional(number) : std::nullopt);
    } catch (const error&) { // a slot without hot-plug
        upciedev::detail::rescan_pci("/sys", std::nullopt);
    }
}

/// Brings it back, unless its slot does that by itself.
void bring_back(const former_board& former, const std::string& slot, const offline_board& off,
                const interrupts& ctrl_c) {
    using answer = offline_board::answer;
    const auto told = wait_for(former, ctrl_c, remedy_of(former, slot), [&] {
        const auto now = off.bring_back();
        return now == answer::silent ? std::nullopt : std::optional(now);
    });
    if (told == answer::changed) find_anew(former, slot);
}

upciedev::board open_when_back(const upciedev::crate& crate, const former_board& former,
                               const std::string& slot, const interrupts& ctrl_c) {
    return wait_for(
        former, ctrl_c, remedy_of(former, slot), [&]() -> std::optional<upciedev::board> {
            const auto address = address_now(former.address, slot);
            if (address.empty()) return std::nullopt;
            try {
                return crate.board("pci:" + address);
            } catch (const error& problem) { // removed again by the hot-plug of its slot
                if (problem.kind() != errc::board_gone && problem.kind() != errc::no_such_board)
                    throw;
                return std::nullopt;
            }
        });
}

reloaded reload_by_driver(const upciedev::crate& crate, const former_board& former,
                          const std::vector<std::string>& program) {
    const auto slot = driver_slot(former.address);
    const offline_board off(former.address);
    link_watch link(former.address);
    if (const int status = run_program(program))
        refuse_failed(former, status, remedy_of(former, slot));
    const interrupts ctrl_c;
    bring_back(former, slot, off, ctrl_c);
    auto board = open_when_back(crate, former, slot, ctrl_c);
    return {std::move(board), link.end()};
}

/// Where there is no driver of ours: out of the crate, and in again.
reloaded reload_by_removal(const upciedev::crate& crate, const former_board& former,
                           const std::string& name, const std::vector<std::string>& program) {
    const auto slot = former.board.identity().slot;
    const auto since = clock::now();
    former.board.remove();
    if (const int status = run_program(program))
        refuse_failed(former, status,
                      "when its FPGA is well: upciedev rescan" +
                          (slot ? " " + std::to_string(*slot) : ""));
    if (slot)
        crate.rescan(*slot);
    else
        crate.rescan();
    return {open_board(crate, name), clock::now() - since};
}

void print(const common& options, const former_board& former, const reloaded& now) {
    const auto generation = now.board.identity().generation;
    const auto firmware = firmware_of(now.board);
    const double seconds = std::chrono::duration<double>(now.down).count();
    if (options.json)
        return fmt::print(
            "{}\n",
            nlohmann::ordered_json{{"board", now.board.label()},
                                   {"down", seconds},
                                   {"generation", generation},
                                   {"firmware", {{"before", former.firmware}, {"after", firmware}}}}
                .dump(2));
    const auto link = now.down == 0s ? std::string("link never down")
                                     : fmt::format("link down {:.1f} s", seconds);
    const auto versions =
        former.firmware.empty() && firmware.empty()
            ? std::string()
            : fmt::format(", firmware {} -> {}", former.firmware.empty() ? "?" : former.firmware,
                          firmware.empty() ? "?" : firmware);
    fmt::print("{}: {}, back as generation {}{}\n", now.board.label(), link, generation, versions);
}

} // namespace

void run_reload(const common& options, const reload_arguments& arguments) {
    const auto crate = open_crate(options);
    const auto board = open_board(crate, arguments.board);
    former_board former{board, board.label(), board.identity().pci_address, firmware_of(board), {}};
    if (arguments.restore) former.settings = upciedev::settings::of(board).to_text();
    const auto now = board.way().name() == "chardev"
                         ? reload_by_driver(crate, former, arguments.program)
                         : reload_by_removal(crate, former, arguments.board, arguments.program);
    print(options, former, now);
    if (arguments.restore)
        upciedev::settings::parse(former.settings, "settings of before", now.board)
            .restore(now.board);
}

} // namespace cli
