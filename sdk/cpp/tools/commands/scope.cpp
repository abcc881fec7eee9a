// SPDX-License-Identifier: BSD-3-Clause
#include "commands/dma.hpp"
#include "output/plot.hpp"
#include "output/table.hpp"
#include "syntax/sequence.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace cli {
namespace {

constexpr std::size_t width = 60, height = 4; // characters of a curve

std::chrono::nanoseconds patience(const scope_arguments& arguments) {
    return std::chrono::ceil<std::chrono::nanoseconds>(
        std::chrono::duration<double>(arguments.timeout_s));
}

/// Subscribes, does the steps, and waits.
void prepare(const upciedev::board& board, const scope_arguments& arguments) {
    std::optional<upciedev::irq> on;
    if (!arguments.on.empty()) on = board.irq(arguments.on);
    sequence steps(board, false, std::chrono::seconds(1));
    for (const auto& text : arguments.steps)
        steps.add(parse_statement(board, text));
    steps.run();
    if (on && !on->wait(patience(arguments)))
        throw upciedev::error(upciedev::errc::timeout, board.label() + ": " + arguments.on,
                              fmt::format("no interrupt in {:g} seconds", arguments.timeout_s),
                              "arm the board: --set CTRL.ARM=1, and see that its trigger comes");
}

std::vector<std::string> shown_channels(const upciedev::traces& traces,
                                        const scope_arguments& arguments) {
    for (const auto& name : arguments.channels)
        (void)traces.at(name);
    return arguments.channels.empty() ? traces.names() : arguments.channels;
}

void write_csv(const std::string& file, const upciedev::traces& traces,
               const std::vector<std::string>& names) {
    std::ofstream out(file);
    for (std::size_t i = 0; i < names.size(); ++i)
        out << (i == 0 ? "" : ",") << names[i];
    out << '\n';
    for (std::size_t sample = 0; sample < traces.samples(); ++sample)
        for (std::size_t i = 0; i < names.size(); ++i)
            out << fmt::format("{}{:.9g}{}", i == 0 ? "" : ",", traces.at(names[i])[sample],
                               i + 1 == names.size() ? "\n" : "");
    out.close();
    if (!out)
        throw upciedev::error(upciedev::errc::io_error, file, "cannot be written",
                              "is there room, and may you write there?");
}

void print_json(const upciedev::traces& traces, const std::vector<std::string>& names) {
    nlohmann::ordered_json all;
    for (const auto& name : names)
        all[name] = std::vector<double>(traces.at(name).begin(), traces.at(name).end());
    fmt::print("{}\n", all.dump());
}

void print_curves(const upciedev::traces& traces, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        const auto samples = traces.at(name);
        const auto [least, most] = std::ranges::minmax(samples);
        fmt::print("{}  {:.4g} to {:.4g}\n", paint(style::bold, name), least, most);
        for (const auto& line : draw_curve(samples, width, height, utf8_wanted()))
            fmt::print("  {}\n", paint(style::green, line));
    }
}

} // namespace

void run_scope(const common& options, const scope_arguments& arguments) {
    const auto board = open_board(options, arguments.board);
    const auto area = board.area(arguments.area);
    prepare(board, arguments);
    const auto traces = area.dma_traces(arguments.first, arguments.samples, patience(arguments));
    const auto names = shown_channels(traces, arguments);
    if (!arguments.csv.empty()) write_csv(arguments.csv, traces, names);
    if (!arguments.png.empty()) {
        std::vector<std::span<const double>> curves;
        curves.reserve(names.size());
        for (const auto& name : names)
            curves.push_back(traces.at(name));
        write_png(arguments.png, curves);
    }
    if (options.json) return print_json(traces, names);
    if (arguments.csv.empty() && arguments.png.empty()) print_curves(traces, names);
}

} // namespace cli
