// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/endpoint.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>

namespace upciedev::vfio_user {

namespace {

device_facts checked(device_facts facts) {
    check(facts);
    return facts;
}

unsigned msix_vectors(const device_facts& facts) {
    return facts.msix ? facts.msix->vectors : 0;
}

/// The part of a table that an access is within.
std::byte* within(std::vector<std::byte>& table, std::uint64_t start,
                  const protocol::region_access& access) {
    if (access.offset < start || access.offset + access.count > start + table.size())
        return nullptr;
    return table.data() + (access.offset - start);
}

} // namespace

endpoint::endpoint(device_facts wanted, device& behaviour)
    : facts(checked(std::move(wanted))), irqs(facts.msi_vectors, msix_vectors(facts)),
      behaviour_(behaviour), config_(facts), msix_table_(16 * std::size_t{msix_vectors(facts)}),
      msix_pending_(8 * ((std::size_t{msix_vectors(facts)} + 63) / 64)) {}

std::uint64_t endpoint::region_size(std::uint32_t region) const {
    if (region < protocol::bar_count) return facts.bars[region].size;
    return region == protocol::config_region ? protocol::config_size : 0;
}

/// The configuration space takes ranges, a BAR what a processor can do in one access.
int endpoint::check_access(const protocol::region_access& access) const {
    if (access.region >= protocol::region_count || access.count == 0) return EINVAL;
    const std::uint64_t size = region_size(access.region);
    if (access.offset > size || access.count > size - access.offset) return EINVAL;
    if (access.region == protocol::config_region) return 0;
    const bool natural =
        std::has_single_bit(access.count) && access.count <= 8 && access.offset % access.count == 0;
    return natural ? 0 : EINVAL;
}

std::byte* endpoint::table_at(const protocol::region_access& access) {
    if (!facts.msix || access.region != facts.msix->bar) return nullptr;
    if (std::byte* found = within(msix_table_, facts.msix->table_offset, access)) return found;
    return within(msix_pending_, facts.msix->pending_offset, access);
}

int endpoint::read(const protocol::region_access& access, std::span<std::byte> to) {
    if (const int error = check_access(access)) return error;
    if (access.region == protocol::config_region) {
        config_.read(access.offset, to);
    } else if (const std::byte* table = table_at(access)) {
        std::copy_n(table, to.size(), to.begin());
    } else {
        count.reads++;
        behaviour_.read(access.region, access.offset, to);
    }
    return 0;
}

int endpoint::write(const protocol::region_access& access, std::span<const std::byte> from) {
    if (const int error = check_access(access)) return error;
    if (access.region == protocol::config_region) {
        write_config(access.offset, from);
    } else if (std::byte* table = table_at(access)) {
        std::copy(from.begin(), from.end(), table);
    } else {
        count.writes++;
        behaviour_.write(access.region, access.offset, from);
    }
    return 0;
}

void endpoint::write_config(std::uint64_t offset, std::span<const std::byte> from) {
    const bool flr = config_.write(offset, from);
    reach.set_master(config_.bus_master());
    if (flr) reset();
}

void endpoint::reset() {
    count.resets++;
    config_.reset();
    reach.set_master(false);
    std::fill(msix_table_.begin(), msix_table_.end(), std::byte{});
    behaviour_.reset();
}

void endpoint::disconnect() {
    reach.clear();
    irqs.clear();
    reset();
}

} // namespace upciedev::vfio_user
