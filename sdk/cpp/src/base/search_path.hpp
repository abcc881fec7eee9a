// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

namespace upciedev::inline v1::detail {

/// The folders that a variable of the environment lists, ':' between. \param list may be nullptr
inline std::vector<std::filesystem::path> folders_in(const char* list) {
    std::vector<std::filesystem::path> folders;
    std::string_view rest = list == nullptr ? "" : list;
    while (!rest.empty()) {
        const auto folder = rest.substr(0, rest.find(':'));
        if (!folder.empty()) folders.emplace_back(folder);
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    }
    return folders;
}

} // namespace upciedev::inline v1::detail
