// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

namespace upciedev::inline v1::detail {

/// The first line of a file, without its end, as files of sysfs and procfs have one; empty if it
/// cannot be read.
std::string read_line(const std::filesystem::path& file);

} // namespace upciedev::inline v1::detail
