// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace upciedev::slot {

/// Pages next to each other with the same rights.
struct page_run {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool writing = false; ///< else for reading only
};

/// What of a BAR can be mapped; the last page may be cut short by the BAR's end.
/// \param may whether these bytes can be mapped
std::vector<page_run> mapped_pages(
    std::uint64_t size,
    const std::function<bool(std::uint64_t offset, std::uint64_t length, bool writing)>& may);

} // namespace upciedev::slot
