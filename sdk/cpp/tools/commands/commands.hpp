// SPDX-License-Identifier: BSD-3-Clause
// What each subcommand takes and does. Only main.cpp and syntax/ know the command line's syntax.
// The help that they give is the one list of commands: completion reads it, and tests compare the
// manual and docs/cli.md with it.
#pragma once

#include <upciedev/crate.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cli {

using crate_map = std::map<std::string, upciedev::crate>;

inline constexpr const char* board_help =
    "slot number, alias, board name, slot:4 or pci:0000:03:00.0 (see: upciedev ls)";

/// Options that every subcommand understands.
struct common {
    std::string crate; ///< URI; empty: $UPCIEDEV_CRATE, else local
    std::vector<std::string> devices;
    std::string names; ///< crate file with aliases and board files of this machine's slots
    bool json = false;
    /// Crates that the commands of one script share, by the options above; nullptr for a command
    /// alone.
    std::shared_ptr<crate_map> opened = nullptr;
};

struct ls_arguments {
    bool picture = false; ///< also where the output is no terminal
};

struct info_arguments {
    std::string board;
};

struct read_arguments {
    std::string board;
    std::vector<std::string> targets;
    bool hex = false;    ///< bits instead of engineering values
    bool values = false; ///< nothing but values, one a line
};

struct write_arguments {
    std::string board;
    std::vector<std::string> statements; ///< WHAT=VALUE, WHAT==VALUE, WHAT
    bool raw = false;                    ///< values are bits
    unsigned timeout_ms = 1000;          ///< of WHAT==VALUE
};

struct dump_arguments {
    std::string board;
    std::string prefix; ///< only registers whose path begins so
};

struct check_arguments {
    std::vector<std::string> files;
};

struct doc_arguments {
    std::string file;
    bool html = false;
};

struct import_arguments {
    std::string file;
    std::string output; ///< empty: standard output
    std::string board;  ///< name; empty: that of the file
    std::string ids;    ///< VENDOR:DEVICE; empty: not known
};

struct export_arguments {
    std::string file;
    std::string output; ///< empty: standard output
    std::string form;   ///< "map", "jmap"; empty: by the name of the output
};

struct save_arguments {
    std::string board;
    std::string file; ///< empty: standard output
};

struct restore_arguments { // and diff
    std::string board;
    std::string file;
};

struct watch_arguments {
    std::string board;
    std::vector<std::string> targets;
    double period_s = 1.0;
    std::uint64_t count = 0; ///< rounds; 0: no end
    bool hex = false;        ///< bits instead of engineering values
    bool all = false;        ///< also what did not change
};

struct reset_arguments {
    std::string board;
};

struct reload_arguments {
    std::string board;
    std::vector<std::string> program; ///< that loads the FPGA, and its arguments
    bool restore = false;             ///< settings, as save and restore do
};

struct remove_arguments {
    std::string board;
    bool force = false; ///< also where another program has claimed it
};

struct rescan_arguments {
    std::optional<unsigned> slot; ///< nothing: the whole crate
};

struct claim_arguments {
    std::string board;
    std::vector<std::string> program; ///< and its arguments; empty: only hold the claim
    double time_s = 0;                ///< 0: until Ctrl-C
    bool who = false;                 ///< claim nothing, tell who has
};

struct health_arguments {
    std::string board;   ///< empty: all
    bool strict = false; ///< corrected errors count too
};

struct trace_arguments {
    std::string file; ///< to show; "-": standard input
    std::string board, reg;
    bool writes = false, failed = false;
    std::string output;               ///< to record
    std::vector<std::string> program; ///< and its arguments
};

struct monitor_arguments {
    double time_s = 0;       ///< 0: until Ctrl-C
    std::uint64_t count = 0; ///< changes; 0: no end
};

struct irq_arguments {
    std::string board;
    std::vector<std::string> names; ///< empty: all
    double timeout_s = 0;           ///< for the next one; 0: until Ctrl-C
    std::uint64_t count = 0;        ///< interrupts; 0: no end
};

struct doctor_arguments {
    std::string root = "/"; ///< folder that holds sys, proc, dev, etc, boot and lib
};

void run_ls(const common& options, const ls_arguments& arguments);
void run_transports(const common& options);
void run_info(const common& options, const info_arguments& arguments);
void run_read(const common& options, const read_arguments& arguments);
void run_write(const common& options, const write_arguments& arguments);
void run_dump(const common& options, const dump_arguments& arguments);

/// \returns whether all files are right
bool run_check(const common& options, const check_arguments& arguments);
void run_doc(const common& options, const doc_arguments& arguments);
void run_import(const common& options, const import_arguments& arguments);
void run_export(const common& options, const export_arguments& arguments);
void run_save(const common& options, const save_arguments& arguments);
void run_restore(const common& options, const restore_arguments& arguments);
/// \returns whether anything differs
bool run_diff(const common& options, const restore_arguments& arguments);
void run_watch(const common& options, const watch_arguments& arguments);

void run_reset(const common& options, const reset_arguments& arguments);
void run_reload(const common& options, const reload_arguments& arguments);
void run_remove(const common& options, const remove_arguments& arguments);
void run_rescan(const common& options, const rescan_arguments& arguments);
/// \returns exit status, that of the program where there is one
int run_claim(const common& options, const claim_arguments& arguments);
/// \returns whether all is well
bool run_health(const common& options, const health_arguments& arguments);
void run_monitor(const common& options, const monitor_arguments& arguments);
void run_irq(const common& options, const irq_arguments& arguments);
/// \returns exit status, that of the program where there is one
int run_trace(const common& options, const trace_arguments& arguments);
/// \returns whether all is well
bool run_doctor(const common& options, const doctor_arguments& arguments);

upciedev::crate open_crate(const common& options);
/// \p name: slot number, alias, board name, "slot:4" or "pci:0000:03:00.0".
upciedev::board open_board(const common& options, const std::string& name);
upciedev::board open_board(const upciedev::crate& crate, const std::string& name);
/// Tell a person at a terminal that what was written to a simulated board ends with this command.
void tell_if_lost(const common& options, const upciedev::board& board);

} // namespace cli
