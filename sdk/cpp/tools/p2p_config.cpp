// SPDX-License-Identifier: BSD-3-Clause
// A board that reset itself has lost its BARs, and lspci shows what the kernel remembers.
#include "p2p.hpp"

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
constexpr unsigned memory_on = 2;
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

/// \returns what is wrong with the address; empty: nothing
std::string complaint(std::uint64_t address, const resource& kernel,
                      const std::optional<config_space>& bridge) {
    if (address == 0) return "is 0";
    if (!bridge) return address == kernel.start ? "" : fmt::format("is {:#x}", address);
    const auto last = address + (kernel.end - kernel.start);
    for (const auto& window : windows_of_bridge(*bridge))
        if (address >= window.first && last <= window.last) return {};
    return fmt::format("is {:#x}, which the port above does not forward", address);
}

std::optional<config_space> read_config(const fs::path& folder) {
    config_space config{};
    std::ifstream file(folder / "config", std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(config.data()), config.size())) return std::nullopt;
    return config;
}

/// The port above; nothing on a root bus.
std::optional<config_space> bridge_above(const fs::path& folder) {
    std::error_code failed;
    const auto real = fs::canonical(folder, failed);
    auto config = failed ? std::nullopt : read_config(real.parent_path());
    return config && is_bridge(*config) ? config : std::nullopt;
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
    if ((number_at<std::uint16_t>(*config, command_at) & memory_on) == 0)
        return failed(fmt::format("its memory is switched off in the command register; {}", reset));
    const auto bridge = bridge_above(folder);
    const auto resources = resources_of(folder);
    unsigned right = 0;
    for (std::size_t bar = 0; bar < resources.size(); ++bar) {
        const auto& kernel = resources[bar];
        if (kernel.end == 0 || (kernel.flags & io_resource) != 0) continue;
        const auto [address, wide] = address_in(*config, bar);
        if (const auto wrong = complaint(address, kernel, bridge); !wrong.empty())
            return failed(fmt::format("BAR {} {}, the kernel gave it {:#x}; {}", bar, wrong,
                                      kernel.start, reset));
        ++right;
        if (wide) ++bar;
    }
    return {name, rung::outcome::passed, fmt::format("{} BARs hold their addresses", right)};
}

} // namespace cli
