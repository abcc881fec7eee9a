// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/extend/dma_source.hpp>

#include "base/transport_error.hpp"

#include <cerrno>

namespace upciedev {
inline namespace v1 {

std::error_code dma_source::transfer_with_peer(dma_peer_transfer& what,
                                               transport& /*peer*/) noexcept {
    what.done = 0;
    return detail::from_errno(EXDEV);
}

std::error_code dma_source::make_peer_ring(dma_peer_ring& /*how*/, transport& /*peer*/,
                                           dma_ring& /*made*/) noexcept {
    return detail::from_errno(EXDEV);
}

} // namespace v1
} // namespace upciedev
