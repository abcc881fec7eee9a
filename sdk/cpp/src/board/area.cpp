// SPDX-License-Identifier: BSD-3-Clause
#include "board/board_state.hpp"
#include "description/reg_effects.hpp"
#include "transport/area_copy.hpp"

#include <upciedev/area.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace upciedev {
inline namespace v1 {
namespace {

constexpr std::size_t largest_block = std::size_t{1} << 20; // bytes of one operation

/// The elements' own type: bits as stored, or a float of the same size.
template <class T>
bool is_own_type(const area_description& what) {
    const auto& type = what.convert.type;
    if (sizeof(T) != what.element_size()) return false;
    if constexpr (std::is_floating_point_v<T>)
        return type.what == value_type::kind::floating && what.convert.scale == 1.0 &&
               what.convert.offset == 0.0;
    else
        return type.what == (std::is_signed_v<T> ? value_type::kind::signed_integer
                                                 : value_type::kind::unsigned_integer);
}

std::uint64_t element_at(const std::byte* at, unsigned size) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, at, size);
    return bits;
}

/// Fewer bits than the storage has: what is above them does not count.
template <class T>
void trim(std::span<T> elements, unsigned bits) {
    if constexpr (std::is_integral_v<T>) {
        const unsigned spare = 8 * sizeof(T) - bits;
        if (spare == 0) return;
        using raw = std::make_unsigned_t<T>;
        for (T& element : elements)
            element = static_cast<T>(static_cast<T>(static_cast<raw>(element) << spare) >> spare);
    }
}

template <class T>
[[noreturn]] void refuse_type(const area& what) {
    throw error(errc::not_supported, what.where(),
                fmt::format("its elements are {}, not {} of {} bytes",
                            what.description().convert.type.name(),
                            std::is_floating_point_v<T> ? "floating-point numbers" : "integers",
                            sizeof(T)),
                "read and write it as its own type, float or double");
}

} // namespace

area::area(std::shared_ptr<detail::board_state> board, const area_description& what)
    : board_(std::move(board)), what_(&what) {}

std::uint64_t area::size() const noexcept {
    return what_->count;
}

std::string area::where() const {
    return board_->label() + ": " + what_->path;
}

void area::check(std::uint64_t first, std::uint64_t n, access forbidden) const {
    if (what_->access == access::wo && forbidden == access::wo)
        throw error(errc::write_only, where(), "can only be written");
    if (what_->access == access::ro && forbidden == access::ro)
        throw error(errc::read_only, where(), "can only be read");
    if (n <= what_->count && first <= what_->count - n) return;
    throw error(errc::out_of_range, where(),
                fmt::format("elements {} to {} are outside its {} elements", first, first + n - 1,
                            what_->count));
}

namespace {

/// Block operations of at most largest_block bytes; 32 bit wide where the elements are smaller and
/// the place allows it.
void run_blocks(const detail::board_state& board, const area& what, operation::code code,
                std::uint64_t offset, std::span<std::byte> bytes) {
    const unsigned element = what.description().element_size();
    const bool words = element < 4 && offset % 4 == 0 && bytes.size() % 4 == 0;
    const unsigned width = words ? 4 : element;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t size = std::min(bytes.size() - at, largest_block);
        operation op;
        op.op = code;
        op.bar = static_cast<std::uint8_t>(what.description().bar);
        op.width = static_cast<std::uint8_t>(width * 8);
        op.count = static_cast<std::uint32_t>(size / width);
        op.offset = offset + at;
        op.value = reinterpret_cast<std::uintptr_t>(bytes.data() + at);
        board.run(op, [&] { return what.where(); });
        at += size;
    }
}

void refuse_gone(const detail::board_state& board, const area& what) {
    if (board.way().gone()) detail::throw_access_error(detail::from_errno(ENODEV), what.where());
}

} // namespace

void area::read_bytes(std::uint64_t first, std::span<std::byte> out) const {
    const unsigned element = what_->element_size();
    const std::uint64_t offset = what_->offset + first * element;
    if (const auto* memory = board_->way().map(what_->bar, offset, out.size(), false)) {
        detail::copy_from_board(memory, out, element);
        // A board that leaves on the way answers all ones from then on.
        if (out.back() == std::byte{0xff}) refuse_gone(*board_, *this);
    } else {
        run_blocks(*board_, *this, operation::code::read_block, offset, out);
    }
    detail::to_host_order(out, element, what_->order);
}

