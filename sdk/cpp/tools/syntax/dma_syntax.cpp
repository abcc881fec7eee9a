// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/dma_syntax.hpp"

#include "syntax/number_option.hpp"

namespace cli {
namespace {

constexpr time_range longest_wait{0.001, 3600};

/// What all of them take.
void add_place(CLI::App& command, dma_arguments& arguments) {
    command.add_option("BOARD", arguments.board, board_help)->required();
    command.add_option("CHANNEL", arguments.channel, "As the board file has it under 'dma'")
        ->required();
    add_size(command, "--offset", arguments.offset, "Into the board's memory; default: 0");
    add_seconds(command, "--timeout", arguments.timeout_s, "Longest wait", longest_wait);
}

void add_length(CLI::App& command, dma_arguments& arguments) {
    add_size(command, "--length", arguments.length, "Default: to the end of the memory");
}

void add_output(CLI::App& command, dma_arguments& arguments) {
    command.add_option("-o,--output", arguments.file, "Default: standard output")
        ->type_name("FILE");
}

void add_read(CLI::App& group, const common& options, dma_arguments& arguments) {
    auto* command = group.add_subcommand("read", "Read the board's memory into a file");
    add_place(*command, arguments);
    add_length(*command, arguments);
    add_output(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev dma read 2 read --length 1MiB -o memory.bin\n"
                    "  upciedev dma read 2 read --offset 0x1000 --length 64 | xxd");
    command->callback([&] { run_dma_read(options, arguments); });
}

void add_write(CLI::App& group, const common& options, dma_arguments& arguments) {
    auto* command = group.add_subcommand("write", "Write a file into the board's memory");
    add_place(*command, arguments);
    command->add_option("FILE", arguments.file, "Bytes to write")->required();
    command->footer("Examples:\n"
                    "  upciedev dma write 8 write waveform.bin");
    command->callback([&] { run_dma_write(options, arguments); });
}

void add_stream(CLI::App& group, const common& options, dma_arguments& arguments) {
    auto* command = group.add_subcommand("stream", "Record frames; ends by Ctrl-C or --count");
    add_place(*command, arguments);
    add_size(*command, "--frame", arguments.length, "Of a frame")->required();
    add_count(*command, "--depth", arguments.depth, "Frames in memory", {1, 4096})
        ->default_str(std::to_string(arguments.depth));
    add_count(*command, "--count", arguments.count, "Frames; default: until Ctrl-C");
    add_size(*command, "--step", arguments.step, "From a frame to the next; wants --count");
    command->add_option("--on", arguments.on, "Interrupt that moves a frame; default: at once")
        ->type_name("IRQ");
    add_output(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev dma stream 2 read --frame 24000 --on done --count 100 -o daq.bin");
    command->callback([&] { run_dma_stream(options, arguments); });
}

void add_check(CLI::App& group, const common& options, dma_arguments& arguments) {
    auto* command = group.add_subcommand(
        "check", "Write a pattern and read it back, then restore; or compare with the CPU's view");
    add_place(*command, arguments);
    add_length(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev dma check 8 read\n"
                    "  upciedev dma check 2 read --length 1MiB");
    command->callback([&] { run_dma_check(options, arguments); });
}

void add_scope(CLI::App& app, const common& options, scope_arguments& arguments) {
    auto* command = app.add_subcommand("scope", "Draw the channels of a recorded area");
    command->add_option("BOARD", arguments.board, board_help)->required();
    command->add_option("AREA", arguments.area, "With a layout, in the board file")->required();
    command->add_option("-c,--channel", arguments.channels, "Default: all")->type_name("CHANNEL");
    command->add_option("--set", arguments.steps, "Before it reads, as of: upciedev write")
        ->type_name("STEP");
    command->add_option("--on", arguments.on, "Wait for this interrupt first")->type_name("IRQ");
    add_count(*command, "--first", arguments.first, "Sample; default: 0");
    add_count(*command, "--samples", arguments.samples, "Of each channel", {1, 100'000'000})
        ->default_str(std::to_string(arguments.samples));
    add_seconds(*command, "--timeout", arguments.timeout_s, "Longest wait", longest_wait);
    command->add_option("--csv", arguments.csv, "Write numbers there")->type_name("FILE");
    command->add_option("--png", arguments.png, "Draw it there")->type_name("FILE");
    command->footer("Examples:\n"
                    "  upciedev scope 2 DAQ --set CTRL.SINGLE=1 --set CTRL.ARM=1 \\\n"
                    "      --set CTRL.SOFT_TRIGGER=1 --on done -c 'ch[0]' -c 'ch[1]'\n"
                    "  upciedev scope 2 DAQ --samples 100 --csv daq.csv --png daq.png");
    command->callback([&] { run_scope(options, arguments); });
}

} // namespace

void add_dma_commands(CLI::App& app, const common& options, dma_syntax& arguments) {
    auto* group = app.add_subcommand("dma", "Move a board's memory by its DMA engines");
    group->require_subcommand(1);
    group->fallthrough();
    add_read(*group, options, arguments.dma);
    add_write(*group, options, arguments.dma);
    add_stream(*group, options, arguments.dma);
    add_check(*group, options, arguments.dma);
    add_scope(app, options, arguments.scope);
}

} // namespace cli
