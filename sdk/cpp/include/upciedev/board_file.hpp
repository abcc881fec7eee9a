// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>
#include <upciedev/error.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace upciedev {
inline namespace v1 {

/// Load a board file (YAML, format 1).
/// \throws error bad_board_file, where() = "file:line:column" of the first error
UPCIEDEV_API board_description_ptr load_board_file(const std::filesystem::path& file);
/// The same from text; \p name stands for the file in errors.
UPCIEDEV_API board_description_ptr parse_board_file(std::string_view text, const std::string& name);

/// A board file, and the entry of its `match` that fitted.
struct library_choice {
    board_description_ptr file; ///< nullptr: none
    const match_description* match = nullptr;
};

/// The board files of some folders; each is parsed at most once, and only if it is needed.
/// Thread-safe.
class UPCIEDEV_API board_library {
  public:
    /// The given folders first, then $UPCIEDEV_DEVICES (':' between), /etc/upciedev/devices,
    /// /usr/local/share/upciedev/devices, /usr/share/upciedev/devices. Folders are searched with
    /// their subfolders, at the first find(). \throws error bad_board_file when a given folder does
    /// not exist
    explicit board_library(std::vector<std::filesystem::path> folders = {});
    ~board_library();
    board_library(board_library&&) noexcept;
    board_library& operator=(board_library&&) noexcept;

    /// Whether the registers of a board say what an entry of a file's `match` wants.
    using identity_test =
        std::function<bool(const board_description_ptr&, const match_description&)>;

    /// The file with the most conditions (ids, registers, firmware) of one match fulfilled; among
    /// equals the one of the folder named first. Registers are asked for only where the ids agree;
    /// without a test such matches do not count. \throws error bad_board_file when a file that may
    /// be the one is wrong, or when several of one folder are equally good; what the test throws
    library_choice choose(const board_ids& ids, const identity_test& test = {});
    /// Of choose(), by ids alone.
    board_description_ptr find(const board_ids& ids) { return choose(ids).file; }
    /// A board file by path, parsed once. \throws error bad_board_file
    board_description_ptr load(const std::filesystem::path& file);

    /// Files that find() had to leave out because not even their `match` could be read.
    [[nodiscard]] std::vector<error> problems() const;
    /// Board files parsed as a whole so far.
    [[nodiscard]] std::size_t parsed() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
