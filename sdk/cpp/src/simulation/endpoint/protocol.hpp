// SPDX-License-Identifier: BSD-3-Clause
// The vfio-user protocol 0.0 as it goes over the wire: little-endian, no holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace upciedev::vfio_user::protocol {

enum command : std::uint16_t {
    version = 1,
    dma_map = 2,
    dma_unmap = 3,
    device_get_info = 4,
    get_region_info = 5,
    get_irq_info = 7,
    set_irqs = 8,
    region_read = 9,
    region_write = 10,
    dma_read = 11,
    dma_write = 12,
    device_reset = 13,
};

struct header {
    std::uint16_t id;
    std::uint16_t command;
    std::uint32_t size; // of the whole message
    std::uint32_t flags;
    std::uint32_t error; // an errno
};
static_assert(sizeof(header) == 16);
constexpr std::uint32_t flag_type = 0xf;
constexpr std::uint32_t flag_reply = 1;
constexpr std::uint32_t flag_no_reply = 0x10;
constexpr std::uint32_t flag_error = 0x20;

constexpr std::uint32_t max_transfer = 1 << 20;
constexpr std::uint32_t max_message = sizeof(header) + 16 + max_transfer;
constexpr std::size_t max_fds = 16;
constexpr std::size_t max_dma_maps = 65535;
constexpr std::uint64_t page = 4096;

struct version_numbers { // followed by JSON text, ended by a zero
    std::uint16_t major;
    std::uint16_t minor;
};

struct dma_map_request {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint64_t offset; // in the file that comes with it
    std::uint64_t address;
    std::uint64_t size;
};
static_assert(sizeof(dma_map_request) == 32);
constexpr std::uint32_t map_read = 1;
constexpr std::uint32_t map_write = 2;

struct dma_unmap_request {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint64_t address;
    std::uint64_t size;
};
static_assert(sizeof(dma_unmap_request) == 24);
constexpr std::uint32_t unmap_all = 2;

struct device_info {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint32_t regions;
    std::uint32_t irqs;
};
constexpr std::uint32_t device_can_reset = 1;
constexpr std::uint32_t device_is_pci = 2;

// Regions: six BARs, ROM, configuration space, VGA
constexpr std::uint32_t bar_count = 6;
constexpr std::uint32_t config_region = 7;
constexpr std::uint32_t region_count = 9;
constexpr std::uint32_t config_size = 4096;

struct region_info {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint32_t index;
    std::uint32_t capability_offset;
    std::uint64_t size;
    std::uint64_t offset; // in the file that comes with it
};
static_assert(sizeof(region_info) == 32);
constexpr std::uint32_t region_can_read = 1;
constexpr std::uint32_t region_can_write = 2;
constexpr std::uint32_t region_can_map = 4;
constexpr std::uint32_t region_has_capabilities = 8;

struct sparse_capability { // followed by pairs of offset and size
    std::uint16_t id;
    std::uint16_t version;
    std::uint32_t next;
    std::uint32_t areas;
    std::uint32_t reserved;
};
static_assert(sizeof(sparse_capability) == 16);

// Interrupts: INTx, MSI, MSI-X, error, request
constexpr std::uint32_t irq_msi = 1;
constexpr std::uint32_t irq_msix = 2;
constexpr std::uint32_t irq_index_count = 5;

struct irq_info {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint32_t index;
    std::uint32_t count;
};
constexpr std::uint32_t irq_by_eventfd = 1;
constexpr std::uint32_t irq_no_resize = 8;

struct irq_set {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint32_t index;
    std::uint32_t start;
    std::uint32_t count;
};
static_assert(sizeof(irq_set) == 20);
constexpr std::uint32_t irq_data_none = 1;
constexpr std::uint32_t irq_data_eventfd = 4;
constexpr std::uint32_t irq_trigger = 0x20;

struct region_access { // followed by the data
    std::uint64_t offset;
    std::uint32_t region;
    std::uint32_t count;
};
static_assert(sizeof(region_access) == 16);

struct dma_access { // followed by the data
    std::uint64_t address;
    std::uint64_t count;
};

/// The structure at the start of a payload, if the payload is long enough.
template <class T>
std::optional<T> take(std::span<const std::byte> payload) {
    if (payload.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, payload.data(), sizeof value);
    return value;
}

template <class T>
void append(std::vector<std::byte>& payload, const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    payload.insert(payload.end(), bytes.begin(), bytes.end());
}

} // namespace upciedev::vfio_user::protocol
