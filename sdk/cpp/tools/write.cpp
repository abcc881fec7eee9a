// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "output.hpp"
#include "sequence.hpp"

namespace cli {

void run_write(const common& options, const write_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    sequence steps(board, arguments.raw, std::chrono::milliseconds(arguments.timeout_ms));
    bool writes = false;
    for (const auto& text : arguments.statements) {
        const auto step = parse_statement(board, text);
        writes = writes || step.what == verb::write;
        steps.add(step);
    }
    const auto results = steps.run();
    if (writes) tell_if_lost(options, board);
    if (options.json) return print_json(board, results);
    print_table(results, arguments.raw);
}

} // namespace cli
