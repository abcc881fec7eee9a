// SPDX-License-Identifier: BSD-3-Clause
#include "files/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

namespace {
constexpr std::size_t most_errors = 100; // a file with more is something else altogether
} // namespace

std::string diagnostics::where(text_mark at) const {
    return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

void diagnostics::report(text_mark at, std::string what, std::string remedy) {
    found_.push_back({at, std::move(what), std::move(remedy)});
    if (found_.size() >= most_errors) throw end_of_reading{};
}

void diagnostics::give_up(text_mark at, std::string what, std::string remedy) {
    found_.push_back({at, std::move(what), std::move(remedy)});
    throw end_of_reading{};
}

std::vector<finding> diagnostics::sorted() const {
    auto findings = found_;
    std::stable_sort(findings.begin(), findings.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return findings;
}

void diagnostics::throw_first() const {
    if (found_.empty()) return;
    const auto first = sorted().front();
    throw error(errc::bad_board_file, where(first.at), first.what, first.remedy);
}

} // namespace upciedev::inline v1::detail
