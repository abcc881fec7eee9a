// SPDX-License-Identifier: BSD-3-Clause
// The command line of `upciedev sim`.
#include "syntax/sim_syntax.hpp"

#include "syntax/number_option.hpp"

namespace cli {
namespace {

void add_up(CLI::App& sim, const common& options, sim_arguments& arguments) {
    auto* command = sim.add_subcommand(
        "up", "Start a simulated crate in the background; programs open it as crate:NAME");
    command->add_option("CRATE", arguments.file, "Crate file")->required();
    command
        ->add_option("--name", arguments.name,
                     "Name of the crate; default: its `crate:` in the file")
        ->type_name("NAME");
    command->footer("Examples:\n"
                    "  upciedev sim up devices/crates/full.yaml\n"
                    "  upciedev --crate crate:full write adc1 SCRATCH=1\n"
                    "  upciedev sim down full");
    command->callback([&] { run_sim_up(options, arguments); });
}

void add_ls(CLI::App& sim, const common& options) {
    auto* command = sim.add_subcommand("ls", "List the crates that run, with their processes");
    command->callback([&] { run_sim_ls(options); });
}

CLI::App* add_for_crate(CLI::App& sim, sim_arguments& arguments, const char* name,
                        const char* title) {
    auto* command = sim.add_subcommand(name, title);
    command->add_option("NAME", arguments.name, "Crate, as of: upciedev sim ls")->required();
    return command;
}

CLI::App* add_for_slot(CLI::App& sim, sim_arguments& arguments, const char* name,
                       const char* title) {
    auto* command = add_for_crate(sim, arguments, name, title);
    add_count(*command, "SLOT", arguments.slot, "Number of the slot", any_slot)->required();
    return command;
}

void add_fault(CLI::App& sim, const common& options, sim_arguments& arguments) {
    auto* command = add_for_slot(sim, arguments, "fault",
                                 "Make a board ill, or well again; without FAULT tell how it is");
    auto* fault = command->add_option("FAULT", arguments.fault, "See docs/models.md");
    auto* state = command->add_option("STATE", arguments.state, "on or off")
                      ->check(CLI::IsMember({"on", "off"}));
    fault->needs(state);
    command->footer("Examples:\n"
                    "  upciedev sim fault full 4\n"
                    "  upciedev sim fault full 4 all_ones on");
    command->callback([&] { run_sim_fault(options, arguments); });
}

} // namespace

void add_sim_commands(CLI::App& app, const common& options, sim_arguments& arguments) {
    auto* sim = app.add_subcommand("sim", "Run simulated crates that programs share");
    sim->require_subcommand(1);
    add_up(*sim, options, arguments);
    add_ls(*sim, options);
    add_for_crate(*sim, arguments, "down", "End a crate")->callback([&] {
        run_sim_down(arguments);
    });
    add_for_slot(*sim, arguments, "plug", "Plug a board in again, as after power-on")
        ->callback([&] { run_sim_plug(arguments); });
    auto* unplug = add_for_slot(*sim, arguments, "unplug", "Take a board out");
    unplug->add_flag("--surprise", arguments.surprise, "Its process is killed");
    unplug->callback([&] { run_sim_unplug(arguments); });
    add_fault(*sim, options, arguments);
}

} // namespace cli
