// SPDX-License-Identifier: BSD-3-Clause
#include "plugins/plugin_loader.hpp"
#include "base/log.hpp"
#include "plugins/tagged_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

constexpr library_kind transports{"transport", "libupciedev-transport-", "UPCIEDEV_TRANSPORTS",
                                  "upciedev_transport_plugin",
                                  "UPCIEDEV_TRANSPORT_PLUGIN(\"SCHEME\", class)"};

bool good_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
}

/// "sysfs" of libupciedev-transport-sysfs.so; empty: another file.
std::string scheme_of(const fs::path& file) {
    const std::string stem = file.stem();
    const std::string_view prefix = transports.prefix;
    if (file.extension() != ".so" || !stem.starts_with(prefix)) return {};
    auto scheme = stem.substr(prefix.size());
    return std::ranges::all_of(scheme, good_letter) ? scheme : "";
}

void add_files(const fs::path& folder, std::vector<plugin_file>& found) {
    std::vector<plugin_file> here;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder, unreadable))
        if (auto scheme = scheme_of(entry.path()); !scheme.empty())
            here.push_back({std::move(scheme), entry.path()});
    std::ranges::sort(here, {}, &plugin_file::scheme);
    for (auto& each : here)
        if (std::ranges::find(found, each.scheme, &plugin_file::scheme) == found.end())
            found.push_back(std::move(each));
}

void check_layout(const fs::path& file, const plugin_layout& its) {
    constexpr plugin_layout ours;
    const auto parts =
        std::to_array<layout_part>({{"std::string", its.string, ours.string},
                                    {"_GLIBCXX_USE_CXX11_ABI", its.new_strings, ours.new_strings},
                                    {"std::filesystem::path", its.path, ours.path},
                                    {"operation", its.operation, ours.operation},
                                    {"outcome", its.outcome, ours.outcome},
                                    {"bar_facts", its.bar_facts, ours.bar_facts},
                                    {"board_identity", its.board_identity, ours.board_identity},
                                    {"found_board", its.found_board, ours.found_board},
                                    {"capability_set", its.capability_set, ours.capability_set}});
    detail::check_layout(file, parts);
}

void check_tag(const plugin_file& what, const plugin_tag& tag) {
    check_head(what.file, transports, head_of_tag(tag), head_of_tag(plugin_tag{}));
    check_layout(what.file, tag.layout);
    if (tag.scheme == nullptr || tag.scheme != what.scheme || tag.instance == nullptr)
        refuse_library(what.file,
                       fmt::format("it serves '{}', its name says '{}'",
                                   tag.scheme == nullptr ? "" : tag.scheme, what.scheme),
                       "name the file libupciedev-transport-SCHEME.so");
}

transport_plugin& load(const plugin_file& what) {
    const auto check = [&](const void* tag) {
        check_tag(what, *static_cast<const plugin_tag*>(tag));
    };
    return static_cast<const plugin_tag*>(load_tag(what.file, transports, check))->instance();
}

} // namespace

std::vector<fs::path> plugin_folders() {
    return library_folders(transports);
}

std::vector<plugin_file> plugin_files() {
    std::vector<plugin_file> found;
    for (const auto& folder : plugin_folders())
        add_files(folder, found);
    return found;
}

namespace {

/// \returns the plugin, and whether it was loaded only now
std::pair<transport_plugin*, bool> find_or_load(const plugin_file& what) {
    static std::mutex loading;
    static std::map<fs::path, transport_plugin*> loaded;
    const std::lock_guard hold(loading);
    auto& plugin = loaded[what.file];
    const bool first = plugin == nullptr;
    if (first) plugin = &load(what);
    return {plugin, first};
}

} // namespace

transport_plugin& load_plugin(const plugin_file& what) {
    const auto [plugin, first] = find_or_load(what);
    if (first) // not under the lock: a log callback may open a crate
        log_line(log_level::info,
                 fmt::format("transport '{}' loaded from {}", what.scheme, what.file.string()));
    return *plugin;
}

} // namespace upciedev::inline v1::detail
