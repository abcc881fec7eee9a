// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <cstddef>
#include <span>

namespace upciedev::inline v1::detail {

/// Copy from or to mapped board memory by aligned accesses: 64 bit where the elements are, else 32
/// bit, and of the element's width at the ends. Never memcpy, whose accesses nobody can know.
void copy_from_board(const volatile std::byte* from, std::span<std::byte> to, unsigned element);
void copy_to_board(volatile std::byte* to, std::span<const std::byte> from, unsigned element);

/// Swap the bytes of every element where the order asks for it.
void to_host_order(std::span<std::byte> bytes, unsigned element, byte_order order);

} // namespace upciedev::inline v1::detail
