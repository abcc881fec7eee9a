// SPDX-License-Identifier: BSD-3-Clause
// What a board has of its channels, here since the handles of boards know no DMA.
#include "board/dma/dma_state.hpp"

#include <upciedev/board.hpp>

#include <tuple>

namespace upciedev {
inline namespace v1 {

dma board::dma(std::string_view name) const {
    std::ignore = state_->described();
    try {
        return upciedev::dma(std::make_shared<dma::state>(state_, name));
    } catch (const error& reason) {
        throw reason.kind() == errc::no_such_register ? reason.at(state_->label()) : reason;
    }
}

peer_route board::route_to(const board& peer, unsigned bar, std::string_view channel) const {
    std::ignore = peer.bar(bar);
    std::optional<unsigned> number;
    try {
        if (!channel.empty()) number = dma::state::number_of(state_->described(), channel);
    } catch (const error& reason) {
        throw reason.kind() == errc::no_such_register ? reason.at(state_->label()) : reason;
    }
    return way().route_to(peer.way(), bar, number);
}

peer_route board::route_to(const board& peer, std::string_view bar,
                           std::string_view channel) const {
    return route_to(peer, peer.bar(bar).index(), channel);
}

} // namespace v1
} // namespace upciedev
