// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

namespace upciedev::inline v1::detail {

inline constexpr unsigned bars_of_a_board = 6;
inline constexpr std::uint64_t page = 4096;    ///< the unit of maps
inline constexpr std::size_t most_causes = 64; ///< bits of a status

/// The lowest \p count bits.
constexpr std::uint64_t low_bits(unsigned count) noexcept {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

} // namespace upciedev::inline v1::detail
