// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "commands/commands.hpp"

#include <CLI/CLI.hpp>

namespace cli {

/// What the commands of `upciedev sim` are given.
struct sim_arguments {
    std::string file; ///< crate file
    std::string name; ///< of the crate
    unsigned slot = 0;
    bool surprise = false;
    std::string fault;
    std::string state; ///< "on", "off"
};

void add_sim_commands(CLI::App& app, const common& options, sim_arguments& arguments);

void run_sim_up(const common& options, const sim_arguments& arguments);
void run_sim_ls(const common& options);
void run_sim_down(const sim_arguments& arguments);
void run_sim_plug(const sim_arguments& arguments);
void run_sim_unplug(const sim_arguments& arguments);
void run_sim_fault(const common& options, const sim_arguments& arguments);

} // namespace cli
