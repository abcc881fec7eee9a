// SPDX-License-Identifier: BSD-3-Clause
#include "peers.hpp"
#include "sim_bus.hpp"

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
    if (!place || place->slot == own_slot_) return {ENODEV, {}, {}};
    writer body;
    body.put(peer_request{place->bar, what.data.empty() ? 0U : 1U, place->offset, what.size});
    body.put_bytes(what.data);
    for (bool again = false;; again = true) { // its process may be another one meanwhile
        const auto link = link_to(place->slot);
        auto answer = link->ask(call::peer, body.bytes());
        if (answer.error == 0 || !answer.bytes.empty()) return answer;
        drop(place->slot, link);
        if (again || answer.error != ENODEV) return answer;
    }
}

peers::link_ptr peers::link_to(unsigned slot) {
    const std::lock_guard hold(lock_);
    auto& link = links_[slot];
    if (!link) link = std::make_shared<detail::slot_link>(folder_ / socket_name(slot), slot);
    return link;
}

void peers::drop(unsigned slot, const link_ptr& dead) {
    const std::lock_guard hold(lock_);
    if (links_[slot] == dead) links_[slot].reset();
}

} // namespace upciedev::slot
