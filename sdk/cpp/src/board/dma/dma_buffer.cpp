// SPDX-License-Identifier: BSD-3-Clause
#include "board/dma/dma_state.hpp"

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {

class dma_buffer::state {
  public:
    state(std::shared_ptr<dma::state> channel, std::uint64_t size)
        : channel_(std::move(channel)), source_(channel_->open()), size_(size) {
        if (const auto failed = source_->make_ring(size, 1, ring_)) channel_->fail(failed);
    }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {ring_.frames, size_}; }
    [[nodiscard]] const std::shared_ptr<const void>& memory() const noexcept {
        return ring_.memory;
    }
    dma_result transfer(std::uint64_t offset, std::uint64_t at, std::uint64_t length,
                        std::chrono::nanoseconds timeout, const std::stop_token& stop);

  private:
    void check(std::uint64_t at, std::uint64_t length) const;

    std::shared_ptr<dma::state> channel_;
    dma::state::source_ptr source_;
    std::uint64_t size_;
    dma_ring ring_;
};

void dma_buffer::state::check(std::uint64_t at, std::uint64_t length) const {
    if (at <= size_ && length <= size_ - at) return;
    throw error(
        errc::out_of_range, channel_->where(),
        fmt::format("{} bytes at {} are outside of the buffer, which has {}", length, at, size_));
}

dma_result dma_buffer::state::transfer(std::uint64_t offset, std::uint64_t at, std::uint64_t length,
                                       std::chrono::nanoseconds timeout,
                                       const std::stop_token& stop) {
    channel_->check_range(offset, length);
    check(at, length);
    channel_->check_aligned("offset", offset);
    channel_->check_aligned("place in the buffer", at);
    channel_->check_aligned("length", length);
    dma_transfer what;
    what.offset = offset;
    what.address = at;
    what.length = length;
    what.flags = dma_transfer::ring_memory;
    what.timeout_ms = detail::dma_milliseconds(timeout);
    if (const auto failed = detail::run_transfer(
            *source_, [&] { return source_->transfer(what); }, stop))
        detail::throw_transfer_error(failed, channel_->where(), what);
    return {what.done, what.bounced};
}

dma_buffer::dma_buffer(std::unique_ptr<state> what) : state_(std::move(what)) {}
dma_buffer::dma_buffer(dma_buffer&&) noexcept = default;
dma_buffer& dma_buffer::operator=(dma_buffer&&) noexcept = default;
dma_buffer::~dma_buffer() = default;

std::span<std::byte> dma_buffer::bytes() const noexcept {
    return state_->bytes();
}

dma_result dma_buffer::transfer(std::uint64_t offset, std::uint64_t at, std::uint64_t length,
                                std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    return state_->transfer(offset, at, length, timeout, stop);
}

std::shared_ptr<const void> dma_buffer::memory() const noexcept {
    return state_->memory();
}

dma_buffer dma::buffer(std::uint64_t bytes) const {
    state_->check_range(0, bytes);
    state_->check_aligned("size", bytes);
    return dma_buffer(std::make_unique<dma_buffer::state>(state_, bytes));
}

} // namespace v1
} // namespace upciedev
