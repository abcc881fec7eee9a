// SPDX-License-Identifier: BSD-3-Clause
#include "msix.hpp"

#include <cstring>
#include <stdexcept>

namespace raw {

namespace {

constexpr std::uint8_t first_capability = 0x34, msix_capability = 0x11;

std::uint32_t word_at(const std::string& config, std::size_t offset) {
    std::uint32_t word = 0;
    std::memcpy(&word, config.data() + offset, sizeof(word));
    return word;
}

std::size_t find_capability(const std::string& config, std::uint8_t id) {
    auto at = static_cast<std::uint8_t>(config.at(first_capability));
    while (at != 0 && static_cast<std::uint8_t>(config.at(at)) != id)
        at = static_cast<std::uint8_t>(config.at(at + 1U));
    return at;
}

window pointed_to(std::uint32_t word, std::uint64_t length) {
    return {word & 7, word & ~7U, length};
}

} // namespace

std::vector<window> msix_windows(const board& which) {
    const auto config = read_file(config_file(which));
    const auto at = find_capability(config, msix_capability);
    if (at == 0) throw std::runtime_error(which.node + " has no MSI-X capability");
    const std::uint64_t vectors = ((word_at(config, at) >> 16) & 0x7ff) + 1;
    return {pointed_to(word_at(config, at + 4), 16 * vectors),
            pointed_to(word_at(config, at + 8), (vectors + 63) / 64 * 8)};
}

} // namespace raw
