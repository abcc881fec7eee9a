// SPDX-License-Identifier: BSD-3-Clause
#include "transport/pci/pci_health.hpp"
#include "base/read_line.hpp"
#include "base/unique_fd.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <upciedev/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

namespace fs = std::filesystem;

/// "2.5 GT/s PCIe", "4"; 0 for "Unknown".
template <class T>
T leading_number(const fs::path& file) {
    std::istringstream text(read_line(file));
    T number{};
    return text >> number ? number : T{};
}

/// The line "TOTAL_ERR_COR 12" of a file of counters.
std::optional<std::uint64_t> total_of(const fs::path& file) {
    std::ifstream counters(file);
    std::string name;
    for (std::uint64_t count = 0; counters >> name >> count;)
        if (name.starts_with("TOTAL_ERR_")) return count;
    return std::nullopt;
}

void write_attribute(const fs::path& file, const std::string& text, const std::string& where) {
    const unique_fd attribute(open(file.c_str(), O_WRONLY | O_CLOEXEC));
    const bool done = attribute && write(attribute.get(), text.data(), text.size()) >= 0;
    const std::error_code cause(errno, std::generic_category());
    if (done) return;
    if (cause == std::errc::permission_denied || cause == std::errc::operation_not_permitted)
        throw error(errc::not_permitted, where, "only root may do that", "run as root", cause);
    if (cause == std::errc::no_such_device) // of a slot that was switched on
        throw error(errc::no_such_board, where, "no board answers there",
                    "is it plugged in, and its handle closed?", cause);
    if (cause == std::errc::no_such_file_or_directory)
        throw error(errc::no_such_board, where, "is not there", "see: upciedev ls", cause);
    throw error(errc::io_error, where, file.string() + ": " + cause.message(), {}, cause);
}

/// The bus of a slot, "0000:03".
std::string bus_of_slot(const fs::path& slot) {
    const std::string device = read_line(slot / "address");
    return device.substr(0, device.rfind(':'));
}

} // namespace

std::optional<link_facts> read_link(const fs::path& folder) {
    link_facts link;
    link.speed = leading_number<double>(folder / "current_link_speed");
    link.width = leading_number<unsigned>(folder / "current_link_width");
    link.max_speed = leading_number<double>(folder / "max_link_speed");
    link.max_width = leading_number<unsigned>(folder / "max_link_width");
    if (link.speed == 0 && link.width == 0) return std::nullopt;
    return link;
}

std::optional<error_counts> read_errors(const fs::path& folder) {
    const auto correctable = total_of(folder / "aer_dev_correctable");
    const auto nonfatal = total_of(folder / "aer_dev_nonfatal");
    const auto fatal = total_of(folder / "aer_dev_fatal");
    if (!correctable || !nonfatal || !fatal) return std::nullopt;
    return error_counts{*correctable, *nonfatal, *fatal};
}

void remove_pci_device(const std::string& pci_address) {
    write_attribute(fs::path("/sys/bus/pci/devices") / pci_address / "remove", "1", pci_address);
}

void rescan_pci(const fs::path& sysfs, std::optional<unsigned> slot) {
    if (!slot) return write_attribute(sysfs / "bus/pci/rescan", "1", "rescan");
    const auto where = fmt::format("slot {}", *slot);
    const auto folder = sysfs / "bus/pci/slots" / std::to_string(*slot);
    if (!fs::exists(folder / "address"))
        throw error(errc::no_such_board, where, "the kernel knows no such slot",
                    "rescan without a slot looks everywhere");
    if (read_line(folder / "power") == "0") return write_attribute(folder / "power", "1", where);
    write_attribute(sysfs / "class/pci_bus" / bus_of_slot(folder) / "rescan", "1", where);
}

} // namespace upciedev::inline v1::detail
