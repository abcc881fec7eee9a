// SPDX-License-Identifier: BSD-3-Clause
// The `upciedev` command: read and write the boards of a crate by register name.

#include "commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <exception>

#ifndef UPCIEDEV_VERSION
#define UPCIEDEV_VERSION "0"
#endif

namespace {

using namespace cli;

// Documented in docs/cli.md; scripts rely on them.
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int exit_not_found = 3;
constexpr int exit_gone = 4;

constexpr const char* board_help =
    "slot number, alias, board name, slot:4 or pci:0000:03:00.0 (see: upciedev ls)";
constexpr const char* target_help =
    "REGISTER, REGISTER.FIELD, AREA[first:count], or BAR:offset[:width] (0:0x20, regs:0x20:16), "
    "BAR:offset[count] for a block of 32-bit words";

constexpr const char* step_help =
    "WHAT=VALUE writes, in engineering units or by the name of a value, a list 1,2,3 into areas "
    "and "
    "blocks; WHAT==VALUE waits until a register or field has that value; WHAT alone reads. All in "
    "the order given. WHAT as in: upciedev read --help";

void add_ls(CLI::App& app, const common& options, ls_arguments& arguments) {
    auto* command = app.add_subcommand("ls", "List the boards of the crate");
    command->add_flag("--picture", arguments.picture,
                      "Draw the slots even where the output is no terminal");
    command->footer("Examples:\n"
                    "  upciedev ls\n"
                    "  upciedev --crate sim:devices/crates/demo.yaml ls --picture\n"
                    "  upciedev ls --json | jq '.boards[].slot'");
    command->callback([&] { run_ls(options, arguments); });
}

void add_info(CLI::App& app, const common& options, info_arguments& arguments) {
    auto* command =
        app.add_subcommand("info", "Tell who a board is: ids, BARs, board file, driver");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->footer("Examples:\n"
                    "  upciedev info 4\n"
                    "  upciedev info pci:0000:03:00.0");
    command->callback([&] { run_info(options, arguments); });
}

void add_read(CLI::App& app, const common& options, read_arguments& arguments) {
    auto* command =
        app.add_subcommand("read", "Read registers, fields, areas; registers in one batch");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("WHAT", arguments.targets, target_help)->required();
    command->add_flag("-x,--hex,--raw", arguments.hex, "Bits in hexadecimal, no units");
    command->add_flag("-q,--value", arguments.values, "Nothing but the values, one a line");
    command->footer("Examples:\n"
                    "  upciedev read 4 adc.ch[3].GAIN CTRL.ENABLE\n"
                    "  upciedev read adc RAM[0:16]\n"
                    "  upciedev read -q 4 TEMPERATURE\n"
                    "  upciedev read 7 0:0x20 0:0x24:16 0:0x40[8]");
    command->callback([&] { run_read(options, arguments); });
}

void add_write(CLI::App& app, const common& options, write_arguments& arguments) {
    auto* command = app.add_subcommand(
        "write",
        "Write registers, fields, areas; wait and read in between; registers in one batch");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("STEP", arguments.statements, step_help)->required();
    command->add_flag("--raw", arguments.raw, "Values are bits, decimal or 0x..., without scaling");
    command->add_option("--timeout", arguments.timeout_ms, "Longest wait of WHAT==VALUE")
        ->type_name("MS")
        ->check(CLI::Range(0U, 10000U))
        ->capture_default_str();
    command->footer("Examples:\n"
                    "  upciedev write 4 adc.ch[3].GAIN=-1.5 CTRL.MODE=external CTRL.ENABLE=1\n"
                    "  upciedev write --raw 4 adc.ch[3].GAIN=0xe800\n"
                    "  upciedev write 4 RAM[100]=1,2,3\n"
                    "  upciedev write 1 FACTORIAL=5 STATUS.COMPUTING==0 FACTORIAL\n"
                    "  upciedev write 7 0:0x20=0xdeadbeef");
    command->callback([&] { run_write(options, arguments); });
}

void add_dump(CLI::App& app, const common& options, dump_arguments& arguments) {
    auto* command = app.add_subcommand(
        "dump", "Read every register of a board but those whose reading has effects");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("PREFIX", arguments.prefix, "Only registers whose path begins so");
    command->footer("Examples:\n"
                    "  upciedev dump 4\n"
                    "  upciedev dump 4 adc.ch[3]\n"
                    "  upciedev dump 4 --json > before.json");
    command->callback([&] { run_dump(options, arguments); });
}

void add_check(CLI::App& app, const common& options, check_arguments& arguments, bool& right) {
    auto* command = app.add_subcommand(
        "check", "Find everything that is wrong with board and crate files; exit status 1 if so");
    command->add_option("FILE", arguments.files, "Board or crate file")->required();
    command->footer("Examples:\n"
                    "  upciedev check myboard.yaml\n"
                    "  upciedev check --json devices/*/*.yaml | jq '.files[].problems[]'");
    command->callback([&] { right = run_check(options, arguments); });
}

void add_doc(CLI::App& app, const common& options, doc_arguments& arguments) {
    auto* command =
        app.add_subcommand("doc", "Write the register reference of a board file, in Markdown");
    command->add_option("FILE", arguments.file, "Board file")->required();
    command->add_flag("--html", arguments.html, "Write a page for the browser instead");
    command->footer("Examples:\n"
                    "  upciedev doc devices/demo/vadc8.yaml\n"
                    "  upciedev doc --html devices/demo/vadc8.yaml > vadc8.html");
    command->callback([&] { run_doc(options, arguments); });
}

std::string usage_message(const CLI::App* app, const CLI::Error& failure) {
    const auto unknown = app->remaining();
    const bool no_command = app->get_subcommands().empty() && !unknown.empty();
    return "upciedev: " +
           (no_command ? "no command '" + unknown.front() +
                             "'; there are ls, info, read, write, dump, check, doc"
                       : std::string(failure.what())) +
           "; see upciedev --help\n";
}

void add_common(CLI::App& app, common& options) {
    app.require_subcommand(1);
    app.failure_message(usage_message);
    app.fallthrough();
    app.add_option("--crate", options.crate,
                   "local: this machine's boards through the driver; sysfs: unbound boards, root "
                   "only; sim:FILE: a simulated crate. Default: $UPCIEDEV_CRATE, else local")
        ->type_name("URI");
    app.add_option("--devices", options.devices,
                   "Folder of board files, searched first; repeatable")
        ->type_name("DIR")
        ->allow_extra_args(false);
    app.add_option(
           "--names", options.names,
           "Crate file that gives the slots of this machine aliases and board files; default: "
           "/etc/upciedev/crate.yaml where there is one")
        ->type_name("FILE");
    app.add_flag("--json", options.json, "Output for programs; shapes in docs/cli.md");
    app.set_version_flag("--version", UPCIEDEV_VERSION);
    app.footer("Examples:\n"
               "  export UPCIEDEV_CRATE=sim:devices/crates/demo.yaml\n"
               "  upciedev ls\n"
               "  upciedev read 4 adc.ch[3].GAIN\n"
               "  upciedev write 4 adc.ch[3].GAIN=-1.5\n"
               "  upciedev dump 4\n"
               "Exit status: 0 done, 1 failed, 2 command line not understood, 3 no such board or "
               "register, 4 the board has gone.");
}

int exit_status(upciedev::errc kind) {
    switch (kind) {
    case upciedev::errc::no_such_board:
    case upciedev::errc::no_such_register:
        return exit_not_found;
    case upciedev::errc::board_gone:
        return exit_gone;
    default:
        return exit_failed;
    }
}

int usage(const CLI::App& app, const CLI::ParseError& failure) {
    const bool asked_for_help = failure.get_exit_code() == 0;
    app.exit(failure);
    return asked_for_help ? 0 : exit_usage;
}

int parse_and_run(int argc, char** argv) {
    CLI::App app{"Read and write the boards of a MicroTCA crate by register name.", "upciedev"};
    common options;
    ls_arguments ls;
    info_arguments info;
    read_arguments read;
    write_arguments write;
    dump_arguments dump;
    check_arguments check;
    doc_arguments doc;
    bool right = true;
    add_common(app, options);
    add_ls(app, options, ls);
    add_info(app, options, info);
    add_read(app, options, read);
    add_write(app, options, write);
    add_dump(app, options, dump);
    add_check(app, options, check, right);
    add_doc(app, options, doc);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        return usage(app, failure);
    }
    return right && std::fflush(stdout) == 0
               ? 0
               : exit_failed; // a full disk must not look like success
}

} // namespace

int main(int argc, char** argv) {
    try {
        return parse_and_run(argc, argv);
    } catch (const upciedev::error& failure) {
        fmt::print(stderr, "upciedev: {}\n", failure.what());
        return exit_status(failure.kind());
    } catch (const std::exception& failure) {
        fmt::print(stderr, "upciedev: {}\n", failure.what());
        return exit_failed;
    }
}
