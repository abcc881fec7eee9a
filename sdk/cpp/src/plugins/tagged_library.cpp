// SPDX-License-Identifier: BSD-3-Clause
#include "plugins/tagged_library.hpp"
#include "base/search_path.hpp"

#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

constexpr char place_in_library = 0;

/// The folder `upciedev` beside this library: so in the build tree, so where it is installed.
fs::path folder_of_library() {
    Dl_info found{};
    if (dladdr(&place_in_library, &found) == 0 || found.dli_fname == nullptr) return {};
    std::error_code ignored;
    return fs::weakly_canonical(found.dli_fname, ignored).parent_path() / "upciedev";
}

struct closer {
    void operator()(void* library) const { dlclose(library); }
};

} // namespace

std::vector<fs::path> library_folders(const library_kind& kind) {
    auto folders = folders_in(secure_getenv(kind.variable)); // NOLINT(concurrency-mt-unsafe)
    if (auto ours = folder_of_library(); !ours.empty()) folders.push_back(std::move(ours));
    return folders;
}

void refuse_library(const fs::path& file, std::string what, const char* remedy) {
    throw error(errc::abi_mismatch, file.string(), std::move(what), remedy);
}

void check_head(const fs::path& file, const library_kind& kind, const tag_head& its,
                const tag_head& ours) {
    if (its.magic != ours.magic)
        refuse_library(file,
                       fmt::format("its symbol '{}' is no tag of a {}", kind.symbol, kind.noun));
    if (its.abi != ours.abi)
        refuse_library(file, fmt::format("it is made for version {} of the {} interface, this "
                                         "library has version {}",
                                         its.abi, kind.noun, ours.abi));
    if (its.size != ours.size)
        refuse_library(file, fmt::format("its tag has {} bytes, that of this library {}", its.size,
                                         ours.size));
}

void check_layout(const fs::path& file, std::span<const layout_part> parts) {
    for (const auto& [name, its, ours] : parts)
        if (its != ours)
            refuse_library(file,
                           fmt::format("it was built with another layout: {} is {} there, {} here",
                                       name, its, ours));
}

const void* load_tag(const fs::path& file, const library_kind& kind,
                     const std::function<void(const void* tag)>& check) {
    const std::unique_ptr<void, closer> library(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library)
        throw error(errc::io_error, file.string(),
                    fmt::format("it cannot be loaded ({})", dlerror()),
                    "build it anew against the headers of this library");
    const auto* tag = dlsym(library.get(), kind.symbol);
    if (tag == nullptr)
        refuse_library(file, fmt::format("it has no symbol '{}'", kind.symbol),
                       fmt::format("say {} once in its source", kind.macro).c_str());
    check(tag);
    std::ignore = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); // for good
    return tag;
}

} // namespace upciedev::inline v1::detail
