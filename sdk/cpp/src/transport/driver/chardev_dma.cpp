// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_dma.hpp"
#include "base/mapping.hpp"
#include "base/transport_error.hpp"
#include "base/unique_fd.hpp"
#include "transport/driver/chardev.hpp"

#include <linux/upciedev.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/ioctl.h>

namespace upciedev::inline v1::detail {
namespace {

// Structures go to the driver, and come from it, as they are.
static_assert(sizeof(dma_transfer) == sizeof(upciedev_dma_transfer));
static_assert(offsetof(dma_transfer, offset) == offsetof(upciedev_dma_transfer, offset));
static_assert(offsetof(dma_transfer, address) == offsetof(upciedev_dma_transfer, address));
static_assert(offsetof(dma_transfer, length) == offsetof(upciedev_dma_transfer, length));
static_assert(offsetof(dma_transfer, timeout_ms) == offsetof(upciedev_dma_transfer, timeout_ms));
static_assert(offsetof(dma_transfer, flags) == offsetof(upciedev_dma_transfer, flags));
static_assert(offsetof(dma_transfer, done) == offsetof(upciedev_dma_transfer, done));
static_assert(offsetof(dma_transfer, bounced) == offsetof(upciedev_dma_transfer, bounced));
static_assert(dma_transfer::ring_memory == UPCIEDEV_DMA_RING_MEMORY);
static_assert(sizeof(dma_head) == sizeof(upciedev_dma_head));
static_assert(offsetof(dma_head, state) == offsetof(upciedev_dma_head, state));
static_assert(offsetof(dma_head, error) == offsetof(upciedev_dma_head, error));
static_assert(offsetof(dma_head, ready) == offsetof(upciedev_dma_head, ready));
static_assert(offsetof(dma_head, lost) == offsetof(upciedev_dma_head, lost));
static_assert(dma_head::idle == UPCIEDEV_DMA_IDLE && dma_head::running == UPCIEDEV_DMA_RUNNING &&
              dma_head::ended == UPCIEDEV_DMA_ENDED);
static_assert(sizeof(dma_entry) == sizeof(upciedev_dma_frame));
static_assert(offsetof(dma_entry, sequence) == offsetof(upciedev_dma_frame, sequence));
static_assert(offsetof(dma_entry, time_ns) == offsetof(upciedev_dma_frame, time_ns));
static_assert(offsetof(dma_entry, length) == offsetof(upciedev_dma_frame, length));
static_assert(offsetof(dma_entry, index) == offsetof(upciedev_dma_frame, index));
static_assert(offsetof(dma_entry, lost) == offsetof(upciedev_dma_frame, lost));
static_assert(sizeof(dma_start) == sizeof(upciedev_dma_start));
static_assert(offsetof(dma_start, offset) == offsetof(upciedev_dma_start, offset));
static_assert(offsetof(dma_start, step) == offsetof(upciedev_dma_start, step));
static_assert(offsetof(dma_start, count) == offsetof(upciedev_dma_start, count));
static_assert(offsetof(dma_start, causes) == offsetof(upciedev_dma_start, causes));
static_assert(offsetof(dma_start, timeout_ms) == offsetof(upciedev_dma_start, timeout_ms));
static_assert(dma_source::longest_ms == UPCIEDEV_DMA_MAX_MS);
static_assert(dma_source::most_frames == UPCIEDEV_DMA_MAX_FRAMES);

static_assert(sizeof(dma_peer_transfer) == sizeof(upciedev_dma_peer));
static_assert(offsetof(dma_peer_transfer, offset) == offsetof(upciedev_dma_peer, offset));
static_assert(offsetof(dma_peer_transfer, peer_offset) == offsetof(upciedev_dma_peer, peer_offset));
static_assert(offsetof(dma_peer_transfer, length) == offsetof(upciedev_dma_peer, length));
static_assert(offsetof(dma_peer_transfer, peer) == offsetof(upciedev_dma_peer, peer));
static_assert(offsetof(dma_peer_transfer, bar) == offsetof(upciedev_dma_peer, bar));
static_assert(offsetof(dma_peer_transfer, timeout_ms) == offsetof(upciedev_dma_peer, timeout_ms));
static_assert(offsetof(dma_peer_transfer, done) == offsetof(upciedev_dma_peer, done));
static_assert(offsetof(dma_peer_transfer, way) == offsetof(upciedev_dma_peer, route));
static_assert(offsetof(dma_peer_transfer, reason) == offsetof(upciedev_dma_peer, reason));
static_assert(sizeof(dma_peer_ring) == sizeof(upciedev_dma_peer_ring));
static_assert(offsetof(dma_peer_ring, frame_length) ==
              offsetof(upciedev_dma_peer_ring, frame_length));
static_assert(offsetof(dma_peer_ring, peer_offset) ==
              offsetof(upciedev_dma_peer_ring, peer_offset));
static_assert(offsetof(dma_peer_ring, step) == offsetof(upciedev_dma_peer_ring, step));
static_assert(offsetof(dma_peer_ring, frames) == offsetof(upciedev_dma_peer_ring, frames));
static_assert(offsetof(dma_peer_ring, bar) == offsetof(upciedev_dma_peer_ring, bar));
static_assert(offsetof(dma_peer_ring, peer) == offsetof(upciedev_dma_peer_ring, peer));
static_assert(offsetof(dma_peer_ring, head_length) ==
              offsetof(upciedev_dma_peer_ring, head_length));

/// Maps of the driver's memory; users of frames keep them beyond the file.
struct ring_maps {
    ring_maps(int file, const upciedev_dma_ring& ring)
        : head(file, 0, ring.head_length, PROT_READ),
          frames(file, ring.position, ring.frames * ring.step, PROT_READ | PROT_WRITE) {}
    mapping head, frames;
};

dma_facts facts_of(const upciedev_dma_info& info) {
    dma_facts facts;
    facts.name.assign(info.name, strnlen(info.name, sizeof info.name));
    facts.to_board = (info.flags & UPCIEDEV_DMA_TO_BOARD) != 0;
    facts.descriptors = (info.flags & UPCIEDEV_DMA_DESCRIPTORS) != 0;
    facts.stoppable = (info.flags & UPCIEDEV_DMA_STOPPABLE) != 0;
    facts.alignment = info.alignment;
    facts.address_bits = info.address_bits;
    facts.max_length = info.max_length;
    facts.memory = info.memory;
    return facts;
}

class chardev_dma final : public dma_source {
  public:
    chardev_dma(int file, const upciedev_dma_info& info) : file_(file), facts_(facts_of(info)) {}

