// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "commands/dma.hpp"

#include <CLI/CLI.hpp>

namespace cli {

/// What the subcommands `dma` and `scope` were told.
struct dma_syntax {
    dma_arguments dma;
    scope_arguments scope;
};

void add_dma_commands(CLI::App& app, const common& options, dma_syntax& arguments);

} // namespace cli
