// SPDX-License-Identifier: BSD-3-Clause
// What clients and other slots ask about ways from board to board.
#include "simulation/process/server/access_session.hpp"

#include <algorithm>
#include <cerrno>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

constexpr std::size_t most_leases = 1024; // of a client

} // namespace

detail::far_board access_shared::far(unsigned slot, std::int32_t process) const {
    const auto ask = [this, slot, process](const detail::window_leases::stretch& where) {
        auto asked = where;
        asked.owner = process;
        return facts.far(slot, asked);
    };
    return {slot, facts.policy, ask};
}

bool access_session::route(reader& body, reply& to) {
    const auto what = body.take<route_request>();
    if (!body.whole()) return false;
    const auto channels = with_.board.hardware().description().dma.size();
    const bool any = what.channel == route_request::any;
    if (what.bar >= detail::bars_of_a_board || (!any && what.channel >= channels)) {
        to.error = EINVAL;
        return true;
    }
    auto peer = with_.far(what.slot, 0);
    try {
        const auto route =
            with_.board.route_to(peer, what.bar, any ? std::nullopt : std::optional(what.channel));
        route_answer told{
            static_cast<std::uint32_t>(route.way), static_cast<std::uint32_t>(route.reason), {}};
        std::copy_n(route.bridge.begin(), std::min(route.bridge.size(), told.bridge.size()),
                    told.bridge.begin());
        to.body.put(told);
    } catch (const error& reason) {
        to.error = reason.cause() ? reason.cause().value() : EIO;
    }
    return true;
}

/// Of a stretch inside the BAR; whether the engine would read or write there is not known here.
bool access_session::refuses_engine(const window_request& what, std::uint64_t size) const {
    const bool inside =
        what.length != 0 && what.length <= size && what.offset <= size - what.length;
    return inside && !with_.guards.at(what.bar).permits(what.offset, what.length, true, false);
}

bool access_session::window(reader& body, reply& to) {
    const auto what = body.take<window_request>();
    if (!body.whole()) return false;
    const auto facts = with_.board.bar(what.bar);
    const bool redirects = with_.board.hardware().has_fault(model_fault::acs_redirect);
    if (with_.board.gone()) to.error = ENODEV;
    if (to.error == 0 && what.process != 0 &&
        (with_.claims.claimed_against(what.process) ||
         !with_.leases.free_for({what.bar, what.offset, what.length, what.process})))
        to.error = EBUSY;
    if (to.error == 0 && refuses_engine(what, facts.size)) to.error = EPERM;
    to.body.put(window_answer{facts.size, facts.peer ? 1U : 0U, redirects ? 1U : 0U});
    return true;
}

bool access_session::lease(reader& body, reply& to) {
    const auto what = body.take<lease_request>();
    if (!body.whole()) return false;
    const auto facts = with_.board.bar(
        static_cast<unsigned>(std::min<std::uint64_t>(what.bar, detail::bars_of_a_board)));
    if (!facts.peer)
        to.error = ENXIO;
    else if (what.length == 0 || what.offset > facts.size || what.length > facts.size - what.offset)
        to.error = ERANGE;
    else if (leases_.size() >= most_leases)
        to.error = ENOMEM;
    lease_answer told;
    if (to.error == 0) {
        std::int64_t holder = 0;
        told.number = with_.leases.take(
            {static_cast<unsigned>(what.bar), what.offset, what.length, process_}, holder);
        told.holder = static_cast<std::int32_t>(holder);
        if (told.number == 0) to.error = EBUSY;
        if (told.number != 0) leases_.push_back(told.number);
    }
    to.body.put(told);
    return true;
}

bool access_session::give_back(reader& body) {
    const auto number = body.take<std::uint32_t>();
    if (!body.whole()) return false;
    if (std::erase(leases_, number) != 0) with_.leases.give_back(number);
    return true;
}

} // namespace upciedev::slot
