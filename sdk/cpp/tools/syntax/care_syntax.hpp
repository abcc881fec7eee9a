// SPDX-License-Identifier: BSD-3-Clause
// Syntax of the commands that look after boards and machine, not after registers.
#pragma once

#include "commands/commands.hpp"

namespace CLI {
class App;
}

namespace cli {

struct care_arguments {
    std::vector<std::string> program; ///< what cut_program() found, for claim, trace, ...
    reset_arguments reset;
    reload_arguments reload;
    remove_arguments remove;
    rescan_arguments rescan;
    monitor_arguments monitor;
    irq_arguments irq;
    claim_arguments claim;
    health_arguments health;
    trace_arguments trace;
    doctor_arguments doctor;
};

/// \param status exit status of claim and trace \param right whether health or doctor found all
/// well
void add_care_commands(CLI::App& app, const common& options, care_arguments& arguments, int& status,
                       bool& right);

/// Takes "-- PROGRAM ARGUMENTS..." off the words of claim, trace and reload-firmware, none of which
/// are ours.
/// \returns the words behind "--" \throws CLI::ParseError where there is none
std::vector<std::string> cut_program(std::vector<std::string>& words);

} // namespace cli
