// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/endpoint/protocol.hpp"

#include "simulation/endpoint/device.hpp"

namespace upciedev::vfio_user {

/// The configuration space of a PCIe endpoint: header, PCI Express, power management, MSI, MSI-X
/// and serial number. Interrupt addresses are kept for reading only: the client delivers
/// interrupts.
class config_space {
  public:
    explicit config_space(const device_facts& facts);

    /// Both want a range within the 4096 bytes.
    void read(std::uint64_t offset, std::span<std::byte> to) const;
    /// True: the host asks for a function level reset.
    bool write(std::uint64_t offset, std::span<const std::byte> from);
    void reset() { values_ = initial_; }

    [[nodiscard]] bool bus_master() const;

  private:
    using bytes = std::array<std::byte, protocol::config_size>;

    template <class T>
    void put(std::size_t offset, T value, T writable = 0);
    void put_header(const device_facts& facts);
    void put_bar(unsigned index, const bar_facts& bar);
    void put_express();
    void put_power();
    void put_msi(unsigned vectors);
    void put_msix(const msix_facts& facts);
    void put_serial(std::uint64_t serial);
    void link(std::size_t capability, std::uint8_t id);

    bytes initial_{};
    bytes writable_{}; // bits that a write changes
    bytes values_{};
    std::size_t last_link_ = 0x34; // where the next capability's offset goes
};

} // namespace upciedev::vfio_user
