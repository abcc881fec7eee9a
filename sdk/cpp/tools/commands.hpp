// SPDX-License-Identifier: BSD-3-Clause
// What each subcommand takes and does. Only main.cpp knows the command line's syntax.
#pragma once

#include <upciedev/crate.hpp>

#include <string>
#include <vector>

namespace cli {

/// Options that every subcommand understands.
struct common {
    std::string crate; ///< URI; empty: $UPCIEDEV_CRATE, else local
    std::vector<std::string> devices;
    std::string names; ///< crate file with aliases and board files of this machine's slots
    bool json = false;
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

void run_ls(const common& options, const ls_arguments& arguments);
void run_info(const common& options, const info_arguments& arguments);
void run_read(const common& options, const read_arguments& arguments);
void run_write(const common& options, const write_arguments& arguments);
void run_dump(const common& options, const dump_arguments& arguments);

/// \returns whether all files are right
bool run_check(const common& options, const check_arguments& arguments);
void run_doc(const common& options, const doc_arguments& arguments);

upciedev::crate open_crate(const common& options);
/// \p name: slot number, alias, board name, "slot:4" or "pci:0000:03:00.0".
upciedev::board open_board(const common& options, const std::string& name);

} // namespace cli
