// SPDX-License-Identifier: BSD-3-Clause
// `upciedev dma` and `upciedev scope`.
#pragma once

#include "commands/commands.hpp"

namespace cli {

struct dma_arguments {
    std::string board;
    std::string channel;
    std::uint64_t offset = 0; ///< bytes into the board's memory
    std::uint64_t length = 0; ///< bytes, of a frame too; 0: to the end of the memory
    std::string file;         ///< empty: standard output
    double timeout_s = 10;
    unsigned depth = 16; ///< of a stream
    std::uint64_t step = 0, count = 0;
    std::vector<std::string> on; ///< interrupts that move a frame
};

struct scope_arguments {
    std::string board;
    std::string area;
    std::vector<std::string> channels; ///< empty: all
    std::vector<std::string> steps;    ///< before it reads, as `write` takes them
    std::string on;                    ///< waits for this interrupt
    std::uint64_t first = 0;
    std::size_t samples = 1000;
    double timeout_s = 10;
    std::string csv, png; ///< files
};

void run_dma_read(const common& options, const dma_arguments& arguments);
void run_dma_write(const common& options, const dma_arguments& arguments);
void run_dma_stream(const common& options, const dma_arguments& arguments);
void run_dma_check(const common& options, const dma_arguments& arguments);
void run_scope(const common& options, const scope_arguments& arguments);

} // namespace cli
