// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/peer.hpp>

#include <array>

namespace upciedev {
inline namespace v1 {
namespace {

struct reason_text {
    std::string_view name;
    std::string_view text; ///< the bridge is put behind it, where there is one
    std::string_view remedy;
};

constexpr std::array<reason_text, 11> reasons{{
    {"none", "", ""},
    {"self", "both are one board", "name another board"},
    {"window", "the peer does not offer that BAR",
     "a board file says 'peer: true' for memory without side effects; boards of the generic driver "
     "offer it with 'peers=1' of upciedev_generic"},
    {"read", "reading from peers is not allowed",
     "have the other board's engine write, or set the parameter 'peer_reads' of the driver "
     "('peer_reads' of a simulated crate)"},
    {"acs", "ACS redirect on",
     "boot with pci=disable_acs_redir= and that port, or allow the root complex by the parameter "
     "'peer_root_complex' of the driver if you know that it passes them"},
    {"roots", "no switch in common",
     "put both boards behind one switch, or allow the root complex by the parameter "
     "'peer_root_complex' of the driver if you know that it passes them"},
    {"kernel", "the kernel's own check (P2PDMA) forbids it",
     "the kernel log tells why; put both boards behind one switch without ACS redirect"},
    {"address", "the engine cannot emit an address as high as the window's",
     "have the firmware assign BARs below 4 GiB, or move it the other way round"},
    {"master", "the board may not be a bus master",
     "see: upciedev doctor; a reset brings back a board whose engine did not stop"},
    {"transport", "the two boards are reached in ways that know nothing of each other",
     "open both from one crate"},
    {"lost", "the peer has reset itself: its BAR is not where the kernel put it",
     "see: upciedev reset; or remove the board and rescan the bus"},
}};

const reason_text& text_of(peer_reason reason) noexcept {
    const auto number = static_cast<std::size_t>(reason);
    return reasons[number < reasons.size() ? number : 0];
}

std::string_view text_of(peer_way way) noexcept {
    switch (way) {
    case peer_way::direct:
        return "direct (switch)";
    case peer_way::root_complex:
        return "through root complex";
    case peer_way::root_complex_iommu:
        return "through root complex (IOMMU)";
    case peer_way::refused:
        break;
    }
    return "refused";
}

} // namespace

std::string_view name_of(peer_way way) noexcept {
    switch (way) {
    case peer_way::direct:
        return "direct";
    case peer_way::root_complex:
        return "root_complex";
    case peer_way::root_complex_iommu:
        return "root_complex_iommu";
    case peer_way::refused:
        break;
    }
    return "refused";
}

std::string_view name_of(peer_reason reason) noexcept {
    return text_of(reason).name;
}

std::string peer_route::verdict() const {
    std::string all(text_of(way));
    if (way == peer_way::direct || reason == peer_reason::none) return all;
    all += ": ";
    all += text_of(reason).text;
    if (reason == peer_reason::acs) all += " " + (bridge.empty() ? "a port" : bridge);
    return all;
}

std::string peer_route::remedy() const {
    return std::string(open() ? "" : text_of(reason).remedy);
}

} // namespace v1
} // namespace upciedev
