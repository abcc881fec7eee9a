// SPDX-License-Identifier: BSD-3-Clause
#include "mapped_pages.hpp"

#include <algorithm>

namespace upciedev::slot {

std::vector<page_run> mapped_pages(const model_board& board, unsigned bar, std::uint64_t size) {
    constexpr std::uint64_t page = 4096;
    std::vector<page_run> runs;
    for (std::uint64_t at = 0; at < size; at += page) {
        const auto length = std::min(page, size - at);
        if (!board.mappable(bar, at, length, false)) continue;
        const bool writing = board.mappable(bar, at, length, true);
        if (!runs.empty() && runs.back().offset + runs.back().length == at &&
            runs.back().writing == writing)
            runs.back().length += length;
        else
            runs.push_back({at, length, writing});
    }
    return runs;
}

} // namespace upciedev::slot
