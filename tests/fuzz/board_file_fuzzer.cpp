// SPDX-License-Identifier: BSD-3-Clause
// A board file is refused with its place, or all it names is inside its BARs.
#include "fuzzer.hpp"

#include <upciedev/board_file.hpp>

#include <algorithm>

namespace {

const upciedev::bar_description& bar_of(const upciedev::board_description& board, unsigned index) {
    const auto bar = std::ranges::find(board.bars, index, &upciedev::bar_description::index);
    fuzz::require(bar != board.bars.end(), "what is named is in a BAR");
    return *bar;
}

void look_at_places(const upciedev::board_description& board) {
    for (const auto& reg : board.registers) {
        auto last = reg.offset;
        for (const auto& repeat : reg.repeats)
            last += (repeat.count - 1) * repeat.stride;
        fuzz::require(last + reg.width / 8 <= bar_of(board, reg.bar).size,
                      "a register ends in its BAR");
        fuzz::require(reg.offset % (reg.width / 8) == 0, "a register is aligned");
    }
    for (const auto& area : board.areas)
        fuzz::require(area.offset + area.size() <= bar_of(board, area.bar).size,
                      "an area ends in its BAR");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    const auto board =
        fuzz::accepted([&] { return upciedev::parse_board_file(text, "fuzz.yaml"); });
    if (board) look_at_places(**board);
    return 0;
}
