// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <optional>

namespace upciedev::inline v1::detail {

/// Where an engine has what the processor sees in a BAR, as its channel counts bytes; nothing: not
/// all of it is in the engine's memory, or the processor does not see that.
inline std::optional<std::uint64_t> engine_offset(const board_description& board,
                                                  const dma_description& engine, unsigned bar,
                                                  std::uint64_t offset, std::uint64_t length) {
    if (engine.area.empty()) return std::nullopt;
    const auto& memory = board.find_area(engine.area);
    if (memory.bar != bar || offset < memory.offset) return std::nullopt;
    const auto at = offset - memory.offset;
    const auto size = engine.memory_size != 0 ? engine.memory_size : memory.size();
    if (at > size || length > size - at) return std::nullopt;
    return at;
}

} // namespace upciedev::inline v1::detail
