// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <filesystem>

namespace upciedev {
inline namespace v1 {

/// Load a board file (YAML, format 1).
/// \throws error bad_board_file, where() = "file:line:column" of the first error
UPCIEDEV_API board_description_ptr load_board_file(const std::filesystem::path& file);
/// The same from text; \p name stands for the file in errors.
UPCIEDEV_API board_description_ptr parse_board_file(std::string_view text, const std::string& name);

/// PCI ids by which a board finds its file.
struct board_ids {
    std::uint16_t vendor = 0, device = 0, subvendor = 0, subdevice = 0;
};

/// The board files of some folders; each is read at most once, and only if it is needed.
class UPCIEDEV_API board_library {
  public:
    /// --devices folders first, then $UPCIEDEV_DEVICES (':' between), /etc/upciedev/devices,
    /// /usr/share/upciedev/devices. Folders are searched with their subfolders.
    explicit board_library(std::vector<std::filesystem::path> folders = {});
    ~board_library();
    board_library(board_library&&) noexcept;
    board_library& operator=(board_library&&) noexcept;

    /// The file whose match is the most specific for these ids, or nullptr.
    board_description_ptr find(const board_ids& ids);
    /// A board file by path, parsed once.
    board_description_ptr load(const std::filesystem::path& file);

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace v1
} // namespace upciedev
