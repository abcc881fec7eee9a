// SPDX-License-Identifier: BSD-3-Clause
#include "files/board_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace upciedev::inline v1::detail {

namespace {

constexpr std::uint64_t largest_frame = 1U << 20U; // bytes

/// Bytes from the first to behind the last copy; beyond all frames where that is too much.
std::uint64_t extent(const channel_description& channel) {
    std::uint64_t span = 0;
    if (__builtin_mul_overflow(std::uint64_t{channel.copies.count} - 1, channel.copies.stride,
                               &span))
        return std::numeric_limits<std::uint64_t>::max();
    return std::min(span, largest_frame) + channel.sample_size();
}

void check_place(const yaml_node& node, const channel_description& channel, std::uint64_t frame,
                 diagnostics& sink) {
    const auto size = channel.sample_size();
    if (channel.offset > frame || extent(channel) > frame - channel.offset)
        sink.report(node.key_mark, fmt::format("channel {} ends outside the frame", channel.name),
                    fmt::format("the frame has {} bytes", frame));
    else if (channel.offset % size != 0 || channel.copies.stride % size != 0)
        sink.report(node.key_mark, fmt::format("channel {} is misaligned", channel.name),
                    fmt::format("its samples have {} bytes", size));
}

channel_description read_channel(const yaml_node& node, const area_description& area,
                                 diagnostics& sink) {
    map_reader keys(node, sink);
    channel_description channel;
    channel.name = node.key;
    channel.offset = read_unsigned(keys.require("at"), sink, largest_frame).value_or(0);
    if (const auto* repeated = keys.find("repeat")) channel.copies = read_copies(*repeated, sink);
    channel.convert.type = area.convert.type;
    if (const auto type = read_type(keys.find("type"), sink)) channel.convert.type = *type;
    read_scaling(keys, channel.convert);
    channel.order = read_order(keys.find("endian"), sink).value_or(area.order);
    channel.unit = read_text(keys.find("unit"), sink).value_or("");
    channel.text = read_text(keys.find("description"), sink).value_or("");
    keys.finish();
    return channel;
}

/// Which bytes of a frame are taken, by whom is not said: a frame has few channels.
void check_overlap(const yaml_node& node, const channel_description& channel,
                   std::vector<bool>& taken, diagnostics& sink) {
    bool overlaps = false;
    for (std::uint64_t copy = 0; copy < channel.copies.count; ++copy)
        for (std::uint64_t i = 0; i < channel.sample_size(); ++i) {
            auto byte = taken[channel.offset + copy * channel.copies.stride + i];
            overlaps = overlaps || byte;
            byte = true;
        }
    if (overlaps)
        sink.report(node.key_mark, fmt::format("channel {} overlaps another one", channel.name),
                    "each byte of a frame belongs to one channel at most");
}

} // namespace

void read_layout(const yaml_node* node, area_description& area, diagnostics& sink) {
    if (node == nullptr) return;
    map_reader keys(*node, sink);
    const auto* frame_key = keys.require("frame");
    const auto frame = read_size(frame_key, sink).value_or(0);
    const auto& channels = read_members(keys.require("channels"), sink);
    keys.finish();
    if (frame == 0) return;
    if (frame > largest_frame || area.size() % frame != 0)
        return sink.report(
            frame_key->mark,
            fmt::format("the area has no whole number of frames of {} bytes", frame),
            fmt::format("it has {} bytes, a frame at most {}", area.size(), largest_frame));
    std::vector<bool> taken(frame);
    for (const auto& member : channels) {
        if (!check_key(member, sink)) continue;
        const auto errors = sink.count();
        auto channel = read_channel(member, area, sink);
        if (sink.count() == errors) check_place(member, channel, frame, sink);
        if (sink.count() == errors) check_overlap(member, channel, taken, sink);
        area.channels.push_back(std::move(channel));
    }
    area.frame = frame;
    std::stable_sort(area.channels.begin(), area.channels.end(),
                     [](const auto& a, const auto& b) { return a.offset < b.offset; });
}

} // namespace upciedev::inline v1::detail
