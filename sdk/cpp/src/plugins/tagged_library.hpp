// SPDX-License-Identifier: BSD-3-Clause
// Shared libraries of others, refused with a reason unless their tag is right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace upciedev::inline v1::detail {

/// What all libraries for one purpose have in common.
struct library_kind {
    const char* noun;     ///< "transport"
    const char* prefix;   ///< of the file's name: "libupciedev-transport-"
    const char* variable; ///< of the environment: folders, with ':' between them
    const char* symbol;   ///< of the tag
    const char* macro;    ///< the line that makes the tag
};

/// Where they are looked for, in this order; last the folder `upciedev` beside this library.
std::vector<std::filesystem::path> library_folders(const library_kind& kind);

[[noreturn]] void
refuse_library(const std::filesystem::path& file, std::string what,
               const char* remedy = "build it anew against the headers of this library");

/// What all tags begin with.
struct tag_head {
    std::uint32_t magic, size, abi;
};
template <class Tag>
tag_head head_of_tag(const Tag& tag) {
    return {tag.magic, tag.size, tag.abi};
}
/// \throws error abi_mismatch
void check_head(const std::filesystem::path& file, const library_kind& kind, const tag_head& its,
                const tag_head& ours);

struct layout_part {
    const char* name;
    std::uint32_t its, ours;
};
/// \throws error abi_mismatch
void check_layout(const std::filesystem::path& file, std::span<const layout_part> parts);

/// The tag of a library, loaded for good once \p check has not thrown: its code must outlive every
/// board. \throws error abi_mismatch, io_error: where() is the file; the remedy
const void* load_tag(const std::filesystem::path& file, const library_kind& kind,
                     const std::function<void(const void* tag)>& check);

} // namespace upciedev::inline v1::detail
