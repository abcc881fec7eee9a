// SPDX-License-Identifier: BSD-3-Clause
#include "plugin_loader.hpp"
#include "log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <memory>
#include <mutex>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_prefix = "libupciedev-transport-";
constexpr const char* tag_symbol = "upciedev_transport_plugin";
constexpr const char* build_anew = "build it anew against the headers of this library";

/// The folder `upciedev` beside this library: so in the build tree, so where it is installed.
fs::path folder_of_library() {
    Dl_info found{};
    if (dladdr(tag_symbol, &found) == 0 || found.dli_fname == nullptr) return {};
    std::error_code ignored;
    return fs::weakly_canonical(found.dli_fname, ignored).parent_path() / "upciedev";
}

bool good_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
}

/// "sysfs" of libupciedev-transport-sysfs.so; empty: another file.
std::string scheme_of(const fs::path& file) {
    const std::string stem = file.stem();
    if (file.extension() != ".so" || !stem.starts_with(file_prefix)) return {};
    auto scheme = stem.substr(file_prefix.size());
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

[[noreturn]] void refuse(const fs::path& file, std::string what, const char* remedy = build_anew) {
    throw error(errc::abi_mismatch, file.string(), std::move(what), remedy);
}

void check_layout(const fs::path& file, const plugin_layout& its) {
    using member = std::uint32_t plugin_layout::*;
    static constexpr auto members = std::to_array<std::pair<const char*, member>>(
        {{"std::string", &plugin_layout::string},
         {"_GLIBCXX_USE_CXX11_ABI", &plugin_layout::new_strings},
         {"std::filesystem::path", &plugin_layout::path},
         {"operation", &plugin_layout::operation},
         {"outcome", &plugin_layout::outcome},
         {"bar_facts", &plugin_layout::bar_facts},
         {"board_identity", &plugin_layout::board_identity},
         {"found_board", &plugin_layout::found_board},
         {"capability_set", &plugin_layout::capability_set}});
    constexpr plugin_layout ours;
    for (const auto& [name, part] : members)
        if (its.*part != ours.*part)
            refuse(file, fmt::format("it was built with another layout: {} is {} there, {} here",
                                     name, its.*part, ours.*part));
}

void check_tag(const plugin_file& what, const plugin_tag& tag) {
    constexpr plugin_tag ours;
    if (tag.magic != ours.magic)
        refuse(what.file, fmt::format("its symbol '{}' is no tag of a transport", tag_symbol));
    if (tag.abi != ours.abi)
        refuse(what.file, fmt::format("it is made for version {} of the transport interface, this "
                                      "library has version {}",
                                      tag.abi, ours.abi));
    if (tag.size != ours.size)
        refuse(what.file,
               fmt::format("its tag has {} bytes, that of this library {}", tag.size, ours.size));
    check_layout(what.file, tag.layout);
    if (tag.scheme == nullptr || tag.scheme != what.scheme || tag.instance == nullptr)
        refuse(what.file,
               fmt::format("it serves '{}', its name says '{}'",
                           tag.scheme == nullptr ? "" : tag.scheme, what.scheme),
               "name the file libupciedev-transport-SCHEME.so");
}

struct closer {
    void operator()(void* library) const { dlclose(library); }
};

/// Loaded for good once its tag is right: its code must outlive every board.
const plugin_tag& load_tag(const plugin_file& what) {
    std::unique_ptr<void, closer> library(dlopen(what.file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library)
        throw error(errc::io_error, what.file.string(),
                    fmt::format("it cannot be loaded ({})", dlerror()), build_anew);
    const auto* tag = static_cast<const plugin_tag*>(dlsym(library.get(), tag_symbol));
    if (tag == nullptr)
        refuse(what.file, fmt::format("it has no symbol '{}'", tag_symbol),
               "say UPCIEDEV_TRANSPORT_PLUGIN(\"SCHEME\", class) once in its source");
    check_tag(what, *tag);
    std::ignore = library.release();
    return *tag;
}

} // namespace

std::vector<fs::path> plugin_folders() {
    std::vector<fs::path> folders;
    const char* const list = secure_getenv("UPCIEDEV_TRANSPORTS"); // NOLINT(concurrency-mt-unsafe)
    std::string_view rest = list == nullptr ? "" : list;
    while (!rest.empty()) {
        const auto folder = rest.substr(0, rest.find(':'));
        if (!folder.empty()) folders.emplace_back(folder);
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    }
    if (auto ours = folder_of_library(); !ours.empty()) folders.push_back(std::move(ours));
    return folders;
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
    if (first) plugin = &load_tag(what).instance();
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
