// SPDX-License-Identifier: BSD-3-Clause
#include "base/transport_error.hpp"
#include "transport/area_copy.hpp"
#include "transport/transport_check.hpp"
#include "transport/transport_poll.hpp"

#include <upciedev/extend/memory_transport.hpp>

namespace upciedev {
inline namespace v1 {
namespace {

std::uint64_t load(const volatile std::byte* at, unsigned width) {
    std::uint64_t bits = 0;
    detail::copy_from_board(at, std::as_writable_bytes(std::span(&bits, 1)).first(width / 8),
                            width / 8);
    return bits;
}

void store(volatile std::byte* at, unsigned width, std::uint64_t bits) {
    detail::copy_to_board(at, std::as_bytes(std::span(&bits, 1)).first(width / 8), width / 8);
}

void copy_words(const operation& op, volatile std::byte* at) {
    const unsigned step = op.width / 8;
    auto* buffer = detail::buffer_of(op).data();
    const std::size_t stride = (op.flags & operation::fixed) != 0 ? 0 : step;
    for (std::uint32_t i = 0; i < op.count; ++i, at += stride, buffer += step) {
        const std::span element(buffer, step);
        if (op.op == operation::code::read_block)
            detail::copy_from_board(at, element, step);
        else
            detail::copy_to_board(at, element, step);
    }
}

} // namespace

memory_transport::memory_transport() = default;
memory_transport::~memory_transport() = default;

int memory_transport::read(const volatile std::byte* at, unsigned width,
                           std::uint64_t& bits) const noexcept {
    bits = load(at, width);
    return bits == detail::low_bits(width) && gone() ? ENODEV : 0;
}

int memory_transport::modify(operation& op, volatile std::byte* at) noexcept {
    const std::uint64_t bits = op.value;
    const std::lock_guard hold(modifying_);
    if (const int problem = read(at, op.width, op.value)) return problem;
    store(at, op.width, (op.value & ~op.mask) | (bits & op.mask));
    return 0;
}

int memory_transport::carry_out(operation& op) noexcept {
    if (const int problem = detail::check_operation(op, bar(op.bar).size)) return problem;
    const bool writing = detail::is_write(op);
    if (writing && !writable()) return EBADF;
    auto* at = map(op.bar, op.offset, detail::bytes_of(op), writing);
    if (at == nullptr) return EOPNOTSUPP;
    switch (op.op) {
    case operation::code::read:
        return read(at, op.width, op.value);
    case operation::code::write:
        store(at, op.width, op.value);
        return 0;
    case operation::code::modify:
        return modify(op, at);
    case operation::code::poll:
        return detail::poll_until(op, [&](std::uint64_t& now) { return read(at, op.width, now); });
    default:
        copy_words(op, at);
        return 0;
    }
}

outcome memory_transport::run(std::span<operation> operations) noexcept {
    outcome result;
    int problem = gone() ? ENODEV : 0;
    for (auto& op : operations) {
        if (problem == 0) problem = carry_out(op);
        if (problem != 0) break;
        ++result.done;
    }
    if (problem != 0) result.error = detail::from_errno(problem);
    return result;
}

} // namespace v1
} // namespace upciedev
