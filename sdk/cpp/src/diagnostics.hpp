// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

#include <compare>
#include <string>
#include <utility>
#include <vector>

namespace upciedev::inline v1::detail {

/// A place in a text, counted from 1.
struct text_mark {
    int line = 1;
    int column = 1;
    // clang-tidy 14 takes the comparison with 0 that the compiler writes for a null pointer.
    auto operator<=>(const text_mark&) const = default; // NOLINT(modernize-use-nullptr)
};

/// Collects what is wrong with a file, so that a reader can go on behind an error.
class diagnostics {
  public:
    explicit diagnostics(std::string file) : file_(std::move(file)) {}

    void report(text_mark at, std::string what, std::string remedy = {});
    [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
    /// \throws error bad_board_file, the one that comes first in the file, if there is any
    void throw_first() const;
    [[nodiscard]] std::string where(text_mark at) const;
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    std::string file_;
    std::vector<std::pair<text_mark, error>> found_;
};

} // namespace upciedev::inline v1::detail