void area::write_bytes(std::uint64_t first, std::span<const std::byte> in) const {
    const unsigned element = what_->element_size();
    const std::uint64_t offset = what_->offset + first * element;
    std::vector<std::byte> swapped;
    if (what_->order == byte_order::big && element > 1) {
        swapped.assign(in.begin(), in.end());
        detail::to_host_order(swapped, element, what_->order);
        in = swapped;
    }
    if (auto* memory = board_->way().map(what_->bar, offset, in.size(), true)) {
        detail::copy_to_board(memory, in, element);
        return refuse_gone(*board_, *this);
    }
    // The operation has one buffer for both directions; this one is only read.
    const std::span<std::byte> buffer(const_cast<std::byte*>(in.data()), in.size());
    run_blocks(*board_, *this, operation::code::write_block, offset, buffer);
}

/// \param read fills bytes with elements in host order
template <class T, class Read>
void area::fill(std::span<T> out, const Read& read) const {
    if (out.empty()) return;
    if (is_own_type<T>(*what_)) {
        read(std::as_writable_bytes(out));
        return trim(out, what_->convert.type.bits);
    }
    if constexpr (!std::is_floating_point_v<T>) refuse_type<T>(*this);
    const unsigned size = what_->element_size();
    std::vector<std::byte> bytes(out.size() * size);
    read(std::span<std::byte>(bytes));
    const std::uint64_t mask = detail::low_bits(what_->convert.type.bits);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<T>(
            decode(what_->convert, element_at(&bytes[i * size], size) & mask).to_double());
}

template <class T>
void area::read_into(std::uint64_t first, std::span<T> out) const {
    check(first, out.size(), access::wo);
    fill(out, [&](std::span<std::byte> bytes) { read_bytes(first, bytes); });
}

template <class T>
void area::dma_read_into(std::uint64_t first, std::span<T> out, std::chrono::nanoseconds timeout,
                         const std::stop_token& stop) const {
    check(first, out.size(), access::wo);
    const unsigned size = what_->element_size();
    fill(out, [&](std::span<std::byte> bytes) {
        dma().read(dma_offset() + first * size, bytes, timeout, stop);
        detail::to_host_order(bytes, size, what_->order);
    });
}

template <class T>
void area::write(std::uint64_t first, std::span<const T> in) const {
    check(first, in.size(), access::ro);
    if (in.empty()) return;
    if (is_own_type<T>(*what_)) return write_bytes(first, std::as_bytes(in));
    if constexpr (!std::is_floating_point_v<T>) refuse_type<T>(*this);
    const unsigned size = what_->element_size();
    std::vector<std::byte> bytes(in.size() * size);
    for (std::size_t i = 0; i < in.size(); ++i) {
        const std::uint64_t bits = encode_at(first + i, static_cast<double>(in[i]));
        std::memcpy(&bytes[i * size], &bits, size);
    }
    write_bytes(first, bytes);
}

std::uint64_t area::encode_at(std::uint64_t element, double number) const {
    try {
        return encode(what_->convert, number);
    } catch (const error& reason) {
        throw reason.at(fmt::format("{}[{}]", where(), element));
    }
}

#define UPCIEDEV_AREA_OF(T)                                                                        \
    template void area::read_into<T>(std::uint64_t, std::span<T>) const;                           \
    template void area::dma_read_into<T>(std::uint64_t, std::span<T>, std::chrono::nanoseconds,    \
                                         const std::stop_token&) const;                            \
    template void area::write<T>(std::uint64_t, std::span<const T>) const;

UPCIEDEV_AREA_OF(std::int8_t)
UPCIEDEV_AREA_OF(std::uint8_t)
UPCIEDEV_AREA_OF(std::int16_t)
UPCIEDEV_AREA_OF(std::uint16_t)
UPCIEDEV_AREA_OF(std::int32_t)
UPCIEDEV_AREA_OF(std::uint32_t)
UPCIEDEV_AREA_OF(std::int64_t)
UPCIEDEV_AREA_OF(std::uint64_t)
UPCIEDEV_AREA_OF(float)
UPCIEDEV_AREA_OF(double)
#undef UPCIEDEV_AREA_OF

} // namespace v1
} // namespace upciedev
