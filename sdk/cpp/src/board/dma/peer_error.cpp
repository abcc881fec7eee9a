// SPDX-License-Identifier: BSD-3-Clause
#include "board/dma/region_state.hpp"
#include "transport/claims.hpp"

#include <cerrno>

namespace upciedev::inline v1::detail {
namespace {

[[noreturn]] void refuse_busy(const region::state& peer, std::error_code cause) {
    if (const auto who = peer.way().claimed_by_other()) throw_claimed(*who, peer.where(), cause);
    throw error(errc::busy, peer.where(), "somebody else has claimed or leased it",
                "wait for it to end", cause);
}

} // namespace

void refuse_route(const peer_route& route, const std::string& mover, const std::string& peer) {
    const auto remedy = route.remedy();
    throw error(errc::not_permitted, peer, mover + " cannot reach it, " + route.verdict(),
                remedy + (remedy.empty() ? "" : "; ") + "or let it go by memory: fallback 'bounce'",
                from_errno(EACCES));
}

void throw_peer_error(std::error_code cause, const dma::state& channel, const region::state& peer,
                      const dma_transfer& how_far) {
    switch (cause.category() == std::generic_category() ? cause.value() : 0) {
    case EBUSY:
        refuse_busy(peer, cause);
    case EHOSTDOWN:
        throw_access_error(from_errno(ENODEV), peer.where()); // said of the one that has gone
    case EACCES:
        refuse_route(
            channel.board()->way().route_to(peer.way(), peer.seen()->bar, channel.number()),
            channel.board()->label(), peer.where());
    case EXDEV:
        refuse_route({.way = peer_way::refused, .reason = peer_reason::transport, .bridge = {}},
                     channel.board()->label(), peer.where());
    case ENXIO:
        throw error(errc::out_of_range, peer.where(), "outside of the board's BARs", {}, cause);
    default:
        throw_transfer_error(cause, channel.where(), how_far);
    }
}

} // namespace upciedev::inline v1::detail
