// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/protocol.hpp"

#include "simulation/endpoint/device.hpp"

#include <sys/stat.h>

#include <bit>
#include <stdexcept>
#include <string>

namespace upciedev::vfio_user {

namespace {

[[noreturn]] void impossible(const std::string& what) {
    throw std::invalid_argument("vfio-user endpoint: " + what);
}

void check_stretches(const bar_facts& bar, const std::string& name) {
    std::uint64_t end = 0;
    for (const stretch& part : bar.mappable) {
        if (part.size == 0 || part.offset % protocol::page != 0 || part.size % protocol::page != 0)
            impossible(name + ": what may be mapped is not of whole pages");
        if (part.offset < end)
            impossible(name + ": mappable stretches overlap or are not in order");
        if (part.offset > bar.size || part.size > bar.size - part.offset)
            impossible(name + ": a mappable stretch leaves the BAR");
        end = part.offset + part.size;
    }
}

void check_memory(const bar_facts& bar, const std::string& name) {
    if (bar.memory_fd < 0) {
        if (!bar.mappable.empty()) impossible(name + ": mappable, but has no memory");
        return;
    }
    struct stat file {};
    if (::fstat(bar.memory_fd, &file) != 0 || static_cast<std::uint64_t>(file.st_size) < bar.size)
        impossible(name + ": its memory is smaller than the BAR");
    if (bar.size < protocol::page) impossible(name + ": memory of less than a page");
    check_stretches(bar, name);
}

void check_bar(const device_facts& facts, unsigned index) {
    const bar_facts& bar = facts.bars[index];
    const std::string name = "BAR " + std::to_string(index);
    if (bar.size == 0) return;
    if (!std::has_single_bit(bar.size) || bar.size < 16)
        impossible(name + ": size " + std::to_string(bar.size) + " is not a power of two from 16");
    if (!bar.is_64bit && bar.size > (1ULL << 31)) impossible(name + ": over 2 GiB wants 64 bits");
    if (bar.is_64bit && (index == 5 || facts.bars[index + 1].size > 0))
        impossible(name + ": of 64 bits, but the next one's place is not free");
    check_memory(bar, name);
}

void check_msix(const device_facts& facts, const msix_facts& msix) {
    if (msix.vectors == 0 || msix.vectors > 2048) impossible("MSI-X has 1 to 2048 vectors");
    if (msix.bar >= facts.bars.size() || facts.bars[msix.bar].memory_fd >= 0)
        impossible("the MSI-X tables must be in a BAR without memory");
    const std::uint64_t size = facts.bars[msix.bar].size;
    const std::uint64_t table = msix.table_offset, pending = msix.pending_offset;
    const std::uint64_t table_end = table + 16ULL * msix.vectors;
    const std::uint64_t pending_end = pending + 8ULL * ((msix.vectors + 63) / 64);
    if (table % 8 != 0 || pending % 8 != 0) impossible("an MSI-X table is not at a multiple of 8");
    if (table_end > size || pending_end > size) impossible("an MSI-X table leaves its BAR");
    if (table < pending_end && pending < table_end) impossible("the MSI-X tables overlap");
}

} // namespace

void check(const device_facts& facts) {
    for (unsigned index = 0; index < facts.bars.size(); index++)
        check_bar(facts, index);
    if (facts.class_code >> 24 != 0) impossible("the class code has 24 bits");
    if (facts.msi_vectors > 32 ||
        (facts.msi_vectors > 0 && !std::has_single_bit(facts.msi_vectors)))
        impossible("MSI has 1, 2, 4, 8, 16 or 32 vectors");
    if (facts.msix) check_msix(facts, *facts.msix);
}

} // namespace upciedev::vfio_user
