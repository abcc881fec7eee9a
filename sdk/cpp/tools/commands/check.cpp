// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "output/table.hpp"

#include <upciedev/check.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cli {
namespace {

using upciedev::file_problem;
using upciedev::file_report;

constexpr std::size_t longest_excerpt = 100; // bytes of a line that are shown

std::string kind_name(upciedev::file_kind kind) {
    if (kind == upciedev::file_kind::board) return "board";
    return kind == upciedev::file_kind::crate ? "crate" : "";
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// A piece of text around a place in it, and the white space that stands below what is before.
struct excerpt {
    std::string text;
    std::string margin;
};

excerpt cut_around(const std::string& line, std::size_t place) {
    std::size_t begin = place > longest_excerpt / 2 ? place - longest_excerpt / 2 : 0;
    if (line.size() <= longest_excerpt) begin = 0;
    while (begin < line.size() && continues_character(line[begin]))
        ++begin;
    std::size_t end = std::min(line.size(), begin + longest_excerpt);
    while (end < line.size() && continues_character(line[end]))
        ++end;
    excerpt piece{line.substr(begin, end - begin), begin == 0 ? "" : "   "};
    for (std::size_t i = begin; i < place && i < line.size(); ++i)
        if (!continues_character(line[i])) piece.margin += line[i] == '\t' ? '\t' : ' ';
    for (char& c : piece.text)
        if (static_cast<unsigned char>(c) < ' ' && c != '\t') c = '?';
    piece.text = (begin == 0 ? "" : "...") + piece.text + (end == line.size() ? "" : "...");
    return piece;
}

void print_excerpt(const std::string& line, int column) {
    const auto place = static_cast<std::size_t>(column) - 1;
    if (line.empty() || place > line.size()) return; // behind the end of the file
    const auto piece = cut_around(line, place);
    fmt::print("    {}\n    {}{}\n", piece.text, piece.margin, paint(style::green, "^"));
}

std::string place_text(const file_report& report, const file_problem& problem) {
    if (problem.line == 0) return report.file;
    return fmt::format("{}:{}:{}", report.file, problem.line, problem.column);
}

void print_problem(const file_report& report, const file_problem& problem) {
    fmt::print("{}: {}{}{}\n", paint(style::bold, place_text(report, problem)),
               paint(style::red, problem.what), problem.remedy.empty() ? "" : "; ", problem.remedy);
    if (problem.line != 0) print_excerpt(problem.text, problem.column);
}

void print_right(const file_report& report) {
    const bool is_crate = report.kind == upciedev::file_kind::crate;
    fmt::print("{}: {} {}, {}\n", report.file, kind_name(report.kind), report.name,
               is_crate
                   ? counted(report.slots, "slot")
                   : counted(report.registers, "register") + ", " + counted(report.areas, "area"));
}

/// Nothing for a file that could not be read at all.
std::string_view remark(const file_report& report) {
    const bool ended_early = !report.complete && report.problems.back().line != 0;
    return ended_early ? "; what stands behind the last one was not looked at" : "";
}

void print_report(const file_report& report) {
    if (report.problems.empty()) return print_right(report);
    for (const auto& problem : report.problems)
        print_problem(report, problem);
    fmt::print("{}: {}{}\n", report.file, counted(report.problems.size(), "error"), remark(report));
}

nlohmann::ordered_json to_json(const file_report& report) {
    nlohmann::ordered_json result{{"file", report.file},
                                  {"kind", kind_name(report.kind)},
                                  {"name", report.name},
                                  {"complete", report.complete}};
    result["problems"] = nlohmann::ordered_json::array();
    for (const auto& [line, column, what, remedy, text] : report.problems)
        result["problems"].push_back({{"line", line},
                                      {"column", column},
                                      {"what", what},
                                      {"remedy", remedy},
                                      {"text", text}});
    return result;
}

void print_json(const std::vector<file_report>& reports) {
    nlohmann::ordered_json result{{"files", nlohmann::ordered_json::array()}};
    for (const auto& report : reports)
        result["files"].push_back(to_json(report));
    // Texts of a broken file may be no UTF-8.
    fmt::print("{}\n", result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool deviates(const upciedev::crate_entry& board) {
    return board.expected != upciedev::expectation::none &&
           board.expected != upciedev::expectation::met;
}

nlohmann::ordered_json to_json(const upciedev::crate_entry& board) {
    return {{"crate", board.crate},
            {"slot", board.slot ? nlohmann::ordered_json(*board.slot) : nullptr},
            {"board", board.name},
            {"address", board.pci_address},
            {"expected", upciedev::word_of(board.expected)},
            {"remark", board.remark}};
}

/// The boards of the crate against those that its file expects.
bool check_boards(const common& options) {
    const auto crate = open_crate(options);
    std::vector<upciedev::crate_entry> wrong;
    std::size_t right = 0;
    for (const auto& board : crate.list()) {
        if (deviates(board)) wrong.push_back(board);
        if (board.expected == upciedev::expectation::met) ++right;
    }
    if (options.json) {
        nlohmann::ordered_json result{{"crate", crate.uri()}, {"as_expected", right}};
        result["problems"] = nlohmann::ordered_json::array();
        for (const auto& board : wrong)
            result["problems"].push_back(to_json(board));
        fmt::print("{}\n", result.dump(2));
        return wrong.empty();
    }
    for (const auto& board : wrong)
        fmt::print("{} slot {}: {}\n", board.crate, board.slot.value_or(0),
                   paint(style::red, board.remark));
    if (right == 0 && wrong.empty())
        fmt::print("{}: no board is expected; give slots 'expected' in the crate file\n",
                   crate.uri());
    else
        fmt::print("{}: {} as expected, {} not\n", crate.uri(), counted(right, "board"),
                   wrong.size());
    return wrong.empty();
}

} // namespace

bool run_check(const common& options, const check_arguments& arguments) {
    if (arguments.files.empty()) return check_boards(options);
    std::vector<file_report> reports;
    for (const auto& file : arguments.files) {
        reports.push_back(upciedev::check_file(file));
        if (!options.json) print_report(reports.back());
    }
    if (options.json) print_json(reports);
    return std::ranges::all_of(reports, [](const auto& report) { return report.problems.empty(); });
}

} // namespace cli
