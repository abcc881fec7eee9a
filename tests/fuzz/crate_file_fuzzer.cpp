// SPDX-License-Identifier: BSD-3-Clause
// A crate file is refused with its place, or it can be looked through.
#include "fuzzer.hpp"

#include <upciedev/crate_file.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    const auto crate =
        fuzz::accepted([&] { return upciedev::crate_file::parse(text, "fuzz.yaml"); });
    if (!crate) return 0;
    for (const auto& slot : crate->slots)
        fuzz::require(slot.slot <= 0x1fff, "a slot has 13 bits");
    return 0;
}
