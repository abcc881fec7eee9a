// SPDX-License-Identifier: BSD-3-Clause
// Areas by DMA, and the channels that take turns in them.
#include "base/bits.hpp"
#include "base/suggest.hpp"
#include "board/dma/dma_state.hpp"
#include "board/dma/engine_memory.hpp"
#include "transport/area_copy.hpp"

#include <upciedev/area.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace upciedev {
inline namespace v1 {
namespace {

std::vector<std::string> names_of(const std::vector<channel_description>& channels) {
    std::vector<std::string> names;
    for (const auto& each : channels)
        for (std::uint32_t i = 0; i < each.copies.count; ++i)
            names.push_back(each.copies.count == 1 ? each.name
                                                   : fmt::format("{}[{}]", each.name, i));
    return names;
}

double sample_at(const channel_description& channel, const std::byte* at) {
    const auto size = channel.sample_size();
    std::array<std::byte, 8> bytes{};
    std::memcpy(bytes.data(), at, size);
    detail::to_host_order(std::span(bytes).first(size), size, channel.order);
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data(), size);
    return decode(channel.convert, bits & detail::low_bits(channel.convert.type.bits)).to_double();
}

} // namespace

std::span<const double> traces::at(std::string_view channel) const {
    const auto found = std::ranges::find(names_, channel);
    if (found == names_.end())
        throw error(errc::no_such_register, std::string(channel), "there is no such channel",
                    detail::did_you_mean(std::string(channel), names_));
    return (*this)[static_cast<std::size_t>(found - names_.begin())];
}

const dma_description& area::engine() const {
    const auto& board = *board_->description();
    for (const auto& each : board.dma) {
        if (each.to_board) continue;
        if (detail::engine_offset(board, each, what_->bar, what_->offset, what_->size()))
            return each;
    }
    throw error(errc::not_supported, where(), "no DMA channel of the board file reads it",
                "read it by the processor");
}

dma area::dma() const {
    return upciedev::dma(std::make_shared<dma::state>(board_, engine().name));
}

std::uint64_t area::dma_offset() const {
    return detail::engine_offset(*board_->description(), engine(), what_->bar, what_->offset,
                                 what_->size())
        .value();
}

std::uint64_t area::sample_size() const {
    if (what_->frame == 0)
        throw error(errc::not_supported, where(), "it has no channels that take turns",
                    "describe them under its 'layout', or use dma_read()");
    return what_->frame;
}

traces area::split(std::span<const std::byte> bytes) const {
    const auto size = sample_size();
    traces all(names_of(what_->channels), bytes.size() / size);
    std::size_t number = 0;
    for (const auto& channel : what_->channels)
        for (std::uint32_t copy = 0; copy < channel.copies.count; ++copy) {
            const auto to = all[number++];
            const auto* at = bytes.data() + channel.offset + copy * channel.copies.stride;
            for (double& sample : to) {
                sample = sample_at(channel, at);
                at += size;
            }
        }
    return all;
}

traces area::dma_traces(std::uint64_t first, std::size_t n, std::chrono::nanoseconds timeout,
                        const std::stop_token& stop) const {
    const auto size = sample_size(), there = what_->size() / size;
    if (n > there || first > there - n)
        throw error(errc::out_of_range, where(),
                    fmt::format("samples {} to {} are outside its {} samples of each channel",
                                first, first + n - 1, there));
    std::vector<std::byte> bytes(n * size);
    if (n != 0) dma().read(dma_offset() + first * size, bytes, timeout, stop);
    return split(bytes);
}

} // namespace v1
} // namespace upciedev
