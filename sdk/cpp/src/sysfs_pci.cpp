// SPDX-License-Identifier: BSD-3-Clause
#include "sysfs_pci.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <span>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t status_offset = 0x06, first_capability = 0x34;
constexpr unsigned has_capabilities = 0x10, express_capability = 0x10;
constexpr unsigned type_root_port = 4, type_downstream = 6, slot_implemented = 0x100;

using config_space = std::array<unsigned char, 256>;

/// \returns nothing where the reader gets less than all of it
std::optional<config_space> read_config(const fs::path& folder) {
    config_space config{};
    std::ifstream file(folder / "config", std::ios::binary);
    file.read(reinterpret_cast<char*>(config.data()), config.size());
    if (file.gcount() != static_cast<std::streamsize>(config.size())) return std::nullopt;
    return config;
}

std::uint32_t word_at(const config_space& config, std::size_t at, std::size_t bytes) {
    std::uint32_t word = 0;
    if (at + bytes <= config.size()) std::memcpy(&word, &config[at], bytes);
    return word;
}

/// Where the PCI Express capability is, or 0.
std::size_t find_express(const config_space& config) {
    if ((word_at(config, status_offset, 2) & has_capabilities) == 0) return 0;
    std::size_t at = config[first_capability] & 0xfcU;
    for (int guard = 0; at >= 0x40 && guard < 48; ++guard) {
        if (config[at] == express_capability) return at;
        at = config[at + 1] & 0xfcU;
    }
    return 0;
}

/// 0 where the port has no numbered slot, as the driver counts them.
unsigned slot_of_port(const config_space& config) {
    const std::size_t express = find_express(config);
    if (express == 0) return 0;
    const std::uint32_t flags = word_at(config, express + 2, 2);
    const unsigned type = (flags >> 4) & 0xf;
    if (type != type_root_port && type != type_downstream) return 0;
    if ((flags & slot_implemented) == 0) return 0;
    return word_at(config, express + 0x14, 4) >> 19;
}

/// Slot N of the kernel's hot-plug drivers holds this device ("0000:03:00", without function).
std::optional<unsigned> hot_plug_slot(const fs::path& hot_plug, const std::string& device) {
    std::error_code ignored;
    for (const auto& slot : fs::directory_iterator(hot_plug, ignored)) {
        if (read_line(slot.path() / "address") != device) continue;
        const std::string name = slot.path().filename();
        unsigned number = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
            return number;
    }
    return std::nullopt;
}

std::uint16_t read_id(const fs::path& file) {
    const std::string text = read_line(file);
    std::uint16_t id = 0;
    if (text.starts_with("0x")) std::from_chars(text.data() + 2, text.data() + text.size(), id, 16);
    return id;
}

} // namespace

std::string read_line(const fs::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

std::optional<unsigned> slot_above(const fs::path& folder, const fs::path& hot_plug) {
    fs::path below = folder;
    for (auto port = folder.parent_path(); fs::exists(port / "config");
         below = port, port = port.parent_path()) {
        if (const auto config = read_config(port)) {
            if (const unsigned slot = slot_of_port(*config)) return slot;
            continue;
        }
        const std::string address = below.filename();
        if (const auto slot = hot_plug_slot(hot_plug, address.substr(0, address.rfind('.'))))
            return slot;
    }
    return std::nullopt;
}

pci_function read_pci_function(const fs::path& folder) {
    pci_function function;
    std::error_code ignored;
    function.folder = fs::canonical(folder, ignored);
    function.address = folder.filename();
    if (const auto driver = fs::read_symlink(folder / "driver", ignored); !driver.empty())
        function.driver = driver.filename();
    function.slot = slot_above(function.folder, "/sys/bus/pci/slots");
    function.ids = {read_id(folder / "vendor"), read_id(folder / "device"),
                    read_id(folder / "subsystem_vendor"), read_id(folder / "subsystem_device")};
    function.bridge = read_line(folder / "class").starts_with("0x06");
    return function;
}

} // namespace upciedev::inline v1::detail