    [[nodiscard]] const dma_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] int descriptor() const noexcept override { return file_.get(); }
    std::error_code transfer(dma_transfer& what) noexcept override {
        return call(UPCIEDEV_DMA_TRANSFER, &what);
    }
    void cancel() noexcept override { ioctl(file_.get(), UPCIEDEV_DMA_CANCEL, 0); }
    std::error_code make_ring(std::uint64_t frame_length, std::uint32_t frames,
                              dma_ring& made) noexcept override;
    std::error_code start(const dma_start& how) noexcept override {
        auto copy = how;
        return call(UPCIEDEV_DMA_START, &copy);
    }
    std::error_code stop() noexcept override { return call(UPCIEDEV_DMA_STOP, nullptr); }
    std::error_code exchange(std::span<const std::uint32_t> indices, std::uint32_t timeout_ms,
                             std::uint64_t seen) noexcept override {
        upciedev_dma_exchange what{};
        what.indices = reinterpret_cast<std::uintptr_t>(indices.data());
        what.count = static_cast<std::uint32_t>(indices.size());
        what.timeout_ms = timeout_ms;
        what.seen = seen;
        return call(UPCIEDEV_DMA_EXCHANGE, &what);
    }
    std::error_code transfer_with_peer(dma_peer_transfer& what, transport& peer) noexcept override {
        what.peer = node_of(peer);
        return what.peer < 0 ? dma_source::transfer_with_peer(what, peer)
                             : call(UPCIEDEV_DMA_PEER, &what);
    }
    std::error_code make_peer_ring(dma_peer_ring& how, transport& peer,
                                   dma_ring& made) noexcept override;

