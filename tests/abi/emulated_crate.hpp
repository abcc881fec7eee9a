// SPDX-License-Identifier: BSD-3-Clause
// The crate of tests/guest/hostbridge: boards behind an emulated host bridge, seen from the driver,
// from the emulated side, and from the kernel around them.
#pragma once

#include "peers.hpp"

#include <functional>

namespace raw::emulated {

constexpr unsigned first_slot = 21, last_slot = 23;
constexpr std::uint32_t domain = 0x10000;
constexpr std::uint64_t memory_bytes = 1U << 20U;

// Loads test_bridge and test_peer; throws where that fails.
void load(const std::string& bridge_parameters = "");
void unload();
// The card plugin alone, again.
void load_card(const std::string& parameters);

board at_slot(unsigned slot); // throws if there is none; waits for it for a while
file open_slot(unsigned slot);
std::string port_of(unsigned slot); // 10000:02:00.0
std::uint64_t cpu_address(const board& which, unsigned bar);
std::uint64_t bus_address(const board& which, unsigned bar); // as it stands in the board

// Bits of ACS Control of a slot's port, for as long as it lives.
constexpr std::uint16_t request_redirect = 0x04, completion_redirect = 0x08;
class access_control {
  public:
    access_control(unsigned slot, std::uint16_t bits);
    ~access_control();
    access_control(const access_control&) = delete;
    access_control& operator=(const access_control&) = delete;
    void clear();

  private:
    unsigned slot_;
    std::uint16_t before_;
};
std::uint16_t acs_of(unsigned slot);

// /sys/kernel/debug/test_bridge
std::uint64_t counter(const std::string& name);
std::uint64_t counter(unsigned slot, const std::string& name);
void root_passes(bool on); // requests from port to port
void set(unsigned slot, const std::string& name, bool on);
void set_image(unsigned slot,
               std::uint16_t number); // of its FPGA, from the next reset on; 0: as ever

// Ways to leave; each has a way back.
void remove(unsigned slot); // by sysfs
void rescan(unsigned slot);
void power(unsigned slot, bool on); // of the slot, by the kernel
inline void pull(unsigned slot) {   // by surprise
    set(slot, "present", false);
}
inline void plug(unsigned slot) {
    set(slot, "present", true);
}

// A board and another that it writes into.
struct pair {
    pair(unsigned from, unsigned to);
    upciedev_peer_route route() const;
    upciedev_dma_peer request(std::uint64_t at, std::uint64_t length) const;
    int move(upciedev_dma_peer& what) const; // 0 or errno
    int move(std::uint64_t at, std::uint64_t length) const;

    file source, target, channel;
};

void fill_memory(const file& board, std::uint64_t seed); // all of it
std::vector<std::byte> memory_of(const file& board);

} // namespace raw::emulated
