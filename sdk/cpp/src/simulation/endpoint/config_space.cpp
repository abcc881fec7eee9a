// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/config_space.hpp"

#include <bit>

namespace upciedev::vfio_user {

namespace {

// Where things are; the capabilities as we like them
constexpr std::size_t command_at = 0x04;
constexpr std::byte bus_master_enable{0x04};
constexpr std::size_t express = 0x40, power = 0x80, msi_at = 0x90, msix_at = 0xb0;
constexpr std::size_t serial_at = 0x100; // first of the extended capabilities
constexpr std::size_t device_control_high = express + 9;
constexpr std::byte start_flr{0x80};

} // namespace

config_space::config_space(const device_facts& facts) {
    put_header(facts);
    for (unsigned index = 0; index < facts.bars.size(); index++)
        if (facts.bars[index].size > 0) put_bar(index, facts.bars[index]);
    put_express();
    put_power();
    if (facts.msi_vectors > 0) put_msi(facts.msi_vectors);
    if (facts.msix) put_msix(*facts.msix);
    if (facts.serial != 0) put_serial(facts.serial);
    reset();
}

template <class T>
void config_space::put(std::size_t offset, T value, T writable) {
    std::memcpy(initial_.data() + offset, &value, sizeof value);
    std::memcpy(writable_.data() + offset, &writable, sizeof writable);
}

void config_space::link(std::size_t capability, std::uint8_t id) {
    put(last_link_, static_cast<std::uint8_t>(capability));
    put(capability, id);
    last_link_ = capability + 1;
}

void config_space::put_header(const device_facts& facts) {
    put(0x00, facts.vendor);
    put(0x02, facts.device);
    put<std::uint16_t>(command_at, 0, 0x0547);
    put<std::uint16_t>(0x06, 0x0010); // has capabilities
    put(0x08, facts.class_code << 8 | facts.revision);
    put<std::uint8_t>(0x0c, 0, 0xff); // cache line size, of no effect
    put(0x2c, facts.subvendor);
    put(0x2e, facts.subdevice);
    put<std::uint8_t>(0x3c, 0, 0xff); // interrupt line, a note of the host's
}

void config_space::put_bar(unsigned index, const bar_facts& bar) {
    const std::size_t offset = 0x10 + 4 * std::size_t{index};
    const std::uint32_t kind = (bar.is_64bit ? 0x4U : 0) | (bar.prefetchable ? 0x8U : 0);
    const std::uint64_t writable = ~(bar.size - 1);
    put(offset, kind, static_cast<std::uint32_t>(writable & ~0xfULL));
    if (bar.is_64bit) put(offset + 4, 0U, static_cast<std::uint32_t>(writable >> 32));
}

void config_space::put_express() {
    link(express, 0x10);
    put<std::uint16_t>(express + 0x02, 0x0002);         // endpoint, capability version 2
    put<std::uint32_t>(express + 0x04, 0x10008002);     // FLR, role-based errors, 512 bytes
    put<std::uint16_t>(express + 0x08, 0x2810, 0x7fff); // device control; FLR reads as zero
    put<std::uint32_t>(express + 0x0c, 0x00000043);     // link: 4 lanes of 8 GT/s
    put<std::uint16_t>(express + 0x10, 0, 0x0fff);      // link control
    put<std::uint16_t>(express + 0x12, 0x0043);         // trained to that
    put<std::uint32_t>(express + 0x24, 0x0000001f);     // completion time-outs
    put<std::uint16_t>(express + 0x28, 0, 0x001f);
    put<std::uint32_t>(express + 0x2c, 0x0000000e); // 2.5, 5 and 8 GT/s
    put<std::uint16_t>(express + 0x30, 0x0003, 0x000f);
}

void config_space::put_power() {
    link(power, 0x01);
    put<std::uint16_t>(power + 2, 0x0003);
    put<std::uint16_t>(power + 4, 0x0008, 0x0003); // keeps its state in D3
}

void config_space::put_msi(unsigned vectors) {
    const auto capable = static_cast<std::uint16_t>(std::countr_zero(vectors) << 1);
    link(msi_at, 0x05);
    put<std::uint16_t>(msi_at + 2, static_cast<std::uint16_t>(0x0080 | capable), 0x0071);
    put<std::uint32_t>(msi_at + 4, 0, 0xfffffffc);
    put<std::uint32_t>(msi_at + 8, 0, 0xffffffff);
    put<std::uint16_t>(msi_at + 12, 0, 0xffff);
}

void config_space::put_msix(const msix_facts& facts) {
    link(msix_at, 0x11);
    put<std::uint16_t>(msix_at + 2, static_cast<std::uint16_t>(facts.vectors - 1), 0xc000);
    put<std::uint32_t>(msix_at + 4, facts.table_offset | facts.bar);
    put<std::uint32_t>(msix_at + 8, facts.pending_offset | facts.bar);
}

void config_space::put_serial(std::uint64_t serial) {
    put<std::uint32_t>(serial_at, 0x00010003);
    put(serial_at + 4, serial);
}

void config_space::read(std::uint64_t offset, std::span<std::byte> to) const {
    std::memcpy(to.data(), values_.data() + offset, to.size());
}

bool config_space::write(std::uint64_t offset, std::span<const std::byte> from) {
    bool flr = false;
    for (const std::byte value : from) {
        const std::byte mask = writable_[offset];
        values_[offset] = (values_[offset] & ~mask) | (value & mask);
        if (offset == device_control_high && (value & start_flr) != std::byte{}) flr = true;
        offset++;
    }
    return flr;
}

bool config_space::bus_master() const {
    return (values_[command_at] & bus_master_enable) != std::byte{};
}

} // namespace upciedev::vfio_user
