// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/peers.hpp"
#include "simulation/board/sim_bus.hpp"

#include <upciedev/error.hpp>

#include <algorithm>
#include <cerrno>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

std::error_code code_of(int number) {
    return {number == ETIME ? ETIMEDOUT : number, std::generic_category()};
}

/// Calls \p piece with what fits into one packet at a time, until one fails.
template <class Piece>
std::error_code in_pieces(std::uint64_t address, std::size_t size, const Piece& piece) noexcept {
    try {
        for (std::size_t at = 0; at < size; at += most_data)
            if (const int failed = piece(address + at, at, std::min(most_data, size - at)))
                return code_of(failed);
        return {};
    } catch (const error& refused) { // by its process, which then is none to talk to
        return code_of(refused.kind() == errc::no_such_board ? ENODEV : EIO);
    } catch (const std::exception&) {
        return code_of(ENOMEM);
    }
}

} // namespace

std::error_code peers::read(std::uint64_t address, std::span<std::byte> into) noexcept {
    return in_pieces(address, into.size(), [&](std::uint64_t from, std::size_t at, std::size_t n) {
        const auto answer = ask({from, n, {}});
        auto body = answer.body();
        const auto data = body.take_bytes(answer.error == 0 ? n : 0);
        if (body.bad()) return EPROTO;
        std::ranges::copy(data, into.begin() + static_cast<std::ptrdiff_t>(at));
        return answer.error;
    });
}

std::error_code peers::write(std::uint64_t address, std::span<const std::byte> from) noexcept {
    return in_pieces(address, from.size(), [&](std::uint64_t to, std::size_t at, std::size_t n) {
        return ask({to, n, from.subspan(at, n)}).error;
    });
}

detail::slot_answer peers::ask(const request& what) {
    const auto place = detail::place_on_bus(what.address);
    // Host memory would answer for the other addresses; a running crate has none yet.
    if (!place || place->slot == own_slot_ || !lets_out_()) {
        ++astray_;
        return {ENODEV, {}, {}};
    }
    writer body;
    body.put(peer_request{place->bar, what.data.empty() ? 0U : 1U, place->offset, what.size});
    body.put_bytes(what.data);
    return ask(place->slot, call::peer, body.bytes());
}

detail::slot_answer peers::ask(unsigned slot, call what, std::span<const std::byte> body) {
    for (bool again = false;; again = true) { // its process may be another one meanwhile
        const auto link = link_to(slot);
        auto answer = link->ask(what, body);
        if (answer.error == 0 || !answer.bytes.empty()) return answer;
        drop(slot, link);
        if (again || answer.error != ENODEV) return answer;
    }
}

bool peers::is_there(unsigned slot) {
    return window(slot, {}).busy != EHOSTDOWN;
}

detail::sim_peer peers::window(unsigned slot, const detail::window_leases::stretch& where) {
    detail::sim_peer found;
    found.end.slot = slot;
    found.gone = [this, slot] { return !is_there(slot); };
    if (slot == own_slot_) return found;
    try {
        const window_request what{where.bar, static_cast<std::int32_t>(where.owner), where.offset,
                                  where.length};
        const auto answer = ask(slot, call::window, std::as_bytes(std::span(&what, 1)));
        const auto told = answer.body().take<window_answer>();
        found.busy = answer.error == ENODEV ? EHOSTDOWN : answer.error;
        found.end.redirects = told.redirects != 0;
        found.offered = told.offered != 0;
        found.size = told.size;
        found.address = sim_bus_address(slot, where.bar);
    } catch (const error& refused) {
        found.busy = refused.kind() == errc::no_such_board ? EHOSTDOWN : EIO;
    }
    return found;
}

peers::link_ptr peers::link_to(unsigned slot) {
    const std::lock_guard hold(lock_);
    if (const auto found = links_.find(slot); found != links_.end()) return found->second;
    auto made = std::make_shared<detail::slot_link>(folder_ / socket_name(slot), slot);
    return links_.emplace(slot, std::move(made)).first->second;
}

void peers::drop(unsigned slot, const link_ptr& dead) {
    const std::lock_guard hold(lock_);
    const auto found = links_.find(slot);
    if (found != links_.end() && found->second == dead) links_.erase(found);
}

} // namespace upciedev::slot
