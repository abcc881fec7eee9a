// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/care_syntax.hpp"

#include "syntax/number_option.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace cli {
namespace {

constexpr number_range at_least_one{1, 1'000'000'000};

void add_reset(CLI::App& app, const common& options, reset_arguments& arguments) {
    auto* command = app.add_subcommand("reset", "Reset a board to its state of power-on");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->footer("Refused while another program has claimed the board.\n"
                    "Examples:\n"
                    "  upciedev reset 4");
    command->callback([&] { run_reset(options, arguments); });
}

void add_reload(CLI::App& app, const common& options, care_arguments& arguments) {
    auto* command = app.add_subcommand(
        "reload-firmware",
        "Take a board off while a program loads its FPGA: reload-firmware BOARD -- PROGRAM...");
    auto& reload = arguments.reload;
    command->add_option("BOARD", reload.board, board_help)->required();
    command->add_flag("--restore", reload.restore,
                      "Save its registers before, and write them back afterwards");
    command->footer("If PROGRAM fails the board stays off. Root only.\n"
                    "Examples:\n"
                    "  upciedev reload-firmware 4 -- ./load.sh new.bit\n"
                    "  upciedev reload-firmware 4 --restore -- ./load.sh new.bit");
    command->callback([&] {
        if (arguments.program.empty())
            throw CLI::ValidationError("reload-firmware", "a program is missing: -- PROGRAM...");
        reload.program = arguments.program;
        run_reload(options, reload);
    });
}

void add_remove(CLI::App& app, const common& options, remove_arguments& arguments) {
    auto* command = app.add_subcommand(
        "remove", "Take a board out of the system, before it is unplugged; root only");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_flag("--force", arguments.force, "Also where another program has claimed it");
    command->footer("Examples:\n"
                    "  upciedev remove 4\n"
                    "  upciedev rescan 4    # brings it back");
    command->callback([&] { run_remove(options, arguments); });
}

void add_rescan(CLI::App& app, const common& options, rescan_arguments& arguments) {
    auto* command = app.add_subcommand("rescan", "Look for boards that were plugged in; root only");
    add_count(*command, "SLOT", arguments.slot,
              "Look there only, switch its power on, and fail if it stays empty", any_slot);
    command->footer("Examples:\n"
                    "  upciedev rescan\n"
                    "  upciedev rescan 4");
    command->callback([&] { run_rescan(options, arguments); });
}

void add_claim(CLI::App& app, const common& options, care_arguments& arguments, int& status) {
    auto* command = app.add_subcommand(
        "claim", "Keep all other programs from writing to a board: claim BOARD [-- PROGRAM...]");
    auto& claim = arguments.claim;
    command->add_option("BOARD", claim.board, board_help)->required();
    auto* time =
        add_seconds(*command, "--time", claim.time_s, "Hold it so long; default: until Ctrl-C");
    command->add_flag("--who", claim.who, "Claim nothing, tell who has claimed it")->excludes(time);
    command->footer("While PROGRAM runs, only it and the programs that it starts may write; others "
                    "may read.\nThe exit status is that of PROGRAM.\n"
                    "Examples:\n"
                    "  upciedev claim 4 -- ./calibrate --slot 4\n"
                    "  upciedev claim 4 --time 60\n"
                    "  upciedev claim 4 --who");
    command->callback([&] {
        arguments.claim.program = arguments.program;
        status = run_claim(options, arguments.claim);
    });
}

void add_health(CLI::App& app, const common& options, health_arguments& arguments, bool& right) {
    auto* command = app.add_subcommand(
        "health", "Tell how boards do: link, bus errors, claims; exit status 1 if one is not well");
    command->add_option("BOARD", arguments.board, board_help);
    command->add_flag("--strict", arguments.strict, "Corrected bus errors are a complaint too");
    command->footer("Examples:\n"
                    "  upciedev health\n"
                    "  upciedev health 4\n"
                    "  upciedev health --json | jq '.boards[] | select(.state != \"ok\")'");
    command->callback([&] { right = run_health(options, arguments); });
}

void add_trace(CLI::App& app, const common& options, care_arguments& arguments, int& status) {
    auto* command = app.add_subcommand(
        "trace", "Record all accesses of a program (trace -o FILE -- PROGRAM...), or show them");
    auto& trace = arguments.trace;
    command->add_option("FILE", trace.file, "Trace to show; -: standard input");
    command
        ->add_option("-o,--output", trace.output, "Record PROGRAM in this file, which begins anew")
        ->type_name("FILE");
    command
        ->add_option("--board", trace.board, "Only accesses to this board: slot, name or address")
        ->type_name("BOARD");
    command->add_option("--register", trace.reg, "Only registers and areas whose path begins so")
        ->type_name("PREFIX");
    command->add_flag("--writes", trace.writes, "Only what writes");
    command->add_flag("--failed", trace.failed, "Only what failed");
    command->footer("Examples:\n"
                    "  upciedev trace -o /tmp/trace -- ./calibrate --slot 4\n"
                    "  upciedev trace /tmp/trace --board 4 --register adc.ch --writes\n"
                    "  tail -f /tmp/trace | upciedev trace -");
    command->callback([&] {
        arguments.trace.program = arguments.program;
        status = run_trace(options, arguments.trace);
    });
}

void add_doctor(CLI::App& app, const common& options, doctor_arguments& arguments, bool& right) {
    auto* command = app.add_subcommand(
        "doctor", "Find what keeps this machine's boards from working, with the remedy");
    command
        ->add_option("--root", arguments.root,
                     "Folder with the sys, proc, dev, etc, boot and lib of another machine")
        ->type_name("DIR")
        ->check(CLI::ExistingDirectory)
        ->capture_default_str();
    command->footer("Exit status 1 if there is a problem.\n"
                    "Examples:\n"
                    "  upciedev doctor\n"
                    "  sudo upciedev doctor --json");
    command->callback([&] { right = run_doctor(options, arguments); });
}

void add_monitor(CLI::App& app, const common& options, monitor_arguments& arguments) {
    auto* command =
        app.add_subcommand("monitor", "Tell which boards arrive and leave; ends by Ctrl-C");
    add_seconds(*command, "--time", arguments.time_s, "Default: until Ctrl-C");
    add_count(*command, "--count", arguments.count, "Changes to wait for", at_least_one);
    command->footer("Examples:\n"
                    "  upciedev monitor\n"
                    "  upciedev monitor --json --count 1 --time 60");
    command->callback([&] { run_monitor(options, arguments); });
}

void add_irq(CLI::App& app, const common& options, irq_arguments& arguments) {
    auto* command =
        app.add_subcommand("irq", "Show the interrupts of a board as they come; ends by Ctrl-C");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("NAME", arguments.names, "Of the board file; default: all");
    add_seconds(*command, "--timeout", arguments.timeout_s, "It is an error if none comes so long");
    add_count(*command, "--count", arguments.count, "Interrupts to wait for", at_least_one);
    command->footer("Examples:\n"
                    "  upciedev irq 4\n"
                    "  upciedev irq 4 done --count 1 --timeout 5");
    command->callback([&] { run_irq(options, arguments); });
}

/// The subcommand among the words; empty if there is none.
std::string subcommand_of(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--crate" || words[i] == "--devices" || words[i] == "--names")
            ++i; // its value
        else if (!words[i].starts_with("-"))
            return words[i];
    }
    return {};
}

} // namespace

void add_care_commands(CLI::App& app, const common& options, care_arguments& arguments, int& status,
                       bool& right) {
    add_health(app, options, arguments.health, right);
    add_claim(app, options, arguments, status);
    add_reset(app, options, arguments.reset);
    add_reload(app, options, arguments);
    add_remove(app, options, arguments.remove);
    add_rescan(app, options, arguments.rescan);
    add_monitor(app, options, arguments.monitor);
    add_irq(app, options, arguments.irq);
    add_trace(app, options, arguments, status);
    add_doctor(app, options, arguments.doctor, right);
}

std::vector<std::string> cut_program(std::vector<std::string>& words) {
    const auto command = subcommand_of(words);
    if (command != "claim" && command != "trace" && command != "reload-firmware") return {};
    const auto mark = std::ranges::find(words, "--");
    if (mark == words.end()) return {};
    std::vector<std::string> program(mark + 1, words.end());
    if (program.empty()) throw CLI::ValidationError("--", "a program is missing behind it");
    words.erase(mark, words.end());
    return program;
}

} // namespace cli
