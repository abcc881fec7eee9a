// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

/// Called by libFuzzer for each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// What must hold for every input; libFuzzer keeps the one for which it does not.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// What \p read returns; nothing where it refuses the input as a bad file. All other exceptions
/// end the program.
template <class F>
auto accepted(F&& read) -> std::optional<decltype(read())> {
    try {
        return read();
    } catch (const upciedev::error& problem) {
        require(problem.code() == upciedev::errc::bad_board_file, problem.what());
        require(!problem.where().empty(), "an error names its place");
        return std::nullopt;
    }
}

} // namespace fuzz
