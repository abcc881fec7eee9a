// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/output.hpp"
#include "syntax/sequence.hpp"

#include <fmt/core.h>

namespace cli {
namespace {

/// The enable bits that a statement writes to: those of a register that the board file names.
std::uint64_t enable_bits_of(const upciedev::board& board, const target& to) {
    const upciedev::basic_reg* reg = nullptr;
    std::uint64_t mask = ~std::uint64_t{0};
    if (const auto* whole = std::get_if<register_target>(&to.what)) reg = &whole->reg;
    if (const auto* part = std::get_if<field_target>(&to.what)) {
        reg = &part->reg;
        mask = part->field.description().mask();
    }
    if (reg == nullptr || !reg->description().enables_interrupts) return 0;
    const auto& all = *board.description();
    return all.enable_bits(all.find_register(reg->path())) & mask;
}

/// Else the write would look as if it had failed.
void say_what_is_kept(const upciedev::board& board, const statement& step) {
    if (step.what != verb::write || enable_bits_of(board, step.on) == 0 ||
        !board.way().capabilities().has(upciedev::capability::interrupts))
        return;
    fmt::print(stderr,
               "upciedev: {}: its enable bits stay as they are: the driver sets them while a "
               "program waits for the interrupt, as upciedev irq does\n",
               step.on.name);
}

} // namespace

void run_write(const common& options, const write_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    sequence steps(board, arguments.raw, std::chrono::milliseconds(arguments.timeout_ms));
    bool writes = false;
    for (const auto& text : arguments.statements) {
        const auto step = parse_statement(board, text);
        writes = writes || step.what == verb::write;
        say_what_is_kept(board, step);
        steps.add(step);
    }
    const auto results = steps.run();
    if (writes) tell_if_lost(options, board);
    if (options.json) return print_json(board, results);
    print_table(results, arguments.raw);
}

} // namespace cli
