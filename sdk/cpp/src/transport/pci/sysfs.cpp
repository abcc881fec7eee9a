// SPDX-License-Identifier: BSD-3-Clause
#include "transport/pci/sysfs.hpp"
#include "base/bits.hpp"
#include "base/mapping.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"
#include "transport/pci/pci_health.hpp"

#include <upciedev/extend/memory_transport.hpp>

#include <fmt/format.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

// Flags in the file `resource`.
constexpr std::uint64_t resource_io = 0x100, resource_prefetch = 0x2000, resource_64 = 0x100000,
                        resource_unset = 0x20000000;

struct resource {
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    std::uint64_t flags = 0;
};

resource parse_resource(const std::string& line) {
    resource found;
    std::uint64_t end = 0;
    std::istringstream text(line);
    if (text >> std::hex >> found.start >> end >> found.flags && found.flags != 0)
        found.size = end - found.start + 1;
    return found;
}

/// A BAR mapped as a whole, when first used.
class mapped_bar {
  public:
    void set(std::filesystem::path file, const resource& what) {
        file_ = std::move(file);
        what_ = what;
    }
    [[nodiscard]] const resource& what() const noexcept { return what_; }
    /// \returns nullptr where it cannot be mapped
    volatile std::byte* memory() noexcept {
        std::call_once(once_, [this] { map(); });
        return map_ ? map_.data() + what_.start % page : nullptr;
    }

  private:
    void map() noexcept {
        if (what_.size == 0 || (what_.flags & (resource_io | resource_unset)) != 0) return;
        const unique_fd file(open(file_.c_str(), O_RDWR | O_CLOEXEC));
        if (!file) return;
        const auto begin = what_.start % page; // a small BAR may begin inside a page
        map_ = mapping(file.get(), 0, begin + what_.size, PROT_READ | PROT_WRITE);
    }

    std::filesystem::path file_;
    resource what_;
    std::once_flag once_;
    mapping map_;
};

class sysfs final : public memory_transport {
  public:
    explicit sysfs(const pci_function& function);
    ~sysfs() override;

    [[nodiscard]] std::string name() const override { return "sysfs"; }
    [[nodiscard]] board_identity identity() const override { return who_; }
    [[nodiscard]] bar_facts bar(unsigned index) const override;
    [[nodiscard]] bool writable() const noexcept override { return true; }
    volatile std::byte* map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                            bool for_writing) noexcept override;
    [[nodiscard]] bool gone() const noexcept override;
    [[nodiscard]] capability_set capabilities() const noexcept override { return sysfs_can; }
    void remove() override { detail::remove_pci_device(who_.pci_address); }
    [[nodiscard]] board_health health() const override;

  private:
    void read_resources();
    void enable(bool on);

    std::filesystem::path folder_;
    board_identity who_;
    unique_fd config_;
    std::array<mapped_bar, bars_of_a_board> bars_;
};

sysfs::sysfs(const pci_function& function)
    : folder_(function.folder), config_(open((folder_ / "config").c_str(), O_RDONLY | O_CLOEXEC)) {
    who_.ids = function.ids;
    who_.slot = slot_above(function.folder);
    who_.pci_address = function.address;
    if (!config_) throw_access_error(from_errno(errno), function.address);
    read_resources();
    enable(true);
}

sysfs::~sysfs() {
    std::ofstream(folder_ / "enable") << '0'; // the kernel counts
}

void sysfs::read_resources() {
    std::ifstream file(folder_ / "resource");
    std::string line;
    for (unsigned i = 0; i < bars_.size() && std::getline(file, line); ++i)
        bars_[i].set(folder_ / fmt::format("resource{}", i), parse_resource(line));
}

void sysfs::enable(bool on) {
    std::ofstream file(folder_ / "enable");
    file << (on ? '1' : '0') << std::flush;
    if (!file)
        throw error(errc::not_permitted, who_.pci_address, "cannot be enabled",
                    "run as root, or use the crate 'local'");
}

bar_facts sysfs::bar(unsigned index) const {
    bar_facts facts;
    if (index >= bars_.size()) return facts;
    const auto& what = bars_[index].what();
    facts.size = what.size;
    facts.io_ports = (what.flags & resource_io) != 0;
    facts.is_64bit = (what.flags & resource_64) != 0;
    facts.prefetchable = (what.flags & resource_prefetch) != 0;
    facts.assigned = (what.flags & resource_unset) == 0;
    if (facts.size != 0) facts.mapping = facts.io_ports || !facts.assigned ? "not" : "all";
    return facts;
}

board_health sysfs::health() const {
    auto all = transport::health();
    all.link = read_link(folder_);
    all.errors = read_errors(folder_);
    return all;
}

bool sysfs::gone() const noexcept {
    std::uint16_t vendor = 0xffff;
    return pread(config_.get(), &vendor, sizeof(vendor), 0) != sizeof(vendor) || vendor == 0xffff;
}

volatile std::byte* sysfs::map(unsigned bar, std::uint64_t offset, std::uint64_t length,
                               bool) noexcept {
    if (bar >= bars_.size() || length == 0) return nullptr;
    const std::uint64_t size = bars_[bar].what().size;
    if (length > size || offset > size - length) return nullptr;
    auto* memory = bars_[bar].memory();
    return memory == nullptr ? nullptr : memory + offset;
}

} // namespace

std::string held_by_driver(const pci_function& function) {
    return fmt::format("the driver {0} holds it; unbind it (echo {1} > "
                       "/sys/bus/pci/drivers/{0}/unbind){2}",
                       function.driver, function.address,
                       function.driver.starts_with("upciedev") ? ", or use the crate 'local'" : "");
}

transport_ptr open_sysfs(const std::string& pci_address) {
    const auto folder = std::filesystem::path("/sys/bus/pci/devices") / pci_address;
    if (!std::filesystem::exists(folder))
        throw error(errc::no_such_board, pci_address, "there is no such PCI device");
    const auto function = read_pci_function(folder);
    if (!function.driver.empty()) throw error(errc::busy, pci_address, held_by_driver(function));
    return std::make_shared<sysfs>(function);
}

} // namespace upciedev::inline v1::detail
