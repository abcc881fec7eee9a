// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "commands/interrupts.hpp"
#include "output/naming.hpp"
#include "output/table.hpp"
#include "syntax/sequence.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

std::vector<reading> single(const std::vector<anything>& results) {
    std::vector<reading> list;
    list.reserve(results.size());
    for (const auto& each : results)
        list.push_back(std::get<reading>(each));
    return list;
}

std::string value_text(const reading& what, bool as_hex) {
    auto bits = hex(what.raw, what.width);
    if (as_hex) return bits;
    auto text = engineering(what);
    for (const auto& more : {bits, fields_text(what)})
        if (!more.empty()) text += (text.empty() ? "" : "  ") + more;
    return text;
}

/// Shows round after round of readings; remembers the last.
class display {
  public:
    display(const common& options, const watch_arguments& arguments, std::string board)
        : json_(options.json), hex_(arguments.hex), all_(arguments.all), board_(std::move(board)) {}

    void show(std::vector<reading> now) {
        if (output_is_terminal() && !json_)
            redraw(now);
        else
            print_lines(now);
        if (std::fflush(stdout) != 0)
            throw error(errc::io_error, "standard output", "cannot be written");
        last_ = std::move(now);
    }

  private:
    [[nodiscard]] bool changed(const std::vector<reading>& now, std::size_t i) const {
        return !last_.empty() && last_[i].raw != now[i].raw;
    }
    void redraw(const std::vector<reading>& now) const {
        if (!last_.empty()) fmt::print("\x1b[{}A", last_.size() + 1);
        fmt::print("{}\x1b[K\n", paint(style::dim, board_ + "  " + utc_now()));
        std::size_t width = 0;
        for (const auto& each : now)
            width = std::max(width, display_width(each.name));
        for (std::size_t i = 0; i < now.size(); ++i)
            fmt::print("{}{}  {}\x1b[K\n", paint(style::bold, now[i].name),
                       std::string(width - display_width(now[i].name), ' '),
                       paint(changed(now, i) ? style::yellow : style::plain,
                             value_text(now[i], hex_) + (changed(now, i) ? " *" : "")));
    }
    void print_lines(const std::vector<reading>& now) const {
        const auto time = utc_now();
        for (std::size_t i = 0; i < now.size(); ++i)
            if (all_ || last_.empty() || changed(now, i)) print_line(time, now[i]);
    }
    void print_line(const std::string& time, const reading& what) const {
        if (!json_) return fmt::print("{}  {}  {}\n", time, what.name, value_text(what, hex_));
        nlohmann::ordered_json json{{"time", time}, {"board", board_}};
        json.update(to_json(what));
        fmt::print("{}\n", json.dump());
    }

    bool json_, hex_, all_;
    std::string board_;
    std::vector<reading> last_;
};

void add_target(sequence& reads, const target& what) {
    const auto* bar = std::get_if<bar_target>(&what.what);
    if (std::holds_alternative<area_target>(what.what) || (bar != nullptr && bar->count))
        throw error(errc::not_supported, what.name, "only single registers can be watched",
                    "read shows areas and blocks");
    reads.add({verb::read, what, {}});
}

/// Whatever it waits for: there is nothing to put in order.
std::vector<reading> read_round(sequence& reads, const interrupts& ctrl_c) {
    const interrupts::at_once ends(ctrl_c);
    return single(reads.run());
}

} // namespace

void run_watch(const common& options, const watch_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    sequence reads(board, false, {});
    for (const auto& text : arguments.targets)
        add_target(reads, find_target(board, text));
    const auto period = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(arguments.period_s));
    const interrupts ctrl_c;
    display screen(options, arguments, board.label());
    auto next = std::chrono::steady_clock::now();
    for (std::uint64_t round = 1;; ++round) {
        auto results = read_round(reads, ctrl_c);
        if (!ctrl_c.until_writable(STDOUT_FILENO)) return;
        screen.show(std::move(results));
        next += period;
        if (round == arguments.count || ctrl_c.until(next)) return;
    }
}

} // namespace cli
