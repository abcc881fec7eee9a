// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/link_down.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace upciedev::vfio_user {

using namespace protocol;

namespace {

constexpr std::uint64_t most_blanked = 64U << 20; // of a window: what is blank takes real memory

std::vector<std::byte> all_ones(const region_access& access) {
    std::vector<std::byte> payload;
    append(payload, access);
    payload.resize(payload.size() + access.count, std::byte{0xff});
    return payload;
}

/// Errno, or 0 and the payload.
int fill_in(const message& request, std::vector<std::byte>& payload) {
    const auto access = take<region_access>(request.payload);
    const auto unmapped = take<dma_unmap_request>(request.payload);
    switch (request.head.command) {
    case region_read:
        if (!access || access->count > max_transfer) return EINVAL;
        payload = all_ones(*access);
        return 0;
    case region_write:
        if (!access) return EINVAL;
        append(payload, *access);
        return 0;
    case dma_unmap:
        if (!unmapped) return EINVAL;
        append(payload, *unmapped);
        return 0;
    case dma_map:
    case command::set_irqs:
    case device_reset:
        return 0;
    default: // only asked by a client that begins
        return ENODEV;
    }
}

} // namespace

message link_down::answer(const message& request) {
    message with;
    with.head = {request.head.id, request.head.command, sizeof(header), flag_reply, 0};
    if (const int error = fill_in(request, with.payload)) {
        with.head.flags |= flag_error;
        with.head.error = static_cast<std::uint32_t>(error);
    }
    with.head.size += static_cast<std::uint32_t>(with.payload.size());
    return with;
}

void link_down::note(const message& region_answer) {
    const auto told = take<region_info>(region_answer.payload);
    if (!told || region_answer.fds.empty()) return;
    unique_fd file(::fcntl(region_answer.fds.front().get(), F_DUPFD_CLOEXEC, 0));
    const std::lock_guard hold(lock_);
    windows_.push_back({std::move(file), told->offset, std::min(told->size, most_blanked)});
}

void link_down::blank() const {
    const std::vector<std::byte> ones(1U << 20, std::byte{0xff});
    const std::lock_guard hold(lock_);
    for (const auto& each : windows_)
        for (std::uint64_t done = 0; done < each.size;) {
            const auto wanted = std::min<std::uint64_t>(ones.size(), each.size - done);
            const auto put = ::pwrite(each.file.get(), ones.data(), wanted,
                                      static_cast<off_t>(each.offset + done));
            if (put <= 0) break; // it is sealed, or was made shorter: no matter
            done += static_cast<std::uint64_t>(put);
        }
}

} // namespace upciedev::vfio_user
