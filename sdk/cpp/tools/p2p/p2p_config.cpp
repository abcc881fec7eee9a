// SPDX-License-Identifier: BSD-3-Clause
// A board that reset itself has lost its BARs, and lspci shows what the kernel remembers.
#include "p2p/p2p.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <fstream>
#include <optional>

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t header = 64; // bytes of configuration space
constexpr std::size_t header_type_at = 0x0e, command_at = 4, first_bar_at = 0x10;
constexpr unsigned memory_on = 2, master_on = 4;
constexpr std::uint64_t io_resource = 0x100; // IORESOURCE_IO of the kernel

using config_space = std::array<unsigned char, header>;

template <class T>
T number_at(const config_space& config, std::size_t at) {
    T number{};
    std::memcpy(&number, &config.at(at), sizeof number);
    return number;
}

struct resource {
    std::uint64_t start = 0, end = 0, flags = 0;
};

std::vector<resource> resources_of(const fs::path& folder) {
    std::ifstream lines(folder / "resource");
    std::vector<resource> all;
    resource one;
    while (all.size() < 6 && lines >> std::hex >> one.start >> one.end >> one.flags)
        all.push_back(one);
    return all;
}

/// The address in a BAR register, and whether the next one has its upper half.
std::pair<std::uint64_t, bool> address_in(const config_space& config, std::size_t bar) {
    const auto low = number_at<std::uint32_t>(config, first_bar_at + 4 * bar);
    if ((low & 1U) != 0) return {low & ~3U, false};
    const bool wide = (low & 6U) == 4U && bar < 5;
    const auto high = wide ? number_at<std::uint32_t>(config, first_bar_at + 4 * bar + 4) : 0;
    return {std::uint64_t{high} << 32U | (low & ~15U), wide};
}

/// What a bridge forwards, as its registers have it.
struct forwarded {
    std::uint64_t first, last;
};

bool is_bridge(const config_space& config) {
    return (config.at(header_type_at) & 0x7fU) == 1;
}

std::vector<forwarded> windows_of_bridge(const config_space& config) {
    constexpr std::uint64_t granule = 0xfffff;
    const auto half = [&](std::size_t at) {
        return std::uint64_t{number_at<std::uint16_t>(config, at) & 0xfff0U} << 16U;
    };
    const auto upper = [&](std::size_t at) {
        return std::uint64_t{number_at<std::uint32_t>(config, at)} << 32U;
    };
    return {{half(0x20), half(0x22) | granule},
            {upper(0x28) | half(0x24), upper(0x2c) | half(0x26) | granule}};
}

std::optional<config_space> read_config(const fs::path& folder) {
    config_space config{};
    std::ifstream file(folder / "config", std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(config.data()), config.size())) return std::nullopt;
    return config;
}

struct bridge {
    std::string address;
    config_space config;
};

/// The ports above, the nearest first.
std::vector<bridge> bridges_above(const fs::path& folder) {
    std::error_code failed;
    std::vector<bridge> all;
    for (auto port = fs::canonical(folder, failed).parent_path(); !failed;
         port = port.parent_path()) {
        const auto config = read_config(port);
        if (!config || !is_bridge(*config)) break;
        all.push_back({port.filename(), *config});
    }
    return all;
}

bool allows(const config_space& config, unsigned what) {
    return (number_at<std::uint16_t>(config, command_at) & what) != 0;
}

/// \returns what is wrong with the address; empty: nothing
std::string complaint(std::uint64_t address, const resource& kernel,
                      const std::vector<bridge>& above) {
    if (address == 0) return "is 0";
    if (above.empty()) return address == kernel.start ? "" : fmt::format("is {:#x}", address);
    const auto last = address + (kernel.end - kernel.start);
    for (const auto& window : windows_of_bridge(above.front().config))
        if (address >= window.first && last <= window.last) return {};
    return fmt::format("is {:#x}, which the port above does not forward", address);
}

} // namespace

rung compare_config(const std::string& name, const fs::path& folder) {
    constexpr auto reset = "the board was reset behind the kernel's back, and lspci will not say: "
                           "upciedev remove, upciedev rescan";
    const auto failed = [&](std::string what) {
        return rung{name, rung::outcome::failed, std::move(what)};
    };
    const auto config = read_config(folder);
    if (!config) return {name, rung::outcome::skipped, "its configuration space cannot be read"};
    if (number_at<std::uint32_t>(*config, 0) == ~0U)
        return failed("its configuration space reads all ones: the board does not answer; switch "
                      "its slot off and on");
    if (!allows(*config, memory_on))
        return failed(fmt::format("its memory is switched off in the command register; {}", reset));
    const auto above = bridges_above(folder);
    const auto resources = resources_of(folder);
    unsigned right = 0;
    for (std::size_t bar = 0; bar < resources.size(); ++bar) {
        const auto& kernel = resources[bar];
        if (kernel.end == 0 || (kernel.flags & io_resource) != 0) continue;
        const auto [address, wide] = address_in(*config, bar);
        if (const auto wrong = complaint(address, kernel, above); !wrong.empty())
            return failed(fmt::format("BAR {} {}, the kernel gave it {:#x}; {}", bar, wrong,
                                      kernel.start, reset));
        ++right;
        if (wide) ++bar;
    }
    return {name, rung::outcome::passed, fmt::format("{} BARs hold their addresses", right)};
}

rung compare_ports(const std::string& name, const fs::path& from, const fs::path& to) {
    const auto senders = bridges_above(from), receivers = bridges_above(to);
    constexpr auto remedy = "setpci -s {} COMMAND={:x}:{:x}, and find out who switched it off";
    const auto closed = [&](const bridge& port, unsigned bit, std::string_view what) {
        return rung{name, rung::outcome::failed,
                    fmt::format("{} {}: ", port.address, what) +
                        fmt::format(remedy, port.address, bit, bit)};
    };
    for (const auto& port : senders)
        if (!allows(port.config, master_on))
            return closed(port, master_on, "passes nothing on from below (Bus Master is off)");
    for (const auto& port : receivers)
        if (!allows(port.config, memory_on))
            return closed(port, memory_on, "passes nothing on from above (Memory Space is off)");
    if (senders.empty() && receivers.empty()) return {name, rung::outcome::passed, "none"};
    return {name, rung::outcome::passed,
            fmt::format("{} pass on what goes up, {} what comes down", senders.size(),
                        receivers.size())};
}

} // namespace cli
