// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_peer.hpp"
#include "base/bits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace upciedev::inline v1::detail {

peer_policy policy_of(const crate_file& file, const std::string& name) {
    const auto crate = std::ranges::find(file.crates, name, &crate_part::name);
    return {crate->peer_reads, crate->peer_root_complex};
}

peer_route route_between(const peer_end& from, const sim_peer& to, const dma_description* channel,
                         const peer_policy& policy) {
    const auto refused = [](peer_reason reason) {
        return peer_route{.way = peer_way::refused, .reason = reason, .bridge = {}};
    };
    if (from.slot == to.end.slot) return refused(peer_reason::self);
    if (to.size == 0 || !to.offered) return refused(peer_reason::window);
    if (channel != nullptr && channel->to_board && !policy.reads) return refused(peer_reason::read);
    peer_route route{.way = peer_way::direct, .bridge = {}};
    if (from.redirects || to.end.redirects) {
        route.reason = peer_reason::acs;
        route.bridge = fmt::format("the port of slot {}", from.redirects ? from.slot : to.end.slot);
        route.way = policy.root_complex ? peer_way::root_complex : peer_way::refused;
    }
    const bool too_high =
        channel != nullptr && to.address + to.size - 1 > low_bits(channel->address_bits);
    return route.open() && too_high ? refused(peer_reason::address) : route;
}

unsigned window_leases::take(const stretch& what, std::int64_t& holder) {
    const std::lock_guard hold(lock_);
    const auto other =
        std::ranges::find_if(entries_, [&](const entry& each) { return each.overlaps(what); });
    if (other != entries_.end()) {
        holder = other->what.owner;
        return 0;
    }
    entries_.push_back({++last_, what});
    return last_;
}

void window_leases::give_back(unsigned number) noexcept {
    const std::lock_guard hold(lock_);
    std::erase_if(entries_, [&](const entry& each) { return each.number == number; });
}

bool window_leases::free_for(const stretch& what) const {
    const std::lock_guard hold(lock_);
    return std::ranges::none_of(entries_, [&](const entry& each) {
        return each.overlaps(what) && each.what.owner != what.owner;
    });
}

} // namespace upciedev::inline v1::detail
