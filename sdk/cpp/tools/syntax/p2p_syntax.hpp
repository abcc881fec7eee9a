// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "p2p/p2p.hpp"

#include <CLI/CLI.hpp>

namespace cli {

/// \param right false after a test that failed
void add_p2p_commands(CLI::App& app, const common& options, p2p_arguments& arguments, bool& right);

} // namespace cli
