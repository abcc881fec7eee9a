// SPDX-License-Identifier: BSD-3-Clause
// A map of ChimeraTK is refused with its place, or becomes a board file that loads.
#include "fuzzer.hpp"
#include "maps/exchange.hpp"

namespace {

void make_board_file(const cli::map_document& map) {
    std::vector<cli::lost> losses;
    try {
        static_cast<void>(cli::board_file_of(map, {"fuzz", {}}, losses));
    } catch (const upciedev::error& problem) {
        fuzz::require(false, problem.what());
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (const auto map = fuzz::accepted([&] { return cli::read_map(text, "fuzz.map"); }))
        make_board_file(*map);
    return 0;
}
