// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace upciedev {
inline namespace v1 {

/// By which way one board's requests reach a window of another one.
enum class peer_way : std::uint8_t {
    refused,
    direct,            ///< a switch turns them round
    root_complex,      ///< through the root complex
    root_complex_iommu ///< as well, translated by an IOMMU
};

/// Why a way is refused, or is not direct.
enum class peer_reason : std::uint8_t {
    none,
    self,      ///< both are one board
    window,    ///< the peer has no such BAR, or does not offer it
    read,      ///< reading from peers is not allowed here
    acs,       ///< a port sends requests between peers to the root complex
    roots,     ///< no switch in common
    kernel,    ///< the kernel's own check forbids it
    address,   ///< the engine cannot emit an address that high
    master,    ///< the board may not be a bus master
    transport, ///< the two are reached in ways that know nothing of each other
    lost       ///< the peer has reset itself: its BAR is not where the kernel put it
};

/// As of the moment it was asked for: the administrator may change it at any time.
struct UPCIEDEV_API peer_route {
    peer_way way = peer_way::refused;
    peer_reason reason = peer_reason::none;
    bool translated = false; ///< an IOMMU translates for the board that sends
    std::string bridge;      ///< the port that is the reason, or the switch in common; may be empty

    [[nodiscard]] bool open() const noexcept { return way != peer_way::refused; }
    /// For people: "direct (switch)", "refused: ACS redirect on 0000:02:01.0".
    [[nodiscard]] std::string verdict() const;
    /// What can be done about a refusal; empty where nothing can, or need.
    [[nodiscard]] std::string remedy() const;
};

/// "direct", "root_complex_iommu"; as in JSON.
UPCIEDEV_API std::string_view name_of(peer_way way) noexcept;
UPCIEDEV_API std::string_view name_of(peer_reason reason) noexcept;

} // namespace v1
} // namespace upciedev
