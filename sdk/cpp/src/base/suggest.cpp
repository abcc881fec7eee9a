// SPDX-License-Identifier: BSD-3-Clause
#include "base/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::size_t longest_word = 128; // longer ones are not typing errors
constexpr std::size_t most_suggestions = 3;
constexpr std::size_t case_cost = 1;
constexpr std::size_t edit_cost = 2;

bool same_letter(char a, char b) noexcept {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
}

std::size_t substitution_cost(char a, char b) noexcept {
    if (a == b) return 0;
    return same_letter(a, b) ? case_cost : edit_cost;
}

/// Levenshtein distance with swapped neighbours as one edit; a wrong case is half an edit.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j * edit_cost;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i * edit_cost;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + edit_cost, row[j - 1] + edit_cost,
                               last[j - 1] + substitution_cost(a[i - 1], b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + edit_cost);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

} // namespace

std::string any_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i != 0) text += i + 1 == names.size() ? " or " : ", ";
        text += names[i];
    }
    return text;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
    if (wanted.size() > longest_word) return {};
    // About one edit in three letters; a pure difference of case is near however long it is.
    const std::size_t limit = std::max(wanted.size() * edit_cost / 3, edit_cost);
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const auto& name : names) {
        if (name.size() > longest_word) continue;
        const bool same_letters =
            std::equal(wanted.begin(), wanted.end(), name.begin(), name.end(), same_letter);
        const auto cost = same_letters ? case_cost : distance(wanted, name);
        if (cost <= limit) near.emplace_back(cost, "'" + name + "'");
    }
    std::sort(near.begin(), near.end());
    std::vector<std::string> best;
    for (const auto& [cost, name] : near)
        if (best.size() < most_suggestions && cost <= near.front().first + case_cost)
            best.push_back(name);
    return best.empty() ? std::string() : "did you mean " + any_of(best) + "?";
}

} // namespace upciedev::inline v1::detail
