// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"
#include "commands/process.hpp"
#include "output/table.hpp"

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <system_error>

namespace cli {
namespace {

using upciedev::errc;
using upciedev::error;

constexpr std::size_t columns_of_a_line = 6;

/// One line of a trace, as docs/cli.md has it.
struct traced_access {
    std::string time, program, board, name, operation, bits;
    std::string more; ///< masks, and why it failed

    [[nodiscard]] bool writes() const { return operation == "write" || operation == "modify"; }
};

std::vector<std::string> split_at_tabs(const std::string& line) {
    std::vector<std::string> parts(1);
    for (const char c : line)
        if (c == '\t')
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

/// \param where file and line, for errors
traced_access parse_access(const std::string& line, const std::string& where) {
    auto parts = split_at_tabs(line);
    if (parts.size() < columns_of_a_line)
        throw error(errc::bad_value, where, "is no line of a trace",
                    "traces are written by: upciedev trace -o FILE -- PROGRAM");
    const auto more =
        fmt::format("{}", fmt::join(std::span(parts).subspan(columns_of_a_line), "  "));
    return {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], more};
}

/// \p wanted is the label "slot 4 vadc8" or a word of it, or slot:4.
bool is_board(const std::string& label, const std::string& wanted) {
    if (wanted.empty() || label == wanted) return true;
    constexpr std::string_view slot = "slot:", pci = "pci:";
    if (wanted.starts_with(slot)) return is_board(label, wanted.substr(slot.size()));
    if (wanted.starts_with(pci)) return is_board(label, wanted.substr(pci.size()));
    return (" " + label + " ").find(" " + wanted + " ") != std::string::npos;
}

/// \p wanted is the whole name or what it begins with, up to a '.' or '['.
bool is_register(const std::string& name, const std::string& wanted) {
    if (!name.starts_with(wanted)) return false;
    if (wanted.empty() || name.size() == wanted.size()) return true;
    const char next = name[wanted.size()];
    return next == '.' || next == '[' || wanted.ends_with('.');
}

bool passes(const traced_access& access, const trace_arguments& filter) {
    return (!filter.writes || access.writes()) && is_board(access.board, filter.board) &&
           is_register(access.name, filter.reg) &&
           (!filter.failed || access.more.find("failed: ") != std::string::npos);
}

void print_access(const traced_access& access) {
    const auto time = access.time.size() > 11 ? access.time.substr(11) : access.time;
    fmt::print("{}  {}  {}  {} {}{}{}\n", paint(style::dim, time),
               paint(style::dim, fmt::format("{:<18}", access.program)),
               paint(style::cyan, fmt::format("{:<14}", access.board)),
               paint(access.writes() ? style::yellow : style::plain,
                     fmt::format("{:<6} {}", access.operation, access.name)),
               access.writes() ? "= " : "-> ", access.bits,
               access.more.empty() ? "" : "  " + access.more);
}

void print_access_json(const traced_access& access) {
    const nlohmann::ordered_json json{
        {"time", access.time}, {"program", access.program},     {"board", access.board},
        {"name", access.name}, {"operation", access.operation}, {"bits", access.bits},
        {"more", access.more}};
    fmt::print("{}\n", json.dump());
}

void show(std::istream& lines, const common& options, const trace_arguments& filter) {
    std::string line;
    for (std::uint64_t number = 1; std::getline(lines, line); ++number) {
        const auto access = parse_access(line, fmt::format("{}:{}", filter.file, number));
        if (!passes(access, filter)) continue;
        if (options.json)
            print_access_json(access);
        else
            print_access(access);
    }
}

std::string last_failure() {
    return std::error_code(errno, std::generic_category()).message();
}

/// An empty file, which the programs then append to. \returns its path from anywhere
std::string begin_trace(const std::string& file) {
    std::ofstream begun(file);
    if (!begun.is_open())
        throw error(errc::io_error, file, "the trace cannot be written: " + last_failure());
    return std::filesystem::absolute(file);
}

int record(const trace_arguments& arguments) {
    const auto file = begin_trace(arguments.output);
    setenv("UPCIEDEV_TRACE", file.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
    return run_program(arguments.program);
}

[[noreturn]] void refuse_arguments() {
    throw error(errc::bad_value, "trace", "neither a trace nor a program is named",
                "upciedev trace FILE shows one, upciedev trace -o FILE -- PROGRAM... records one");
}

} // namespace

int run_trace(const common& options, const trace_arguments& arguments) {
    if (!arguments.program.empty() && !arguments.output.empty()) return record(arguments);
    if (arguments.file.empty() || !arguments.output.empty()) refuse_arguments();
    if (arguments.file == "-") {
        show(std::cin, options, arguments);
        return 0;
    }
    std::ifstream lines(arguments.file);
    if (!lines.is_open())
        throw error(errc::io_error, arguments.file, "cannot be read: " + last_failure());
    show(lines, options, arguments);
    return 0;
}

} // namespace cli
