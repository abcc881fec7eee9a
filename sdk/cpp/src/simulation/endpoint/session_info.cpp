// SPDX-License-Identifier: BSD-3-Clause
// What a client asks before it uses the endpoint.
#include "simulation/endpoint/session.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace upciedev::vfio_user {

using namespace protocol;

namespace {

constexpr std::string_view our_capabilities =
    R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,)"
    R"("max_dma_maps":65535,"pgsizes":4096}})";

/// The one thing we need of the client's JSON: how much it takes in a DMA message. Text that does
/// not say it clearly says nothing.
std::size_t transfer_limit(std::string_view json) {
    constexpr std::string_view key = "\"max_data_xfer_size\"";
    const std::size_t found = json.find(key);
    if (found == std::string_view::npos) return max_transfer;
    json.remove_prefix(found + key.size());
    json.remove_prefix(std::min(json.find_first_not_of(" :\t\n"), json.size()));
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(json.data(), json.data() + json.size(), value);
    if (parsed.ec != std::errc() || value == 0) return max_transfer;
    return std::min<std::uint64_t>(value, max_transfer);
}

std::vector<std::byte> sparse_map(const bar_facts& bar) {
    std::vector<std::byte> bytes;
    append(bytes, sparse_capability{1, 1, 0, static_cast<std::uint32_t>(bar.mappable.size()), 0});
    for (const stretch& part : bar.mappable) {
        append(bytes, part.offset);
        append(bytes, part.size);
    }
    return bytes;
}

} // namespace

session::reply session::negotiate(const message& request) {
    const auto theirs = take<version_numbers>(request.payload);
    if (!theirs || theirs->major != 0) return {EINVAL, {}, -1};
    const std::span<const std::byte> text = std::span(request.payload).subspan(sizeof *theirs);
    if (!text.empty() && text.back() != std::byte{}) return {EINVAL, {}, -1};
    requests_.limit(transfer_limit({reinterpret_cast<const char*>(text.data()), text.size()}));
    negotiated_ = true;
    reply with;
    append(with.payload, version_numbers{0, 0});
    const auto ours = std::as_bytes(std::span(our_capabilities));
    with.payload.insert(with.payload.end(), ours.begin(), ours.end());
    with.payload.push_back(std::byte{});
    return with;
}

session::reply session::info(const message& request) {
    const auto asked = take<device_info>(request.payload);
    if (!asked || asked->argsz < sizeof *asked) return {EINVAL, {}, -1};
    reply with;
    append(with.payload, device_info{sizeof(device_info), device_can_reset | device_is_pci,
                                     region_count, irq_index_count});
    return with;
}

/// A client with little room learns from argsz how much to bring; only then it gets the map.
session::reply session::region(const message& request) const {
    const auto asked = take<region_info>(request.payload);
    if (!asked || asked->argsz < sizeof *asked || asked->index >= region_count)
        return {EINVAL, {}, -1};
    region_info told{sizeof told, 0, asked->index, 0, endpoint_.region_size(asked->index), 0};
    if (told.size > 0) told.flags = region_can_read | region_can_write;
    reply with;
    std::vector<std::byte> sparse;
    if (asked->index < bar_count && endpoint_.facts.bars[asked->index].memory_fd >= 0) {
        const bar_facts& bar = endpoint_.facts.bars[asked->index];
        if (!bar.mappable.empty()) sparse = sparse_map(bar);
        told.argsz += static_cast<std::uint32_t>(sparse.size());
        told.flags |= region_can_map;
        with.fd = asked->argsz >= told.argsz ? bar.memory_fd : -1;
    }
    const bool has_room = asked->argsz >= told.argsz;
    if (!sparse.empty() && has_room) {
        told.flags |= region_has_capabilities;
        told.capability_offset = sizeof told;
    }
    append(with.payload, told);
    if (has_room) with.payload.insert(with.payload.end(), sparse.begin(), sparse.end());
    return with;
}

session::reply session::irq(const message& request) const {
    const auto asked = take<irq_info>(request.payload);
    if (!asked || asked->argsz < sizeof *asked || asked->index >= irq_index_count)
        return {EINVAL, {}, -1};
    reply with;
    append(with.payload, irq_info{sizeof(irq_info), irq_by_eventfd | irq_no_resize, asked->index,
                                  endpoint_.irqs.count(asked->index)});
    return with;
}

} // namespace upciedev::vfio_user
