// SPDX-License-Identifier: BSD-3-Clause
#include "commands/offline.hpp"
#include "base/read_line.hpp"

#include "base/signal_hold.hpp"
#include "base/transport_error.hpp"
#include "transport/pci/sysfs_pci.hpp"

#include <linux/upciedev.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cli {
namespace {

using namespace std::chrono_literals;
using upciedev::errc;
using upciedev::error;
using upciedev::detail::from_errno;
using upciedev::detail::read_line;
using upciedev::detail::unique_fd;
using clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr auto next_look = 10ms;
constexpr std::uint32_t one_wait_ms = 200; // then a look whether Ctrl-C came

constexpr const char* pci_devices = "/sys/bus/pci/devices";
constexpr const char* boards = "/sys/class/upciedev";

[[noreturn]] void refuse(const std::string& address, int number) {
    if (number == EBUSY)
        throw error(errc::busy, address, "claimed by another program",
                    "wait for it to end; upciedev claim --who tells which it is",
                    from_errno(number));
    if (number == EPERM)
        throw error(errc::not_permitted, address,
                    "taking a board off needs CAP_SYS_RAWIO, and is refused under lockdown",
                    "run it as root", from_errno(number));
    if (number == ENOTTY)
        throw error(errc::not_supported, address, "this driver cannot take a board off",
                    "load the driver of the same version as this command", from_errno(number));
    upciedev::detail::throw_access_error(from_errno(number), address);
}

/// Little-endian, as all of configuration space; nothing where there is no answer.
std::optional<std::uint32_t> config_dword(const std::string& folder, std::size_t offset) {
    const unique_fd config(open((folder + "/config").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<unsigned char, 4> bytes{};
    if (!config || pread(config.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
                       static_cast<ssize_t>(bytes.size()))
        return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint32_t{bytes.at(i)} << 8 * i;
    return value == ~std::uint32_t{0} ? std::nullopt : std::optional(value);
}

constexpr std::size_t capabilities_at = 0x34, link_capabilities = 0x0c, link_status = 0x10;
constexpr std::uint32_t express = 0x10, reports_link = 1U << 20, link_is_up = 1U << 29;

/// Whether the port says of its link that it is up; nothing where it does not say.
std::optional<bool> link_of_port(const std::string& port) {
    std::size_t at = config_dword(port, capabilities_at).value_or(0) & 0xfcU;
    while (at != 0) {
        const auto header = config_dword(port, at).value_or(0);
        if ((header & 0xffU) == express) break;
        at = header >> 8 & 0xfcU;
    }
    if (at == 0 || (config_dword(port, at + link_capabilities).value_or(0) & reports_link) == 0)
        return std::nullopt;
    return (config_dword(port, at + link_status).value_or(0) & link_is_up) != 0;
}

bool is_up(const std::string& folder, const std::string& port) {
    if (!fs::exists(folder)) return false;
    const auto link = port.empty() ? std::nullopt : link_of_port(port);
    return link ? *link : config_dword(folder, 0).has_value();
}

} // namespace

offline_board::offline_board(const std::string& pci_address) : address_(pci_address) {
    const auto node = "/dev/upciedev/" + pci_address;
    const unique_fd board(open(node.c_str(), O_RDWR | O_CLOEXEC));
    if (!board) refuse(pci_address, errno);
    upciedev_offline request{};
    if (ioctl(board.get(), UPCIEDEV_OFFLINE, &request) != 0) refuse(pci_address, errno);
    held_ = unique_fd(request.fd);
}

offline_board::answer offline_board::bring_back() const {
    upciedev_online request{};
    request.timeout_ms = one_wait_ms;
    if (ioctl(held_.get(), UPCIEDEV_ONLINE, &request) == 0) return answer::back;
    switch (errno) {
    case ETIMEDOUT:
    case EINTR:
        return answer::silent;
    case ENODEV:
        return answer::left;
    case ESTALE:
        return answer::changed;
    default:
        throw error(errc::io_error, address_, "did not come back: it stays off",
                    "switch its slot off and on", from_errno(errno));
    }
}

link_watch::link_watch(const std::string& pci_address)
    : folder_(fs::path(pci_devices) / pci_address) {
    std::error_code none;
    const auto above = fs::canonical(folder_, none).parent_path();
    if (!none && fs::exists(above / "config")) port_ = above.string();
    const upciedev::detail::signal_hold signals; // are not for that thread, which inherits this
    thread_ = std::jthread([this](const std::stop_token& stop) { look(stop); });
}

void link_watch::look(const std::stop_token& stop) {
    for (auto before = clock::now(); !stop.stop_requested();) {
        std::this_thread::sleep_for(next_look);
        const bool up = is_up(folder_, port_);
        const auto now = clock::now();
        if (!up) down_ += now - before;
        before = now;
    }
}

std::chrono::nanoseconds link_watch::end() {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
    return down_;
}

std::string driver_slot(const std::string& pci_address) {
    return read_line(fs::path(boards) / pci_address / "slot");
}

std::string address_now(const std::string& pci_address, const std::string& slot) {
    const auto is_here = [](const fs::path& board) { return read_line(board / "gone") == "0"; };
    if (is_here(fs::path(boards) / pci_address)) return pci_address;
    std::string found;
    std::error_code none;
    for (const auto& board : fs::directory_iterator(boards, none)) {
        if (slot == "none" || read_line(board.path() / "slot") != slot || !is_here(board)) continue;
        if (!found.empty()) return {}; // slots of two crates
        found = board.path().filename().string();
    }
    return found;
}

} // namespace cli