  private:
    std::error_code call(unsigned long request, void* argument) const noexcept {
        return ioctl(file_.get(), request, argument) == 0 ? std::error_code() : from_errno(errno);
    }
    unique_fd file_;
    dma_facts facts_;
};

std::error_code chardev_dma::make_ring(std::uint64_t frame_length, std::uint32_t frames,
                                       dma_ring& made) noexcept {
    upciedev_dma_ring ring{};
    ring.frame_length = frame_length;
    ring.frames = frames;
    if (const auto failed = call(UPCIEDEV_DMA_RING, &ring)) return failed;
    try {
        const auto maps = std::make_shared<const ring_maps>(file_.get(), ring);
        if (!maps->head || !maps->frames) return from_errno(errno);
        const auto* head = maps->head.data();
        made = {maps,
                reinterpret_cast<const dma_head*>(head),
                reinterpret_cast<const dma_entry*>(head + sizeof(dma_head)),
                maps->frames.data(),
                ring.step,
                -1};
        return {};
    } catch (const std::bad_alloc&) {
        return from_errno(ENOMEM);
    }
}

std::error_code chardev_dma::make_peer_ring(dma_peer_ring& how, transport& peer,
                                            dma_ring& made) noexcept {
    how.peer = node_of(peer);
    if (how.peer < 0) return dma_source::make_peer_ring(how, peer, made);
    if (const auto failed = call(UPCIEDEV_DMA_PEER_RING, &how)) return failed;
    try {
        const auto head =
            std::make_shared<const mapping>(file_.get(), 0, how.head_length, PROT_READ);
        if (!*head) return from_errno(errno);
        made = {head,
                reinterpret_cast<const dma_head*>(head->data()),
                reinterpret_cast<const dma_entry*>(head->data() + sizeof(dma_head)),
                nullptr,
                how.step,
                -1};
        return {};
    } catch (const std::bad_alloc&) {
        return from_errno(ENOMEM);
    }
}

/// \returns 0 or errno
int query(int node, unsigned channel, upciedev_dma_info& info) noexcept {
    info = {};
    info.size = sizeof info;
    info.channel = channel;
    return ioctl(node, UPCIEDEV_DMA_INFO, &info) == 0 ? 0 : errno;
}

} // namespace

bool knows_channels(int node) noexcept {
    upciedev_dma_info info;
    return query(node, 0, info) == 0;
}

std::unique_ptr<dma_source> open_driver_channel(int node, unsigned channel,
                                                const std::string& where) {
    upciedev_dma_info info;
    const int unknown = query(node, channel, info);
    if (unknown == EINVAL || unknown == ENOTTY)
        throw error(errc::not_supported, where, "its driver does not know that DMA channel",
                    "write a card plugin: upciedev-gencard makes it from the board file");
    if (unknown != 0) throw_access_error(from_errno(unknown), where);
    upciedev_dma_open open{};
    open.channel = channel;
    if (ioctl(node, UPCIEDEV_DMA_OPEN, &open) == 0)
        return std::make_unique<chardev_dma>(open.fd, info);
    if (errno == EOPNOTSUPP)
        throw error(errc::not_supported, where, "the board may not use the bus by itself",
                    "see: upciedev doctor");
    if (errno == EDQUOT)
        throw error(
            errc::busy, where,
            fmt::format("you have {} DMA channels open on this board, all that one user may",
                        UPCIEDEV_DMA_MAX_FILES),
            "close some of them, or end a program that has them");
    throw_access_error(from_errno(errno), where);
}

} // namespace upciedev::inline v1::detail
