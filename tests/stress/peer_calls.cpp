// SPDX-License-Identifier: BSD-3-Clause
// From board to board.
#include "worker.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

namespace stress {

namespace of_peer {

constexpr std::uint32_t usual_ms = 20'000;

struct window {
    unsigned board, bar;
    std::uint64_t length;
};

std::vector<window> find_windows(const crate_state& crate) {
    std::vector<window> windows;
    for (unsigned board = 0; board < crate.boards.size(); ++board)
        for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar)
            if (const auto& info = crate.boards[board].bars[bar].info;
                (info.flags & UPCIEDEV_BAR_PEER) != 0 && crate.boards[board].takes_writes())
                windows.push_back({board, bar, info.length});
    return windows;
}

const std::vector<window>& windows_of(const worker& me) {
    static const auto windows = find_windows(me.crate);
    return windows;
}

/// A window, and a file of its board; nullptr: there is none.
const open_file* some_window(worker& me, window& where) {
    const auto& windows = windows_of(me);
    if (windows.empty()) return nullptr;
    where = windows[me.dice.below(windows.size())];
    return me.board_file_of(where.board, O_RDWR);
}

int peer_route(worker& me) {
    window where{};
    const auto* peer = some_window(me, where);
    if (peer == nullptr) return no_call;
    const int peer_fd = peer->fd;
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    const auto channels = me.board_of(*file).channels.size();
    upciedev_peer_route what{};
    what.size = sizeof(what);
    what.peer = peer_fd;
    what.bar = where.bar;
    what.channel = channels == 0 || me.dice.one_in(2)
                       ? UPCIEDEV_NO_CHANNEL
                       : static_cast<std::uint32_t>(me.dice.below(channels));
    return me.seen(*file, me.control(command::peer_route, file->fd, UPCIEDEV_PEER_ROUTE, what));
}

int peer_lease(worker& me) {
    window where{};
    auto* file = const_cast<open_file*>(some_window(me, where));
    if (file == nullptr) return no_call;
    const auto board = file->board;
    upciedev_peer_lease what{};
    what.bar = where.bar;
    what.length = 1 + me.dice.below(64);
    what.offset = me.dice.below(where.length - what.length);
    what.fd = -1;
    const int error = me.control(command::peer_lease, file->fd, UPCIEDEV_PEER_LEASE, what);
    me.seen(*file, error);
    if (error == 0) me.adopt({what.fd, kind::lease, board, 0, 0, {}, false});
    return error;
}

int lease_end(worker& me) {
    auto* lease = me.any(kind::lease);
    return lease == nullptr ? no_call : me.close(*lease);
}

bool can_write_to_peers(const worker& me, const open_file& channel, const window& where) {
    const auto& info = me.channel_of(channel);
    return (info.flags & UPCIEDEV_DMA_TO_BOARD) == 0 && channel.board != where.board &&
           !me.board_of(channel).is_edu();
}

/// Of the engines that write to peers; edu's address lines are too few for most.
open_file* writing_channel(worker& me, const window& where, bool fresh) {
    for (auto& file : me.files(kind::channel))
        if (can_write_to_peers(me, file, where) && !file.stale && (!fresh || file.ring.frames == 0))
            return &file;
    auto* board = me.board_file(O_RDWR);
    if (board == nullptr) return nullptr;
    const auto& channels = me.board_of(*board).channels;
    for (std::uint32_t number = 0; number < channels.size(); ++number) {
        if (!can_write_to_peers(me, {-1, kind::channel, board->board, 0, number, {}, false}, where))
            continue;
        upciedev_dma_open open{};
        open.channel = number;
        open.fd = -1;
        const auto index = board->board;
        if (me.control(command::dma_open, board->fd, UPCIEDEV_DMA_OPEN, open) != 0) return nullptr;
        return me.adopt({open.fd, kind::channel, index, 0, open.channel, {}, false});
    }
    return nullptr;
}

int peer_transfer(worker& me) {
    window where{};
    if (some_window(me, where) == nullptr) return no_call;
    auto* channel = writing_channel(me, where, false);
    if (channel == nullptr) return no_call;
    const auto& info = me.channel_of(*channel);
    const auto* peer = me.board_file_of(where.board, O_RDWR);
    if (peer == nullptr) return no_call;
    const std::uint64_t unit = info.alignment, memory = info.memory == 0 ? 1U << 16U : info.memory;
    upciedev_dma_peer what{};
    what.length = unit * (1 + me.dice.below(1024 / std::min<std::uint64_t>(unit, 1024)));
    what.offset = me.dice.below(memory - what.length + 1) / unit * unit;
    what.peer_offset = me.dice.below(where.length - what.length + 1) / unit * unit;
    what.peer = peer->fd;
    what.bar = where.bar;
    what.timeout_ms = usual_ms;
    return me.seen(*channel, me.control(command::peer, channel->fd, UPCIEDEV_DMA_PEER, what));
}

int peer_ring(worker& me) {
    window where{};
    if (some_window(me, where) == nullptr) return no_call;
    auto* channel = writing_channel(me, where, true);
    if (channel == nullptr) return no_call;
    const auto* peer = me.board_file_of(where.board, O_RDWR);
    if (peer == nullptr) return no_call;
    const std::uint64_t unit = me.channel_of(*channel).alignment;
    upciedev_dma_peer_ring what{};
    what.frames = 1 + me.dice.below32(8);
    what.frame_length = unit * (1 + me.dice.below(4));
    what.step = what.frame_length + unit * me.dice.below(2);
    what.peer_offset = me.dice.below(where.length - what.step * what.frames) / unit * unit;
    what.peer = peer->fd;
    what.bar = where.bar;
    const int error = me.control(command::peer_ring, channel->fd, UPCIEDEV_DMA_PEER_RING, what);
    if (error == 0)
        channel->ring = {what.frame_length, what.head_length, 0, what.step, 0, what.frames, true};
    return me.seen(*channel, error);
}

constexpr weighted calls[] = {
    {peer_route, 20}, {peer_lease, 15}, {lease_end, 20}, {peer_transfer, 25}, {peer_ring, 12}};

} // namespace of_peer

std::span<const weighted> peer_calls() {
    return of_peer::calls;
}

} // namespace stress
