// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/transport_plugin.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// Where plugins are looked for, in this order.
std::vector<std::filesystem::path> plugin_folders();

/// A plugin's file, found by name; it may still be none.
struct plugin_file {
    std::string scheme;
    std::filesystem::path file;
};
/// Of every scheme the first, in the order of the folders.
std::vector<plugin_file> plugin_files();

/// Load it, once and for the life of the process.
/// \throws error abi_mismatch, io_error: where() is the file; the remedy
transport_plugin& load_plugin(const plugin_file& what);

} // namespace upciedev::inline v1::detail
