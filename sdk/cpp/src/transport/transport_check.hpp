// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/bits.hpp"

#include <upciedev/extend/transport.hpp>

namespace upciedev::inline v1::detail {

inline bool is_block(const operation& op) noexcept {
    return op.op == operation::code::read_block || op.op == operation::code::write_block;
}

inline bool is_write(const operation& op) noexcept {
    return op.op == operation::code::write || op.op == operation::code::modify ||
           op.op == operation::code::write_block;
}

/// The user's end of a block operation.
inline std::span<std::byte> buffer_of(const operation& op) noexcept {
    // The address is an integer in the driver's ABI.
    auto* first = reinterpret_cast<std::byte*>(op.value); // NOLINT(performance-no-int-to-ptr)
    return {first, std::size_t{op.count} * (op.width / 8)};
}

/// Bytes of the BAR that an operation touches.
std::uint64_t bytes_of(const operation& op) noexcept;

/// The driver's checks, for transports that have no driver. \p bar_size is 0 for no such BAR.
/// \returns 0 or an errno
int check_operation(const operation& op, std::uint64_t bar_size) noexcept;

} // namespace upciedev::inline v1::detail
