// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/output.hpp"
#include "syntax/sequence.hpp"

namespace cli {

void run_read(const common& options, const read_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    sequence reads(board, false, {});
    for (const auto& text : arguments.targets)
        reads.add({verb::read, find_target(board, text), {}});
    const auto results = reads.run();
    if (options.json) return print_json(board, results);
    if (arguments.values) return print_values(results, arguments.hex);
    print_table(results, arguments.hex);
}

} // namespace cli
