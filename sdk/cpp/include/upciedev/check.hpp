// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// One thing that is wrong with a board or crate file.
struct file_problem {
    int line = 0;   ///< from 1; 0: of the file as a whole
    int column = 0; ///< from 1, in bytes
    std::string what;
    std::string remedy; ///< may be empty
    std::string text;   ///< the line
};

enum class file_kind : std::uint8_t { unknown, board, crate };

/// What a look at a whole board or crate file found.
struct UPCIEDEV_API file_report {
    std::string file;
    file_kind kind = file_kind::unknown;
    std::string name;                   ///< of the board or crate; may be empty
    std::size_t registers = 0;          ///< of a board, arrays counted once
    std::size_t areas = 0;              ///< of a board
    std::size_t slots = 0;              ///< of a crate
    std::vector<file_problem> problems; ///< in the order of the file
    bool complete = true; ///< false: behind the last problem the file could not be understood
};

/// Finds all that is wrong with a board or crate file, where loading it stops at the first. For a
/// crate also whether its board files load and have what it simulates. Throws nothing for a bad
/// file.
UPCIEDEV_API file_report check_file(const std::filesystem::path& file);
/// The same from text; \p name stands for the file, and board files are looked for beside it.
UPCIEDEV_API file_report check_text(std::string_view text, const std::string& name);

} // namespace v1
} // namespace upciedev
