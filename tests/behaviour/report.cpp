// SPDX-License-Identifier: BSD-3-Clause
#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace behaviour {
namespace {

std::string skip_reason(const ::testing::TestResult& result) {
    for (int i = 0; i < result.total_part_count(); ++i)
        if (const auto& part = result.GetTestPartResult(i); part.skipped()) {
            std::string message = part.message();
            std::ranges::replace(message, '\n', ' ');
            message.erase(message.find_last_not_of(' ') + 1);
            return message;
        }
    return {};
}

std::string visited_boards(const ::testing::TestResult& result) {
    for (int i = 0; i < result.test_property_count(); ++i)
        if (const auto& property = result.GetTestProperty(i);
            std::string_view(property.key()) == "boards")
            return property.value();
    return {};
}

/// "crate_row" "opens a board by name" as a sentence.
std::string sentence(const ::testing::TestInfo& test) {
    std::string suite = test.test_suite_name();
    suite.erase(suite.rfind("_row"));
    std::string text = suite + " " + test.name();
    std::ranges::replace(text, '_', ' ');
    return text;
}

std::vector<outcome_of_row> earlier(const std::string& file) {
    std::vector<outcome_of_row> rows;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream cells(line);
        outcome_of_row row;
        std::getline(cells, row.crate, '\t');
        std::getline(cells, row.row, '\t');
        std::getline(cells, row.result, '\t');
        std::getline(cells, row.detail, '\t');
        rows.push_back(std::move(row));
    }
    return rows;
}

template <class Get>
std::vector<std::string> distinct(const std::vector<outcome_of_row>& rows, Get get) {
    std::vector<std::string> result;
    for (const auto& row : rows)
        if (std::ranges::find(result, row.*get) == result.end()) result.push_back(row.*get);
    return result;
}

void print_matrix(const std::vector<outcome_of_row>& rows, const std::vector<std::string>& crates) {
    std::map<std::pair<std::string, std::string>, std::string> results;
    for (const auto& row : rows)
        results[{row.row, row.crate}] = row.result;
    for (std::size_t i = 0; i < crates.size(); ++i)
        std::printf("  [%zu] %s\n", i + 1, crates[i].c_str());
    std::printf("\n  %-64s", "row");
    for (std::size_t i = 0; i < crates.size(); ++i)
        std::printf("%-8s", ("[" + std::to_string(i + 1) + "]").c_str());
    std::printf("\n");
    for (const auto& name : distinct(rows, &outcome_of_row::row)) {
        std::printf("  %-64s", name.c_str());
        for (const auto& crate : crates)
            std::printf("%-8s", results[{name, crate}].c_str());
        std::printf("\n");
    }
}

void print_skipped(const std::vector<outcome_of_row>& rows,
                   const std::vector<std::string>& crates) {
    for (std::size_t i = 0; i < crates.size(); ++i)
        for (const auto& row : rows)
            if (row.crate == crates[i] && row.result == "-")
                std::printf("  [%zu] %s: %s\n", i + 1, row.row.c_str(), row.detail.c_str());
}

} // namespace

void collector::OnTestEnd(const ::testing::TestInfo& test) {
    const auto& result = *test.result();
    const bool skipped = result.Skipped();
    rows_.push_back({crate_, sentence(test),
                     result.Failed() ? "FAILED"
                     : skipped       ? "-"
                                     : "ok",
                     skipped ? skip_reason(result) : visited_boards(result)});
}

unsigned collector::exercised() const noexcept {
    return static_cast<unsigned>(std::ranges::count(rows_, "ok", &outcome_of_row::result));
}

std::vector<outcome_of_row> keep_report(const std::string& file,
                                        const std::vector<outcome_of_row>& rows) {
    if (file.empty()) return rows;
    auto all = earlier(file);
    const auto& crate = rows.front().crate;
    std::erase_if(all, [&](const auto& row) { return row.crate == crate; });
    all.insert(all.end(), rows.begin(), rows.end());
    std::ofstream out(file, std::ios::trunc);
    for (const auto& row : all)
        out << row.crate << '\t' << row.row << '\t' << row.result << '\t' << row.detail << '\n';
    if (!out.flush()) std::fprintf(stderr, "cannot write %s\n", file.c_str());
    return all;
}

void write_results(const std::vector<outcome_of_row>& rows) {
    const char* file = std::getenv("UPCIEDEV_RESULTS"); // NOLINT(concurrency-mt-unsafe)
    if (file == nullptr) return;
    std::ofstream out(file, std::ios::app);
    for (const auto& row : rows)
        out << (row.result == "ok"  ? "pass"
                : row.result == "-" ? "skip"
                                    : "fail")
            << '\t' << row.crate << ": " << row.row << '\t' << row.detail << '\n';
    if (!out.flush()) std::fprintf(stderr, "cannot write %s\n", file);
}

void print_report(const std::vector<outcome_of_row>& rows) {
    const auto crates = distinct(rows, &outcome_of_row::crate);
    std::printf("\nBehaviour (ok: exercised, -: skipped)\n");
    print_matrix(rows, crates);
    std::printf("\nSkipped because\n");
    print_skipped(rows, crates);
}

} // namespace behaviour
