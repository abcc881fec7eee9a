// SPDX-License-Identifier: BSD-3-Clause
// The `upciedev` command: read and write the boards of a crate by register name.

#include "base/joined.hpp"
#include "commands/commands.hpp"
#include "syntax/care_syntax.hpp"
#include "syntax/dma_syntax.hpp"
#include "syntax/number_option.hpp"
#include "syntax/p2p_syntax.hpp"
#include "syntax/script.hpp"
#include "syntax/sim_syntax.hpp"

#include <upciedev/log.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>

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
constexpr int exit_different = 1; // of diff, as diff(1) has it
constexpr int exit_trouble = 2;

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

void add_transports(CLI::App& app, const common& options) {
    auto* command = app.add_subcommand(
        "transports", "List the kinds of crates that can be opened, and what their boards can do");
    command->footer("Plugins are looked for in the folders of $UPCIEDEV_TRANSPORTS and in "
                    "'upciedev' beside the library.\n"
                    "Examples:\n"
                    "  upciedev transports\n"
                    "  upciedev transports --json | jq '.transports[] | select(.problem != \"\")'");
    command->callback([&] { run_transports(options); });
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
    add_milliseconds(*command, "--timeout", arguments.timeout_ms, "Longest wait of WHAT==VALUE",
                     {0, 10'000});
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
    command->add_option("FILE", arguments.files,
                        "Board or crate file; without any, the boards of the crate are compared "
                        "with those that its file expects");
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

void add_import(CLI::App& app, const common& options, import_arguments& arguments) {
    auto* command = app.add_subcommand(
        "import", "Make a board file of a ChimeraTK map, and tell what it could not carry");
    command->add_option("FILE", arguments.file, "Map (.map, .jmap)")->required();
    command->add_option("-o,--output", arguments.output, "Board file; default: standard output")
        ->type_name("FILE");
    command->add_option("--board", arguments.board, "Name of the board; default: that of the file")
        ->type_name("NAME");
    command->add_option("--id", arguments.ids, "PCI ids of the board in hexadecimal")
        ->type_name("VENDOR:DEVICE");
    command->footer("Examples:\n"
                    "  upciedev import --id 10ee:0037 firmware.map -o myboard.yaml");
    command->callback([&] { run_import(options, arguments); });
}

void add_export(CLI::App& app, const common& options, export_arguments& arguments) {
    auto* command = app.add_subcommand(
        "export", "Make a ChimeraTK map of a board file, and tell what it could not carry");
    command->add_option("FILE", arguments.file, "Board file")->required();
    command
        ->add_option("-o,--output", arguments.output, "Map (.map, .jmap); default: standard output")
        ->type_name("FILE");
    command->add_option("--form", arguments.form, "Form of the map; default: as FILE is named")
        ->check(CLI::IsMember({"map", "jmap"}));
    command->footer("Examples:\n"
                    "  upciedev export devices/demo/vadc8.yaml -o vadc8.map\n"
                    "  upciedev export --form jmap devices/demo/vadc8.yaml");
    command->callback([&] { run_export(options, arguments); });
}

void add_save(CLI::App& app, const common& options, save_arguments& arguments) {
    auto* command = app.add_subcommand(
        "save", "Save all registers that can be read and written back without effects");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("FILE", arguments.file, "Settings file; default: standard output");
    command->footer("Examples:\n"
                    "  upciedev save 4 good.yaml\n"
                    "  upciedev save 4 --json | jq '.left_out[]'");
    command->callback([&] { run_save(options, arguments); });
}

void add_restore(CLI::App& app, const common& options, restore_arguments& arguments) {
    auto* command = app.add_subcommand(
        "restore", "Write saved registers back, after all of the file was found good");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("FILE", arguments.file, "Settings file, as of: upciedev save")->required();
    command->footer("Examples:\n"
                    "  upciedev restore 4 good.yaml");
    command->callback([&] { run_restore(options, arguments); });
}

void add_diff(CLI::App& app, const common& options, restore_arguments& arguments, int& status,
              int& failed) {
    auto* command = app.add_subcommand(
        "diff", "Compare saved registers with the board; exit status 0 alike, 1 different, "
                "2 failed, 3 and 4 as ever");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("FILE", arguments.file, "Settings file, as of: upciedev save")->required();
    command->footer("Examples:\n"
                    "  upciedev diff 4 good.yaml\n"
                    "  upciedev diff 4 good.yaml && echo as it was");
    command->callback([&] {
        failed = exit_trouble;
        status = run_diff(options, arguments) ? exit_different : 0;
    });
}

void add_watch(CLI::App& app, const common& options, watch_arguments& arguments) {
    auto* command = app.add_subcommand(
        "watch",
        "Read registers and fields again and again, and show what changes; ends by Ctrl-C");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("REGISTER", arguments.targets, target_help)->required();
    add_seconds(*command, "--period", arguments.period_s, "Time from one round to the next",
                {0.001, 86'400});
    add_count(*command, "--count", arguments.count, "Rounds; default: until Ctrl-C",
              {1, 1'000'000'000});
    command->add_flag("-x,--hex,--raw", arguments.hex, "Bits in hexadecimal, no units");
    command->add_flag("--all", arguments.all, "Print all values of every round, changed or not");
    command->footer("Examples:\n"
                    "  upciedev watch 4 TEMP adc.ch[3].GAIN\n"
                    "  upciedev watch 4 STATUS --period 0.1 >> status.log");
    command->callback([&] { run_watch(options, arguments); });
}

void add_script(CLI::App& app, script_arguments& arguments, const line_runner& run_line,
                int& status) {
    auto* command = app.add_subcommand(
        "script", "Carry out a command a line in one process; a simulated crate keeps its state");
    command->add_option("FILE", arguments.file, "Commands; default: -, standard input");
    command->add_flag("--keep-going", arguments.keep_going,
                      "Go on behind a line that failed; the exit status is that of the first one");
    command->footer("Examples:\n"
                    "  upciedev script setup.txt\n"
                    "  printf 'write 4 SCRATCH=1\\nread 4 SCRATCH # comment\\n' | upciedev script");
    command->callback([&] { status = run_script(arguments, run_line); });
}

std::string usage_message(const CLI::App& app, const CLI::Error& failure) {
    const auto unknown = app.remaining();
    const bool no_command = app.get_subcommands().empty() && !unknown.empty();
    if (!no_command) return std::string(failure.what()) + "; see upciedev --help";
    const auto commands = app.get_subcommands(std::function<bool(const CLI::App*)>());
    const auto name = [](const CLI::App* each) { return each->get_name(); };
    return fmt::format("no command '{}'; there are {}; see upciedev --help", unknown.front(),
                       upciedev::detail::joined(commands, name));
}

void add_common(CLI::App& app, common& options) {
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--crate", options.crate,
                   "local: this machine's boards through the driver; sysfs: unbound boards, root "
                   "only; sim:FILE: a simulated crate; crate:NAME: one of upciedev sim up; others: "
                   "see upciedev transports. Default: "
                   "$UPCIEDEV_CRATE, else local")
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

/// What the callbacks of one command line fill and leave behind.
struct command_line {
    common options;
    ls_arguments ls;
    info_arguments info;
    read_arguments read;
    write_arguments write;
    dump_arguments dump;
    check_arguments check;
    doc_arguments doc;
    import_arguments import_;
    export_arguments export_;
    save_arguments save;
    restore_arguments restore, diff;
    watch_arguments watch;
    care_arguments care;
    dma_syntax dma;
    p2p_arguments p2p;
    sim_arguments sim;
    script_arguments script;
    line_runner run_line;
    bool right = true;        ///< what check, health and doctor looked at
    int status = 0;           ///< of diff, script, claim and trace
    int failed = exit_failed; ///< exit status of an error without one of its own
};

void add_commands(CLI::App& app, command_line& line) {
    add_ls(app, line.options, line.ls);
    add_info(app, line.options, line.info);
    add_transports(app, line.options);
    add_read(app, line.options, line.read);
    add_write(app, line.options, line.write);
    add_dump(app, line.options, line.dump);
    add_check(app, line.options, line.check, line.right);
    add_doc(app, line.options, line.doc);
    add_import(app, line.options, line.import_);
    add_export(app, line.options, line.export_);
    add_save(app, line.options, line.save);
    add_restore(app, line.options, line.restore);
    add_diff(app, line.options, line.diff, line.status, line.failed);
    add_watch(app, line.options, line.watch);
    add_care_commands(app, line.options, line.care, line.status, line.right);
    add_dma_commands(app, line.options, line.dma);
    add_p2p_commands(app, line.options, line.p2p, line.right);
    add_sim_commands(app, line.options, line.sim);
}

int exit_status(upciedev::errc kind, int failed) {
    switch (kind) {
    case upciedev::errc::no_such_board:
    case upciedev::errc::no_such_register:
        return exit_not_found;
    case upciedev::errc::board_gone:
        return exit_gone;
    default:
        return failed;
    }
}

void complain(const std::string& place, const std::string& what) {
    fmt::print(stderr, "upciedev: {}{}{}\n", place, place.empty() ? "" : ": ", what);
}

int usage(const CLI::App& app, const CLI::ParseError& failure, const std::string& place) {
    if (failure.get_exit_code() == 0) return app.exit(failure); // asked for help or the version
    complain(place, usage_message(app, failure));
    return exit_usage;
}

/// Parse and carry out. \param place of the command in a script, named by errors
int carry_out(CLI::App& app, const command_line& line, const std::string& place,
              const std::function<void()>& parse) {
    try {
        parse();
        if (std::fflush(stdout) != 0) return exit_failed; // a full disk must not look like success
        return line.right ? line.status : exit_failed;
    } catch (const CLI::ParseError& failure) {
        return usage(app, failure, place);
    } catch (const upciedev::error& failure) {
        complain(place, failure.what());
        return exit_status(failure.kind(), line.failed);
    } catch (const std::exception& failure) {
        complain(place, failure.what());
        return line.failed;
    }
}

void parse_words(CLI::App& app, command_line& line, std::vector<std::string> words) {
    line.care.program = cut_program(words);
    std::ranges::reverse(words); // as CLI11 wants them
    app.parse(words);
}

/// One line of a script; \p options are those of the command line that began it.
int run_script_line(const common& options, const std::string& place, const std::string& text) {
    CLI::App app{"One command of a script.", "upciedev"};
    command_line line;
    line.options = options;
    add_common(app, line.options);
    add_commands(app, line);
    return carry_out(app, line, place, [&] {
        auto words = split_words(text);
        if (!words.empty()) parse_words(app, line, std::move(words));
    });
}

int run(int argc, char** argv) {
    CLI::App app{"Read and write the boards of a MicroTCA crate by register name.", "upciedev"};
    command_line line;
    line.run_line = [&](const std::string& place, const std::string& text) {
        if (!line.options.opened) line.options.opened = std::make_shared<crate_map>();
        return run_script_line(line.options, place, text);
    };
    add_common(app, line.options);
    add_commands(app, line);
    add_script(app, line.script, line.run_line, line.status);
    return carry_out(app, line, {}, [&] { parse_words(app, line, {argv + 1, argv + argc}); });
}

} // namespace

int main(int argc, char** argv) {
    try {
        (void)upciedev::set_log([](upciedev::log_level level, const std::string& text) {
            if (level == upciedev::log_level::warning) complain("warning", text);
        });
        return run(argc, argv);
    } catch (const std::exception& failure) {
        complain({}, failure.what());
        return exit_failed;
    }
}
