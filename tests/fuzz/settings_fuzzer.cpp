// SPDX-License-Identifier: BSD-3-Clause
// Settings are refused with their place, or the board has them after restore().
#include "fuzzer.hpp"

#include <upciedev/crate.hpp>
#include <upciedev/settings.hpp>

namespace {

const upciedev::board& adc() {
    static const auto crate =
        upciedev::crate::open("sim:" UPCIEDEV_SOURCE_DIR "/devices/crates/demo.yaml");
    static const auto board = crate.board("adc");
    return board;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    const auto saved =
        fuzz::accepted([&] { return upciedev::settings::parse(text, "fuzz.yaml", adc()); });
    if (!saved) return 0;
    saved->restore(adc());
    fuzz::require(saved->diff(adc()).empty(), "the board has what was restored");
    return 0;
}
