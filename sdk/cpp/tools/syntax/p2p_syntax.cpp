// SPDX-License-Identifier: BSD-3-Clause
#include "syntax/p2p_syntax.hpp"

#include "syntax/number_option.hpp"

namespace cli {
namespace {

constexpr const char* memory_help =
    "DMA channel, area or BAR of it, by name, and +OFFSET in bytes: window+0x1000";

void add_yes(CLI::App& command, p2p_arguments& arguments) {
    command.add_flag("--yes", arguments.yes, "Do not ask before writing into boards");
}

void add_timeout(CLI::App& command, p2p_arguments& arguments) {
    add_seconds(command, "--timeout", arguments.timeout_s, "Longest wait", {0.001, 3600});
}

void add_matrix(CLI::App& group, const common& options, p2p_arguments& arguments, bool& right) {
    auto* command = group.add_subcommand("matrix", "Tell for all pairs by which way, or why not");
    command->add_flag("--test", arguments.test,
                      "Try each way, as 'diagnose' does; fails if one that should work does not");
    add_yes(*command, arguments);
    add_timeout(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev p2p matrix\n"
                    "  upciedev p2p matrix --test --yes");
    command->callback([&] { right = run_p2p_matrix(options, arguments); });
}

void add_diagnose(CLI::App& group, const common& options, p2p_arguments& arguments, bool& right) {
    auto* command =
        group.add_subcommand("diagnose", "Try one way step by step, and name the first that fails");
    command->add_option("FROM", arguments.from, board_help)->required();
    command->add_option("TO", arguments.to, board_help)->required();
    command->add_option("--channel", arguments.channel, "Of FROM; default: its first that reads")
        ->type_name("CHANNEL");
    command->add_option("--bar", arguments.bar, "Of TO; default: the first that it offers")
        ->type_name("BAR");
    add_yes(*command, arguments);
    add_timeout(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev p2p diagnose 2 8\n"
                    "  upciedev p2p diagnose adc1 io1 --bar window --yes");
    command->callback([&] { right = run_p2p_diagnose(options, arguments); });
}

void add_copy(CLI::App& group, const common& options, p2p_arguments& arguments) {
    auto* command =
        group.add_subcommand("copy", "Move memory of one board into another, by its engine");
    command->add_option("FROM", arguments.from, board_help)->required();
    command->add_option("SOURCE", arguments.source, memory_help)->required();
    command->add_option("TO", arguments.to, board_help)->required();
    command->add_option("TARGET", arguments.target, memory_help)->required();
    add_size(*command, "--length", arguments.length, "Default: as much as both have");
    command->add_flag("--bounce", arguments.bounce,
                      "Where the way is refused, go by this computer's memory");
    command->add_flag("--verify", arguments.verify, "Read both sides afterwards, and compare");
    auto* bell = command->add_option("--doorbell-source", arguments.bell_from,
                                     "Word that the same engine writes last; as SOURCE");
    command->add_option("--doorbell", arguments.bell_to, "And where to; as TARGET")->needs(bell);
    bell->needs("--doorbell");
    add_timeout(*command, arguments);
    command->footer("Examples:\n"
                    "  upciedev p2p copy adc1 read io1 window --length 64KiB\n"
                    "  upciedev p2p copy 2 DDR+0x1000 8 WINDOW --length 4KiB --bounce --verify");
    command->callback([&] { run_p2p_copy(options, arguments); });
}

} // namespace

void add_p2p_commands(CLI::App& app, const common& options, p2p_arguments& arguments, bool& right) {
    auto* group = app.add_subcommand("p2p", "Peer to peer: one board's DMA into another board");
    group->require_subcommand(1);
    group->fallthrough();
    add_matrix(*group, options, arguments, right);
    add_diagnose(*group, options, arguments, right);
    add_copy(*group, options, arguments);
}

} // namespace cli
