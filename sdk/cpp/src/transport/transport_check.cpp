// SPDX-License-Identifier: BSD-3-Clause
#include "transport/transport_check.hpp"
#include "description/reg_effects.hpp"

#include <cerrno>

namespace upciedev::inline v1::detail {
namespace {

constexpr unsigned longest_poll_us = 10000000; // of the driver

bool has_mask(const operation& op) noexcept {
    return op.op == operation::code::modify || op.op == operation::code::poll;
}

bool good_width(const operation& op) noexcept {
    return op.width == 8 || op.width == 16 || op.width == 32 || op.width == 64;
}

bool good_count(const operation& op) noexcept {
    if (op.op == operation::code::poll) return op.count <= longest_poll_us;
    return is_block(op) ? op.count > 0 : op.count == 1;
}

bool good_numbers(const operation& op) noexcept {
    const std::uint64_t all = low_bits(op.width);
    if (op.mask > (has_mask(op) ? all : 0)) return false;
    return is_block(op) || op.op == operation::code::read || op.value <= all;
}

bool well_formed(const operation& op) noexcept {
    if (op.op > operation::code::poll || !good_width(op) || !good_count(op)) return false;
    if ((op.flags & ~(is_block(op) ? operation::fixed : 0)) != 0) return false;
    return op.offset % (op.width / 8) == 0 && good_numbers(op);
}

} // namespace

std::uint64_t bytes_of(const operation& op) noexcept {
    const bool many = is_block(op) && (op.flags & operation::fixed) == 0;
    return std::uint64_t{many ? op.count : 1} * (op.width / 8);
}

int check_operation(const operation& op, std::uint64_t bar_size) noexcept {
    if (!well_formed(op)) return EINVAL;
    if (bar_size == 0) return ENXIO;
    const std::uint64_t bytes = bytes_of(op);
    return bytes > bar_size || op.offset > bar_size - bytes ? ERANGE : 0;
}

} // namespace upciedev::inline v1::detail
