// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/copy.hpp>

#include "board/dma/copy_bounce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace upciedev {
inline namespace v1 {
namespace {

using detail::copy_limit;
using side = region::state;

/// Who moves it, and how far that is allowed.
struct plan {
    const side* mover = nullptr; ///< whose engine; nullptr: none reaches a window of the other
    const side* peer = nullptr;
    bool to_board = false; ///< the engine reads from the peer
    peer_route route;
};

bool can_do(const side& mover, bool to_board, const side& peer) {
    return peer.seen() && mover.channel(to_board);
}

plan planned(const side& mover, bool to_board, const side& peer) {
    plan made{&mover, &peer, to_board, {}};
    made.route =
        mover.way().route_to(peer.way(), peer.seen()->bar, mover.channel(to_board)->number());
    return made;
}

/// The source's engine writes, else the target's reads.
plan plan_of(const side& source, const side& target) {
    plan best;
    if (can_do(source, false, target)) best = planned(source, false, target);
    if (best.route.open() || !can_do(target, true, source)) return best;
    auto other = planned(target, true, source);
    return best.mover == nullptr || other.route.open() ? other : best;
}

bool aligned(const plan& how) {
    const std::uint64_t unit = how.mover->channel(how.to_board)->facts().alignment;
    const auto numbers = {how.mover->moved(how.to_board)->offset, how.peer->seen()->offset,
                          how.mover->length()};
    return std::ranges::all_of(numbers, [&](auto each) { return each % unit == 0; });
}

[[noreturn]] void refuse(const plan& how) {
    detail::refuse_route(how.route, how.mover->board().label(), how.peer->where());
}

[[noreturn]] void refuse_without_engine(const side& source, const side& target) {
    throw error(errc::not_supported, source.where(),
                fmt::format("no engine moves it into {}", target.where()),
                "the source needs a DMA channel from the board and the target a BAR, or the other "
                "way round; or let it go by memory: fallback 'bounce'");
}

[[noreturn]] void refuse_unaligned(const plan& how) {
    throw error(errc::bad_value, how.mover->where(),
                fmt::format("offsets and length are no multiples of {} bytes",
                            how.mover->channel(how.to_board)->facts().alignment),
                "the engine moves whole units; or let it go by memory: fallback 'bounce'");
}

/// \returns false: the way was refused
bool move_straight(plan& how, const copy_limit& limit) {
    const auto& engine = *how.mover->moved(how.to_board);
    dma_peer_transfer what;
    what.offset = engine.offset;
    what.peer_offset = how.peer->seen()->offset;
    what.bar = how.peer->seen()->bar;
    what.length = how.mover->length();
    what.timeout_ms = detail::dma_milliseconds(limit.left());
    const auto failed =
        how.mover->channel(how.to_board)->move_with_peer(what, how.peer->way(), limit.stop());
    if (failed == std::errc::permission_denied) {
        how = planned(*how.mover, how.to_board, *how.peer); // it names the port
        how.route.way = peer_way::refused;
        return false;
    }
    dma_transfer told;
    told.length = what.length;
    told.done = what.done;
    if (failed)
        detail::throw_peer_error(failed, *how.mover->channel(how.to_board), *how.peer, told);
    how.route.way = static_cast<peer_way>(what.way);
    return true;
}

/// Else the other one's errors would be told.
void check_present(const side& what) {
    if (what.way().gone()) detail::throw_access_error(detail::from_errno(ENODEV), what.where());
}

void check_sizes(const region& source, const region& target) {
    if (source.size() == target.size()) return;
    throw error(
        errc::bad_value, target.where(),
        fmt::format("has {} bytes, {} has {}", target.size(), source.where(), source.size()),
        "give regions of the same size");
}

/// By the same engine, between the same boards, in the same direction.
void check_doorbell(const plan& data, const plan& bell) {
    const auto same = [&](const side* one, const side* other) {
        return &one->way() == &other->way();
    };
    if (bell.mover != nullptr && same(data.mover, bell.mover) && same(data.peer, bell.peer) &&
        data.to_board == bell.to_board &&
        data.mover->moved(data.to_board)->name == bell.mover->moved(bell.to_board)->name)
        return;
    throw error(errc::bad_value, data.mover->where(),
                "another engine would ring the doorbell, so that it may overtake the data",
                "take the doorbell's source and target from the boards and memories of the copy");
}

bool try_straight(const region& source, const region& target, const copy_options& options,
                  const copy_limit& limit, copy_result& result) {
    const bool may_bounce = options.fallback == fallback::bounce;
    const auto &from = source.internals(), &to = target.internals();
    auto how = plan_of(from, to);
    result.route = how.route;
    if (how.mover == nullptr) {
        if (!may_bounce) refuse_without_engine(from, to);
        return false;
    }
    if (how.route.open() && !aligned(how)) {
        if (!may_bounce) refuse_unaligned(how);
        return false;
    }
    std::optional<plan> bell;
    if (options.doorbell && how.route.open()) {
        bell = plan_of(options.doorbell->source.internals(), options.doorbell->target.internals());
        check_doorbell(how, *bell);
        if (!aligned(*bell)) refuse_unaligned(*bell);
    }
    const bool moved = how.route.open() && move_straight(how, limit);
    result.route = how.route;
    if (!moved) {
        if (!may_bounce) refuse(how);
        return false;
    }
    result.bytes = from.length();
    if (!bell) return true;
    if (!move_straight(*bell, limit)) refuse(*bell);
    result.arrival = arrival::doorbell;
    return true;
}

void go_by_memory(const region& source, const region& target, const copy_options& options,
                  const copy_limit& limit, copy_result& result) {
    detail::bounce(source.internals(), target.internals(), limit, result);
    if (!options.doorbell) return;
    copy_result ignored;
    detail::bounce(options.doorbell->source.internals(), options.doorbell->target.internals(),
                   limit, ignored);
}

} // namespace

std::string copy_result::text() const {
    if (!bounced) return route.verdict();
    return fmt::format("bounced, read by {}, written by {} ({})",
                       read_by_dma ? "DMA" : "the processor",
                       written_by_dma ? "DMA" : "the processor",
                       route.open() ? "not aligned for the engine" : route.verdict());
}

std::string_view name_of(arrival how_far) noexcept {
    static constexpr std::array<std::string_view, 4> names{"issued", "doorbell", "arrived",
                                                           "verified"};
    return names.at(static_cast<std::size_t>(how_far));
}

copy_result copy(const region& source, const region& target, const copy_options& options) {
    const auto begin = std::chrono::steady_clock::now();
    check_sizes(source, target);
    if (options.doorbell) check_sizes(options.doorbell->source, options.doorbell->target);
    const copy_limit limit(options);
    limit.check(source.where());
    check_present(source.internals());
    check_present(target.internals());
    copy_result result;
    if (!try_straight(source, target, options, limit, result))
        go_by_memory(source, target, options, limit, result);
    if (options.verify) {
        detail::verify(source.internals(), target.internals(), limit);
        result.arrival = arrival::verified;
    }
    result.time = std::chrono::steady_clock::now() - begin;
    return result;
}

} // namespace v1
} // namespace upciedev
