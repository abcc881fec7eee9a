// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/mapped_pages.hpp"

#include <algorithm>

namespace upciedev::slot {

std::vector<page_run> mapped_pages(
    std::uint64_t size,
    const std::function<bool(std::uint64_t offset, std::uint64_t length, bool writing)>& may) {
    constexpr std::uint64_t page = 4096;
    std::vector<page_run> runs;
    for (std::uint64_t at = 0; at < size; at += page) {
        const auto length = std::min(page, size - at);
        if (!may(at, length, false)) continue;
        const bool writing = may(at, length, true);
        if (!runs.empty() && runs.back().offset + runs.back().length == at &&
            runs.back().writing == writing)
            runs.back().length += length;
        else
            runs.push_back({at, length, writing});
    }
    return runs;
}

} // namespace upciedev::slot
