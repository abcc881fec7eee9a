// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace upciedev::inline v1::detail {

/// Longest canonical path that a board file may make, and the same with all indices written out.
inline constexpr std::size_t longest_canonical_path = 160;
inline constexpr std::size_t longest_path = longest_canonical_path + 40;
inline constexpr std::size_t most_repeats = 4;

/// A register path as a user writes it, split without allocation into the canonical path
/// ("adc.ch[].GAIN") and the indices. Both "adc.ch[3].GAIN" and "adc.ch.3.GAIN" are understood.
class register_path {
  public:
    explicit register_path(std::string_view path) noexcept : valid_(parse(path)) {}

    /// False: too long, too many or malformed indices. Then no register has this path.
    [[nodiscard]] bool valid() const noexcept { return valid_; }
    [[nodiscard]] std::string_view canonical() const noexcept { return {text_.data(), size_}; }
    [[nodiscard]] const std::array<std::uint32_t, most_repeats>& indices() const noexcept {
        return indices_;
    }
    [[nodiscard]] std::size_t index_count() const noexcept { return count_; }

    /// Of the canonical path.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t sum = size_;
        for (std::size_t i = 0; i < size_; i += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, text_.data() + i, 8); // the text is padded with eight zeros
            sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
            sum ^= sum >> 32U;
        }
        return sum;
    }

  private:
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

    static constexpr auto special = [] {
        std::array<bool, 256> table{};
        for (const char c : {'[', '.', '\0'})
            table[static_cast<unsigned char>(c)] = true;
        return table;
    }();

    static bool begins_index(const char* at) noexcept {
        return *at == '[' || (*at == '.' && is_digit(at[1]));
    }

    /// The text is copied with zeros behind it, so that the search needs no test of the end.
    bool parse(std::string_view path) noexcept {
        if (path.empty() || path.size() > longest_path) return false;
        char* at = text_.data();
        char* const end = at + path.size();
        std::memcpy(at, path.data(), path.size());
        std::memset(end, 0, 8);
        for (;; ++at) {
            while (!special[static_cast<unsigned char>(*at)])
                ++at;
            if (at == end) break;
            if (begins_index(at)) return cut_indices(at, end);
        }
        size_ = path.size();
        return true;
    }

    /// From the first index on, the text moves down over the digits.
    bool cut_indices(char* at, const char* end) noexcept {
        char* out = at;
        while (at != end) {
            if (!begins_index(at)) {
                *out++ = *at++;
                continue;
            }
            at = index(at + 1, *at == '[');
            if (at == nullptr) return false;
            *out++ = '[';
            *out++ = ']';
        }
        size_ = static_cast<std::size_t>(out - text_.data());
        std::memset(out, 0, 8);
        return true;
    }

    /// One index up to and with its closing bracket. \returns what follows, or nullptr
    char* index(char* at, bool bracket) noexcept {
        const char* const first = at;
        std::uint64_t number = 0;
        for (; is_digit(*at) && at - first < 10; ++at)
            number = number * 10 + static_cast<unsigned>(*at - '0');
        if (at == first || number > UINT32_MAX || count_ == most_repeats) return nullptr;
        if (bracket ? *at != ']' : *at != '.' && *at != '\0') return nullptr;
        indices_[count_++] = static_cast<std::uint32_t>(number);
        return bracket ? at + 1 : at;
    }

    // Left uninitialised where it is not written: this stands in the way of every look-up.
    std::array<char, longest_path + 8> text_; // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::size_t size_ = 0;
    std::array<std::uint32_t, most_repeats> indices_{};
    std::size_t count_ = 0;
    bool valid_;
};

} // namespace upciedev::inline v1::detail
