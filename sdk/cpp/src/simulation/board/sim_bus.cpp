// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_bus.hpp"
#include "transport/transport_check.hpp"

#include <algorithm>
#include <cstring>

namespace upciedev::inline v1::detail {
namespace {

constexpr std::uint64_t bytes_of_a_page = 4096;
constexpr std::uint64_t widest = 8; // bytes, of one access to registers

constexpr std::uint64_t slot_size = sim_bus_address(1, 0) - sim_bus_address(0, 0);
constexpr std::uint64_t window_size = sim_bus_address(0, 1) - sim_bus_address(0, 0);
constexpr std::uint64_t slots = 1U << 13U;

std::error_code nobody() {
    return std::make_error_code(std::errc::no_such_device); // an Unsupported Request
}

bool has(const model_board& board, unsigned bar, std::uint64_t offset, std::uint64_t size) {
    const auto all = bar < bars_of_a_board ? board.memory(bar).size() : 0;
    return size <= all && offset <= all - size;
}

void access_once(model_board& board, unsigned bar, std::uint64_t offset,
                 std::span<std::byte> into) {
    const auto bits = board.read(bar, offset, static_cast<unsigned>(8 * into.size()));
    std::memcpy(into.data(), &bits, into.size());
}

void access_once(model_board& board, unsigned bar, std::uint64_t offset,
                 std::span<const std::byte> from) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, from.data(), from.size());
    board.write(bar, offset, static_cast<unsigned>(8 * from.size()), bits);
}

/// As wide as alignment and length allow.
template <class Byte>
void access_registers(model_board& board, unsigned bar, std::uint64_t offset,
                      std::span<Byte> data) {
    while (!data.empty()) {
        auto bytes = widest;
        while (offset % bytes != 0 || bytes > data.size())
            bytes /= 2;
        access_once(board, bar, offset, data.first(bytes));
        data = data.subspan(bytes);
        offset += bytes;
    }
}

/// Inside one page.
template <class Byte>
void access_page(model_board& board, unsigned bar, std::uint64_t offset, std::span<Byte> data) {
    constexpr bool writing = std::is_const_v<Byte>;
    if (!board.mappable(bar, offset, data.size(), writing))
        return access_registers(board, bar, offset, data);
    auto* const memory = &board.memory(bar)[offset];
    if constexpr (writing)
        std::memcpy(memory, data.data(), data.size());
    else
        std::memcpy(data.data(), memory, data.size());
}

template <class Byte>
std::error_code access_all(model_board& board, unsigned bar, std::uint64_t offset,
                           std::span<Byte> data) {
    if (!has(board, bar, offset, data.size())) return nobody();
    while (!data.empty()) {
        const auto bytes =
            std::min<std::uint64_t>(data.size(), bytes_of_a_page - offset % bytes_of_a_page);
        access_page(board, bar, offset, data.first(bytes));
        data = data.subspan(bytes);
        offset += bytes;
    }
    return {};
}

} // namespace

std::optional<bus_place> place_on_bus(std::uint64_t address) noexcept {
    const auto behind = address - sim_bus_address(0, 0); // huge for what is in front
    const auto bar = behind % slot_size / window_size;
    if (behind / slot_size >= slots || bar >= bars_of_a_board) return {};
    return bus_place{static_cast<unsigned>(behind / slot_size), static_cast<unsigned>(bar),
                     behind % window_size};
}

std::error_code read_by_bus(model_board& board, unsigned bar, std::uint64_t offset,
                            std::span<std::byte> into) {
    return access_all(board, bar, offset, into);
}

std::error_code write_by_bus(model_board& board, unsigned bar, std::uint64_t offset,
                             std::span<const std::byte> from) {
    return access_all(board, bar, offset, from);
}

} // namespace upciedev::inline v1::detail
