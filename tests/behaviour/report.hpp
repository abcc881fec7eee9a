// SPDX-License-Identifier: BSD-3-Clause
// What a run exercised, and the table of all runs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace behaviour {

/// One row of one run.
struct outcome_of_row {
    std::string crate; ///< "sysfs", "sim:devices/crates/demo.yaml"
    std::string row;
    std::string result; ///< "ok", "FAILED", "-" (skipped)
    std::string detail; ///< boards that were visited, or why it was skipped
};

/// Collects the rows of this run.
class collector : public ::testing::EmptyTestEventListener {
  public:
    explicit collector(std::string crate) : crate_(std::move(crate)) {}
    void OnTestEnd(const ::testing::TestInfo& test) override;
    [[nodiscard]] const std::vector<outcome_of_row>& rows() const noexcept { return rows_; }
    [[nodiscard]] unsigned exercised() const noexcept;

  private:
    std::string crate_;
    std::vector<outcome_of_row> rows_;
};

/// Adds \p rows to those of earlier runs in \p file (empty: no file). \returns all of them
std::vector<outcome_of_row> keep_report(const std::string& file,
                                        const std::vector<outcome_of_row>& rows);
/// Lines "pass|fail|skip<TAB>name<TAB>detail" for ./dev test, where $UPCIEDEV_RESULTS names a file.
void write_results(const std::vector<outcome_of_row>& rows);
/// Rows down, runs across; below it why rows were skipped.
void print_report(const std::vector<outcome_of_row>& rows);

} // namespace behaviour
