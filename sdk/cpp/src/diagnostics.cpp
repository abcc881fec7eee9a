// SPDX-License-Identifier: BSD-3-Clause
#include "diagnostics.hpp"

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
    found_.emplace_back(at,
                        error(errc::bad_board_file, where(at), std::move(what), std::move(remedy)));
    if (found_.size() >= most_errors) throw_first();
}

void diagnostics::throw_first() const {
    const auto first =
        std::min_element(found_.begin(), found_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    if (first != found_.end()) throw first->second;
}

} // namespace upciedev::inline v1::detail
