// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/extend/transport.hpp>

namespace upciedev {
inline namespace v1 {
namespace {

[[noreturn]] void refuse(const transport& way, const char* what) {
    throw error(errc::not_supported, way.identity().pci_address,
                "the way '" + way.name() + "' cannot " + what + " a board",
                "see its capabilities: upciedev info");
}

} // namespace

lease transport::claim() {
    refuse(*this, "claim");
}

void transport::reset() {
    refuse(*this, "reset");
}

void transport::remove() {
    refuse(*this, "remove");
}

std::unique_ptr<interrupt_source> transport::interrupts(const interrupt_request&) {
    throw error(errc::not_supported, identity().pci_address,
                "the way '" + name() + "' has no interrupts",
                "poll the status register, or use another way: upciedev transports");
}

std::unique_ptr<dma_source> transport::dma(unsigned) {
    throw error(errc::not_supported, identity().pci_address, "the way '" + name() + "' has no DMA",
                "read the area by the processor, or use another way: upciedev transports");
}

peer_route transport::route_to(transport& /*peer*/, unsigned /*bar*/,
                               std::optional<unsigned> /*channel*/) {
    return {.way = peer_way::refused, .reason = peer_reason::transport, .bridge = {}};
}

lease transport::lease_window(unsigned /*bar*/, std::uint64_t /*offset*/,
                              std::uint64_t /*length*/) {
    throw error(errc::not_supported, identity().pci_address,
                "the way '" + name() + "' has no peer windows",
                "use the driver, or a simulated crate: upciedev transports");
}

std::optional<claimant> transport::claimed_by_other() const {
    return std::nullopt;
}

board_health transport::health() const {
    const auto who = identity();
    board_health all;
    all.gone = gone();
    all.card = who.card;
    all.driver = who.driver;
    all.generation = who.generation;
    return all;
}

} // namespace v1
} // namespace upciedev
