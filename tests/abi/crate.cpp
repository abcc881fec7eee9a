// SPDX-License-Identifier: BSD-3-Clause
// The boards of the guest and what the kernel says about them.
#include "harness.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace raw {

namespace fs = std::filesystem;

namespace {

constexpr std::uint16_t edu_id = 0x11e8, ivshmem_id = 0x1110, testdev_id = 0x0005,
                        digitizer_id = 0x00ac, carrier_id = 0x00aa, scatter_id = 0x00ad;
constexpr std::uint32_t nvme_class = 0x010802;

bool fits(role which, const upciedev_board_info& info) {
    switch (which) {
    case role::edu:
    case role::spare_edu:
        return info.vendor == 0x1234 && info.device == edu_id;
    case role::memory:
        return info.vendor == 0x1af4 && info.device == ivshmem_id;
    case role::testdev:
        return info.vendor == 0x1b36 && info.device == testdev_id;
    case role::digitizer:
    case role::second_digitizer:
        return info.vendor == 0x1b36 && info.device == digitizer_id;
    case role::carrier:
        return info.vendor == 0x1b36 && info.device == carrier_id;
    case role::scatter:
        return info.vendor == 0x1b36 && info.device == scatter_id;
    case role::nvme:
        return info.class_revision >> 8 == nvme_class;
    }
    return false;
}

const board& pick(const std::vector<board>& boards, role which) {
    std::size_t skip = which == role::spare_edu || which == role::second_digitizer ? 1 : 0;
    for (const auto& candidate : boards)
        if (fits(which, candidate.info) && skip-- == 0) return candidate;
    throw std::runtime_error("a board that the ABI tests need is not in /dev/upciedev: role " +
                             std::to_string(static_cast<int>(which)) +
                             " (boot its crate, see tests/guest/runs.toml)");
}

// Only the first call looks: a test may take a board away.
const std::vector<board>& boards_at_start() {
    static const auto boards = find_boards();
    return boards;
}

fs::path device_directory(const board& which) {
    return "/sys/bus/pci/devices/" + which.address;
}

} // namespace

std::vector<board> find_boards() {
    std::vector<board> boards;
    for (const auto& entry : fs::directory_iterator("/dev/upciedev")) {
        board found{entry.path(), entry.path().filename()};
        if (entry.is_symlink() || !fs::exists(device_directory(found))) continue;
        auto fd = open_node(found.node, O_RDONLY);
        found.info.size = sizeof(found.info);
        if (control(fd.get(), UPCIEDEV_GET_INFO, &found.info) == 0) boards.push_back(found);
    }
    std::ranges::sort(boards, {}, &board::address);
    return boards;
}

const board& the(role which) {
    return pick(boards_at_start(), which);
}

std::string config_file(const board& which) {
    return device_directory(which) / "config";
}

std::string driver_of(const board& which) {
    const auto link = device_directory(which) / "driver";
    return fs::exists(link) ? fs::read_symlink(link).filename().string() : "";
}

bool is_realtime() {
    return ::access("/sys/kernel/realtime", F_OK) == 0;
}

std::string read_file(const std::string& path) {
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const std::string& path, const std::string& text) {
    const auto fd = open_node(path, O_WRONLY);
    if (::write(fd.get(), text.data(), text.size()) < 0)
        throw std::system_error(errno, std::generic_category(), "write " + text + " to " + path);
}

// The driver is remembered: an unbound device has no link to it any more.
static std::map<std::string, std::string>& homes() {
    static std::map<std::string, std::string> drivers;
    return drivers;
}

void unbind(const board& which) {
    homes()[which.address] = driver_of(which);
    write_file(device_directory(which) / "driver/unbind", which.address);
}

void bind(const board& which) {
    write_file("/sys/bus/pci/drivers/" + homes().at(which.address) + "/bind", which.address);
}

unbound::unbound(const board& which) : board_{which} {
    unbind(board_);
}

unbound::~unbound() {
    if (driver_of(board_).empty()) bind(board_);
}

std::map<std::string, long> counters() {
    std::ifstream in{"/sys/kernel/debug/upciedev/counters"};
    if (!in)
        throw std::runtime_error("no /sys/kernel/debug/upciedev/counters: is debugfs mounted?");
    std::map<std::string, long> values;
    std::string name;
    for (long value = 0; in >> name >> value;)
        values[name] = value;
    return values;
}

} // namespace raw
