// SPDX-License-Identifier: BSD-3-Clause
#include "emulated_crate.hpp"

#include "modules.hpp"
#include "threads.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace raw::emulated {

namespace {

using namespace std::chrono_literals;

// What tests/guest/runs.toml has the kernel leave alone
const std::string window = "window=0x18000000";
const std::string control_folder = "/sys/kernel/debug/test_bridge/";

void must(int error, const std::string& what) {
    if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

std::string device_folder(const std::string& address) {
    return "/sys/bus/pci/devices/" + address + "/";
}

std::string slot_folder(unsigned slot) {
    return "slot" + std::to_string(slot) + "/";
}

std::string address_of(unsigned slot) {
    return "10000:0" + std::to_string(3 + slot - first_slot) + ":00.0";
}

bool find(unsigned slot, board& found) {
    found.address = address_of(slot);
    found.node = "/dev/upciedev/" + found.address;
    found.info.size = sizeof(found.info);
    const file fd{::open(found.node.c_str(), O_RDWR | O_CLOEXEC)};
    return fd.get() >= 0 && control(fd.get(), UPCIEDEV_GET_INFO, &found.info) == 0;
}

template <class T>
T config(const std::string& address, std::uint32_t offset) {
    T value{};
    const auto file = open_node(device_folder(address) + "config", O_RDONLY);
    if (::pread(file.get(), &value, sizeof(value), offset) != sizeof(value))
        throw std::runtime_error("configuration space of " + address + " cannot be read");
    return value;
}

std::uint32_t acs_control_of(const std::string& port) {
    constexpr std::uint32_t first = 0x100, acs = 0x0d, control = 6;
    for (auto at = first; at != 0;) {
        const auto head = config<std::uint32_t>(port, at);
        if ((head & 0xffffU) == acs) return at + control;
        at = head >> 20U;
    }
    throw std::runtime_error(port + " has no ACS");
}

void write_acs(unsigned slot, std::uint16_t bits) {
    const auto port = port_of(slot);
    const auto file = open_node(device_folder(port) + "config", O_RDWR);
    if (::pwrite(file.get(), &bits, sizeof(bits), acs_control_of(port)) != sizeof(bits))
        throw std::runtime_error("ACS Control of " + port + " cannot be written");
}

} // namespace

void load(const std::string& bridge_parameters) {
    must(load_module("test_bridge", window + " " + bridge_parameters), "load test_bridge");
    load_card("");
}

void load_card(const std::string& parameters) {
    if (std::filesystem::exists("/sys/module/test_peer"))
        must(unload_module("test_peer"), "unload test_peer");
    must(load_module("test_peer", parameters), "load test_peer");
    for (auto slot = first_slot; slot <= last_slot; ++slot)
        at_slot(slot);
}

void unload() {
    must(unload_module("test_peer"), "unload test_peer");
    must(unload_module("test_bridge"), "unload test_bridge");
}

board at_slot(unsigned slot) {
    board found;
    if (!eventually([&] { return find(slot, found); }))
        throw std::runtime_error("no emulated board in slot " + std::to_string(slot));
    return found;
}

file open_slot(unsigned slot) {
    return open_node(at_slot(slot).node);
}

std::string port_of(unsigned slot) {
    return "10000:02:0" + std::to_string(slot - first_slot) + ".0";
}

std::uint64_t cpu_address(const board& which, unsigned bar) {
    std::ifstream in{device_folder(which.address) + "resource"};
    std::string start, rest;
    for (unsigned line = 0; line <= bar; ++line)
        in >> start >> rest >> rest;
    return std::stoull(start, nullptr, 0);
}

std::uint64_t bus_address(const board& which, unsigned bar) {
    constexpr std::uint32_t first_bar = 0x10;
    constexpr std::uint64_t kind = 0xf, wide = 0x4;
    const auto at = first_bar + 4 * bar;
    const std::uint64_t low = config<std::uint32_t>(which.address, at);
    const std::uint64_t high = (low & wide) != 0 ? config<std::uint32_t>(which.address, at + 4) : 0;
    return high << 32U | (low & ~kind);
}

std::uint16_t acs_of(unsigned slot) {
    return config<std::uint16_t>(port_of(slot), acs_control_of(port_of(slot)));
}

access_control::access_control(unsigned slot, std::uint16_t bits)
    : slot_{slot}, before_{acs_of(slot)} {
    write_acs(slot_, bits);
}

access_control::~access_control() {
    write_acs(slot_, before_);
}

void access_control::clear() {
    write_acs(slot_, 0);
}

std::uint64_t counter(const std::string& name) {
    return std::stoull(read_file(control_folder + name));
}

std::uint64_t counter(unsigned slot, const std::string& name) {
    return counter(slot_folder(slot) + name);
}

void root_passes(bool on) {
    write_file(control_folder + "root_passes", on ? "1" : "0");
}

void set(unsigned slot, const std::string& name, bool on) {
    write_file(control_folder + slot_folder(slot) + name, on ? "1" : "0");
}

void set_image(unsigned slot, std::uint16_t number) {
    write_file(control_folder + slot_folder(slot) + "image", std::to_string(number));
}

void remove(unsigned slot) {
    write_file(device_folder(at_slot(slot).address) + "remove", "1");
}

void rescan(unsigned slot) {
    write_file(device_folder(port_of(slot)) + "rescan", "1");
}

void power(unsigned slot, bool on) {
    write_file("/sys/bus/pci/slots/" + std::to_string(slot) + "/power", on ? "1" : "0");
}

pair::pair(unsigned from, unsigned to)
    : source{open_slot(from)}, target{open_slot(to)}, channel{open_channel(source, 0).channel} {}

upciedev_peer_route pair::route() const {
    upciedev_peer_route what{};
    what.size = sizeof(what);
    what.peer = target.get();
    what.bar = memory_bar;
    if (const int error = control(source.get(), UPCIEDEV_PEER_ROUTE, &what); error != 0)
        throw std::system_error(error, std::generic_category(), "UPCIEDEV_PEER_ROUTE");
    return what;
}

upciedev_dma_peer pair::request(std::uint64_t at, std::uint64_t length) const {
    upciedev_dma_peer what{};
    what.peer = target.get();
    what.bar = memory_bar;
    what.peer_offset = at;
    what.length = length;
    what.timeout_ms = patient_ms;
    return what;
}

int pair::move(upciedev_dma_peer& what) const {
    return control(channel.get(), UPCIEDEV_DMA_PEER, &what);
}

int pair::move(std::uint64_t at, std::uint64_t length) const {
    auto what = request(at, length);
    return move(what);
}

void fill_memory(const file& board, std::uint64_t seed) {
    const map memory{board.get(), UPCIEDEV_POS(memory_bar, 0), memory_bytes};
    fill({memory.bytes(), memory_bytes}, seed);
}

std::vector<std::byte> memory_of(const file& board) {
    const map memory{board.get(), UPCIEDEV_POS(memory_bar, 0), memory_bytes};
    return {memory.bytes(), memory.bytes() + memory_bytes};
}

} // namespace raw::emulated
