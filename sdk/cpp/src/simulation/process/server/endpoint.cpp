// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/endpoint.hpp"
#include "simulation/process/server/mapped_pages.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace upciedev::slot {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t large = 16U << 20;          // a memory, out of the 32-bit window
constexpr std::uint64_t serial_base = 0x7570636965; // "upcie"

/// Runs of whole pages that QEMU may map, for reading and writing alike.
std::vector<vfio_user::stretch> mappable_pages(const model_board& board, unsigned bar,
                                               std::uint64_t size) {
    std::vector<vfio_user::stretch> runs;
    const auto may = [&](std::uint64_t offset, std::uint64_t length, bool writing) {
        return board.mappable(bar, offset, length, writing);
    };
    for (const auto& each : mapped_pages(size / page * page, may))
        if (each.writing) runs.push_back({each.offset, each.length});
    return runs;
}

bool has_bar(const board_description& board, unsigned index) {
    return std::ranges::find(board.bars, index, &bar_description::index) != board.bars.end();
}

vfio_user::bar_facts facts_of_bar(const model_board& board, const bar_description& bar) {
    vfio_user::bar_facts facts;
    facts.size = bar.size;
    facts.is_64bit =
        bar.size >= large && bar.index < 5 && !has_bar(board.description(), bar.index + 1);
    facts.prefetchable = facts.is_64bit;
    facts.mappable = mappable_pages(board, bar.index, bar.size);
    if (!facts.mappable.empty()) facts.memory_fd = board.memory_file(bar.index);
    return facts;
}

unsigned vectors_of(const board_description& board) {
    if (board.irqs.empty()) return 0;
    const auto last = std::ranges::max(board.irqs, {}, &irq_description::vector).vector;
    return std::min(32U, std::bit_ceil(last + 1));
}

} // namespace

vfio_user::device_facts facts_of(const model_board& board, unsigned slot) {
    const auto& what = board.description();
    vfio_user::device_facts facts;
    if (!what.matches.empty()) {
        const auto& ids = what.matches.front();
        facts.vendor = ids.vendor.value_or(0);
        facts.device = ids.device.value_or(0);
        facts.subvendor = ids.subvendor.value_or(0);
        facts.subdevice = ids.subdevice.value_or(0);
    }
    for (const auto& bar : what.bars)
        facts.bars.at(bar.index) = facts_of_bar(board, bar);
    facts.msi_vectors = vectors_of(what);
    facts.serial = serial_base << 16 | slot;
    return facts;
}

void endpoint::read(unsigned bar, std::uint64_t offset, std::span<std::byte> to) {
    const auto bits = board_.read(bar, offset, static_cast<unsigned>(8 * to.size()));
    std::memcpy(to.data(), &bits, to.size());
}

void endpoint::write(unsigned bar, std::uint64_t offset, std::span<const std::byte> from) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, from.data(), from.size());
    board_.write(bar, offset, static_cast<unsigned>(8 * from.size()), bits);
}

} // namespace upciedev::slot
