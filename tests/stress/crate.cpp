// SPDX-License-Identifier: BSD-3-Clause
#include "crate.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace stress {

namespace fs = std::filesystem;

namespace {

constexpr unsigned vendor_qemu = 0x1b36, first_model = 0xa0, last_model = 0xaf, vllrf = 0xab;
constexpr unsigned vendor_edu = 0x1234, device_edu = 0x11e8;

bool is_model(const upciedev_board_info& info) {
    return info.vendor == vendor_qemu && info.device >= first_model && info.device <= last_model;
}

void describe_bar(int fd, unsigned index, bar& what) {
    what.info.size = sizeof(what.info);
    what.info.bar = index;
    if (::ioctl(fd, UPCIEDEV_GET_BAR, &what.info) != 0) return;
    what.areas.resize(what.info.nr_areas);
    upciedev_bar_areas areas{};
    areas.bar = index;
    areas.count = what.info.nr_areas;
    areas.areas = reinterpret_cast<std::uintptr_t>(what.areas.data());
    if (::ioctl(fd, UPCIEDEV_GET_BAR_AREAS, &areas) != 0) what.areas.clear();
}

void describe_channels(int fd, std::vector<upciedev_dma_info>& channels) {
    upciedev_dma_info info{};
    do {
        info.size = sizeof(info);
        info.channel = static_cast<std::uint32_t>(channels.size());
        if (::ioctl(fd, UPCIEDEV_DMA_INFO, &info) != 0) return;
        channels.push_back(info);
    } while (channels.size() < info.nr_channels);
}

bool describe(board& what) {
    const int fd = ::open(what.node.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    what.info.size = sizeof(what.info);
    const bool there = ::ioctl(fd, UPCIEDEV_GET_INFO, &what.info) == 0;
    ::ioctl(fd, UPCIEDEV_IRQ_INFO, &what.irqs);
    for (unsigned i = 0; i < UPCIEDEV_NR_BARS; ++i)
        describe_bar(fd, i, what.bars[i]);
    describe_channels(fd, what.channels);
    ::close(fd);
    const auto link = fs::path("/sys/bus/pci/devices") / what.address / "driver";
    what.driver = fs::read_symlink(link).filename();
    return there;
}

} // namespace

bool board::takes_writes() const {
    if ((info.flags & UPCIEDEV_BOARD_GENERIC) == 0) return is_model(info) || is_edu();
    return is_model(info) && info.device == vllrf; // has no engine
}

bool board::is_edu() const {
    return info.vendor == vendor_edu && info.device == device_edu;
}

std::vector<board> find_boards() {
    std::vector<board> boards;
    for (const auto& entry : fs::directory_iterator("/dev/upciedev")) {
        if (entry.is_symlink()) continue;
        board found;
        found.node = entry.path();
        found.address = entry.path().filename();
        if (describe(found)) boards.push_back(std::move(found));
    }
    std::ranges::sort(boards, {}, &board::address);
    return boards;
}

std::map<std::string, long> counters() {
    std::ifstream in{"/sys/kernel/debug/upciedev/counters"};
    std::map<std::string, long> values;
    std::string name;
    for (long value = 0; in >> name >> value;)
        values[name] = value;
    return values;
}

std::string read_file(const std::string& path) {
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

int write_file(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int error = ::write(fd, text.data(), text.size()) < 0 ? errno : 0;
    ::close(fd);
    return error;
}

} // namespace stress
