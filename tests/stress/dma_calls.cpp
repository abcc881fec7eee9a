// SPDX-License-Identifier: BSD-3-Clause
// Channels: transfers and rings.
#include "worker.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

namespace stress {

namespace of_dma {

constexpr std::uint32_t usual_ms = 20'000, short_ms = 1;
constexpr std::uint64_t unknown_memory = 1U
                                         << 16U; // of a channel that does not say what it reaches

std::uint64_t memory_of(const upciedev_dma_info& info) {
    return info.memory == 0 ? unknown_memory : info.memory;
}

bool is_to_board(const upciedev_dma_info& info) {
    return (info.flags & UPCIEDEV_DMA_TO_BOARD) != 0;
}

std::uint32_t timeout(worker& me) {
    return me.dice.one_in(60) ? short_ms : usual_ms;
}

int dma_info(worker& me) {
    auto* file = me.board_file();
    if (file == nullptr) return no_call;
    const auto channels = me.board_of(*file).channels.size();
    if (channels == 0 && !me.dice.one_in(10)) return no_call;
    upciedev_dma_info info{};
    info.size = sizeof(info);
    info.channel = static_cast<std::uint32_t>(me.dice.below(channels));
    return me.seen(*file, me.control(command::dma_info, file->fd, UPCIEDEV_DMA_INFO, info));
}

int dma_open(worker& me) {
    auto* file = me.board_file(O_RDWR);
    if (file == nullptr) return no_call;
    const auto channels = me.board_of(*file).channels.size();
    if (channels == 0 && !me.dice.one_in(20)) return no_call;
    const auto board = file->board;
    upciedev_dma_open open{};
    open.channel = static_cast<std::uint32_t>(me.dice.below(channels));
    open.fd = -1;
    const int error = me.control(command::dma_open, file->fd, UPCIEDEV_DMA_OPEN, open);
    me.seen(*file, error);
    if (error == 0) me.adopt({open.fd, kind::channel, board, 0, open.channel, {}, false});
    return error;
}

open_file* some_channel(worker& me) {
    if (me.any(kind::channel) == nullptr) dma_open(me);
    return me.any(kind::channel);
}

open_file* channel_with(worker& me, bool ring) {
    for (auto& file : me.files(kind::channel))
        if ((file.ring.frames != 0) == ring && !file.stale) return &file;
    return nullptr;
}

struct stretch {
    std::uint64_t offset, length;
};

/// A place and length in the board's memory that the engine takes, both multiples of \p unit.
stretch choose_stretch(worker& me, const upciedev_dma_info& info, std::uint64_t most,
                       std::uint64_t unit) {
    const auto memory = memory_of(info);
    const auto length = std::max(unit, (1 + me.dice.below(std::min(most, memory))) / unit * unit);
    return {me.dice.below(memory - length + 1) / unit * unit, length};
}

upciedev_dma_transfer of_a_frame(worker& me, const open_file& channel) {
    const auto& info = me.channel_of(channel);
    const auto [offset, length] =
        choose_stretch(me, info, channel.ring.frame_length, info.alignment);
    upciedev_dma_transfer what{};
    what.offset = offset;
    what.length = length;
    what.flags = UPCIEDEV_DMA_RING_MEMORY;
    what.address = me.dice.below(channel.ring.frames) * channel.ring.step;
    return what;
}

upciedev_dma_transfer of_own_memory(worker& me, const open_file& channel) {
    const auto& info = me.channel_of(channel);
    const std::uint64_t most = me.dice.one_in(16) ? arena::data_bytes / 2 : 5000;
    const auto [offset, length] =
        choose_stretch(me, info, most, is_to_board(info) ? info.alignment : 1);
    upciedev_dma_transfer what{};
    what.offset = offset;
    what.length = length;
    what.address = reinterpret_cast<std::uintptr_t>(me.memory.data().data()) + (offset & 0xfffU) +
                   (me.dice.one_in(3) ? me.dice.below(64) : 0);
    return what;
}

int transfer(worker& me) {
    auto* channel = some_channel(me);
    if (channel == nullptr) return no_call;
    const bool has_frames = channel->ring.frames != 0 && !channel->ring.of_peer;
    auto what =
        has_frames && me.dice.one_in(2) ? of_a_frame(me, *channel) : of_own_memory(me, *channel);
    what.timeout_ms = timeout(me);
    return me.seen(*channel,
                   me.control(command::transfer, channel->fd, UPCIEDEV_DMA_TRANSFER, what));
}

int cancel(worker& me) {
    auto* channel = some_channel(me);
    return channel == nullptr
               ? no_call
               : me.control_number(command::cancel, channel->fd, UPCIEDEV_DMA_CANCEL, 0);
}

int make_ring(worker& me) {
    if (channel_with(me, false) == nullptr) dma_open(me);
    auto* channel = me.dice.one_in(16) ? me.any(kind::channel) : channel_with(me, false);
    if (channel == nullptr) return no_call;
    const auto& info = me.channel_of(*channel);
    const std::uint64_t unit = info.alignment;
    upciedev_dma_ring ring{};
    ring.frames = 1 + me.dice.below32(me.dice.one_in(16) ? 200 : 8);
    ring.frame_length =
        unit * (1 + me.dice.below(std::min<std::uint64_t>(8192, memory_of(info)) / unit));
    const int error = me.control(command::ring, channel->fd, UPCIEDEV_DMA_RING, ring);
    if (error == 0)
        channel->ring = {
            ring.frame_length, ring.head_length, ring.position, ring.step, 0, ring.frames, false};
    return me.seen(*channel, error);
}

open_file* some_ring(worker& me) {
    if (channel_with(me, true) == nullptr) make_ring(me);
    auto& channels = me.files(kind::channel);
    const auto first = me.dice.below(channels.size());
    for (std::size_t i = 0; i < channels.size(); ++i)
        if (auto& file = channels[(first + i) % channels.size()]; file.ring.frames != 0)
            return &file;
    return nullptr;
}

int stop(worker& me) {
    auto* channel = me.dice.one_in(8) ? some_channel(me) : some_ring(me);
    return channel == nullptr ? no_call
                              : me.control_number(command::stop, channel->fd, UPCIEDEV_DMA_STOP, 0);
}

int start(worker& me) {
    auto* channel = some_ring(me);
    if (channel == nullptr) return no_call;
    const int fd = channel->fd;
    if (!me.dice.one_in(8))
        me.control_number(command::stop, fd, UPCIEDEV_DMA_STOP, 0); // perhaps it runs
    const auto& info = me.channel_of(*channel);
    const auto causes = me.board_of(*channel).irqs.nr_causes;
    const auto memory = memory_of(info), length = channel->ring.frame_length;
    upciedev_dma_start what{};
    what.timeout_ms = timeout(me);
    what.count = me.dice.one_in(4) ? 0 : 1 + me.dice.below(16);
    if (what.count != 0 && what.count * length <= memory && me.dice.one_in(2))
        what.step = (length + info.alignment - 1) / info.alignment * info.alignment;
    if (what.count * what.step + length > memory) what.step = 0;
    what.offset = me.dice.below(memory - length - what.step * what.count + 1) / info.alignment *
                  info.alignment;
    if (causes != 0 && (what.count == 0 || me.dice.one_in(4)))
        what.causes = 1ULL << me.dice.below(causes);
    return me.seen(*channel, me.control(command::start, fd, UPCIEDEV_DMA_START, what));
}

int exchange(worker& me) {
    auto* channel = some_ring(me);
    if (channel == nullptr) return no_call;
    auto* indices = reinterpret_cast<std::uint32_t*>(me.memory.data().data());
    auto& ring = channel->ring;
    upciedev_dma_exchange what{};
    what.indices = reinterpret_cast<std::uintptr_t>(indices);
    what.count = me.dice.one_in(4) ? me.dice.below32(3) : 0;
    for (std::uint32_t i = 0; i < what.count; ++i)
        indices[i] = me.dice.below32(ring.frames);
    what.seen = me.dice.one_in(2) ? 0 : ring.seen;
    what.timeout_ms = me.dice.one_in(4) ? usual_ms : 0;
    const int error = me.control(command::exchange, channel->fd, UPCIEDEV_DMA_EXCHANGE, what);
    if (error == 0) ++ring.seen;
    return me.seen(*channel, error);
}

constexpr weighted calls[] = {{dma_info, 20},  {dma_open, 25}, {transfer, 60}, {cancel, 10},
                              {make_ring, 30}, {start, 30},    {stop, 15},     {exchange, 50}};

} // namespace of_dma

std::span<const weighted> dma_calls() {
    return of_dma::calls;
}

} // namespace stress
