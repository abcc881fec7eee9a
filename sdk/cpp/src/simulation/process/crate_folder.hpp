// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace upciedev::inline v1::detail {

/// The folders of running simulated crates, one a crate: $UPCIEDEV_RUN, else
/// $XDG_RUNTIME_DIR/upciedev, /run/user/UID/upciedev, /tmp/upciedev-UID.
/// \throws error not_permitted: others could write there
std::filesystem::path crates_folder();

/// Of one crate; need not be there. \throws error bad_value: not a crate's name
std::filesystem::path crate_folder(const std::string& name);
/// Those there are, dead ones too.
std::vector<std::string> crate_names();

/// \throws error no_such_board, with those that run
[[noreturn]] void refuse_not_running(const std::string& name);

/// The file in a crate's folder that tells the crate file's path.
std::filesystem::path crate_note(const std::filesystem::path& folder);
/// "slot4.access"
std::filesystem::path access_socket(const std::filesystem::path& folder, unsigned slot);
/// Slots with such a socket in a folder, ascending; their processes may be dead.
std::vector<unsigned> slots_in(const std::filesystem::path& folder);

/// Locked together by all who use one slot; who gets it alone knows that they have noticed its end.
std::filesystem::path users_file(const std::filesystem::path& folder, unsigned slot);
/// Wait until all users of a board that has left know it; for a second at most, as a program may be
/// stopped.
void wait_for_users(const std::filesystem::path& folder, unsigned slot);

} // namespace upciedev::inline v1::detail
