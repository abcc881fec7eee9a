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

/// One thing that is wrong with a file.
struct finding {
    text_mark at;
    std::string what;
    std::string remedy;
};

/// Collects what is wrong with a file, so that a reader can go on behind an error.
class diagnostics {
  public:
    explicit diagnostics(std::string file) : file_(std::move(file)) {}

    void report(text_mark at, std::string what, std::string remedy = {});
    /// For what leaves nothing sensible to read behind it: ends the reader that collect() runs.
    [[noreturn]] void give_up(text_mark at, std::string what, std::string remedy = {});
    /// \returns false when the reader gave up, so that there may be more errors behind the last
    template <class Reader>
    bool collect(Reader&& reader) {
        try {
            reader();
            return true;
        } catch (const end_of_reading&) {
            return false;
        }
    }

    [[nodiscard]] std::size_t count() const noexcept { return found_.size(); }
    /// In the order of the file.
    [[nodiscard]] std::vector<finding> sorted() const;
    /// \throws error bad_board_file, the one that comes first in the file, if there is any
    void throw_first() const;
    [[nodiscard]] std::string where(text_mark at) const;
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    struct end_of_reading {};

    std::string file_;
    std::vector<finding> found_;
};

} // namespace upciedev::inline v1::detail
