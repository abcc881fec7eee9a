// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/capabilities.hpp>

#include <array>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::array<std::string_view, 11> words{"mapping",    "batch",    "poll",  "modify",
                                                 "interrupts", "dma",      "peer",  "reset",
                                                 "claim",      "hot-plug", "shared"};
static_assert(static_cast<std::size_t>(capability::shared) + 1 == words.size());

} // namespace

std::string_view name(capability what) noexcept {
    const auto number = static_cast<std::size_t>(what);
    return number < words.size() ? words.at(number) : "unknown";
}

std::vector<std::string> capability_set::names() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (has(static_cast<capability>(i))) all.emplace_back(words.at(i));
    return all;
}

} // namespace v1
} // namespace upciedev
