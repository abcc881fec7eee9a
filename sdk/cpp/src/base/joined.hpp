// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>

#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev::inline v1::detail {

/// fmt::join of what \p text makes of each item: a member, or something to call. Not of std::views,
/// which clang 14 does not compile.
template <class Items, class Text>
std::string joined(const Items& items, const Text& text, std::string_view between = ", ") {
    std::vector<std::string> words;
    words.reserve(std::size(items));
    for (const auto& item : items)
        words.emplace_back(std::invoke(text, item));
    return fmt::format("{}", fmt::join(words, between));
}

} // namespace upciedev::inline v1::detail
