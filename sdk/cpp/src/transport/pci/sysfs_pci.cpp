// SPDX-License-Identifier: BSD-3-Clause
#include "transport/pci/sysfs_pci.hpp"
#include "base/read_line.hpp"
#include "base/unique_fd.hpp"

#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t status_offset = 0x06, first_capability = 0x34;
constexpr unsigned has_capabilities = 0x10, express_capability = 0x10;
constexpr unsigned type_root_port = 4, type_downstream = 6, slot_implemented = 0x100;

/// Configuration space of a function. Only what is asked for is read: every word is a transaction
/// of the bus.
class config_file {
  public:
    explicit config_file(const fs::path& folder)
        : file_(open((folder / "config").c_str(), O_RDONLY | O_CLOEXEC)) {}

    [[nodiscard]] std::uint32_t word(std::size_t at, std::size_t bytes) const {
        std::uint32_t word = 0;
        const bool whole =
            pread(file_.get(), &word, bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes);
        return whole ? word : 0;
    }
    /// Who is not root gets the first 64 bytes only.
    [[nodiscard]] bool complete() const {
        char byte = 0;
        return pread(file_.get(), &byte, 1, 64) == 1;
    }

  private:
    unique_fd file_;
};

/// Where the PCI Express capability is, or 0.
std::size_t find_express(const config_file& config) {
    if ((config.word(status_offset, 2) & has_capabilities) == 0) return 0;
    std::size_t at = config.word(first_capability, 1) & 0xfcU;
    for (int left = 48; at >= 0x40 && left > 0; --left) { // a broken list may be a loop
        const std::uint32_t head = config.word(at, 2);
        if ((head & 0xff) == express_capability) return at;
        at = (head >> 8) & 0xfcU;
    }
    return 0;
}

/// 0 where the port has no numbered slot, as the driver counts them.
unsigned slot_of_port(const config_file& config) {
    const std::size_t express = find_express(config);
    if (express == 0) return 0;
    const std::uint32_t flags = config.word(express + 2, 2);
    const unsigned type = (flags >> 4) & 0xf;
    if (type != type_root_port && type != type_downstream) return 0;
    return (flags & slot_implemented) == 0 ? 0 : config.word(express + 0x14, 4) >> 19;
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

std::optional<unsigned> slot_above(const fs::path& folder) {
    return slot_above(folder, "/sys/bus/pci/slots");
}

std::optional<unsigned> slot_above(const fs::path& folder, const fs::path& hot_plug) {
    fs::path below = folder;
    for (auto port = folder.parent_path(); fs::exists(port / "config");
         below = port, port = port.parent_path()) {
        if (const config_file config(port); config.complete()) {
            if (const unsigned slot = slot_of_port(config)) return slot;
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
    function.ids = {read_id(folder / "vendor"), read_id(folder / "device"),
                    read_id(folder / "subsystem_vendor"), read_id(folder / "subsystem_device")};
    function.bridge = read_line(folder / "class").starts_with("0x06");
    return function;
}

} // namespace upciedev::inline v1::detail
