// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/session.hpp"

#include <cerrno>
#include <exception>

namespace upciedev::vfio_user {

using namespace protocol;

void session::run() {
    message request;
    while (channel_.receive(request))
        if (!handle(request)) return;
}

bool session::handle(message& request) {
    endpoint_.count.messages++;
    switch (request.head.flags & flag_type) {
    case 0:
        break;
    case flag_reply:
        requests_.answered(request);
        return true;
    default:
        return false;
    }
    reply with;
    try {
        with = dispatch(request);
    } catch (const std::exception& problem) {
        if (log_) log_(std::string("the device failed: ") + problem.what());
        with = {EIO, {}, -1};
    }
    if (with.error != 0) note_refusal(request.head, with.error);
    return (request.head.flags & flag_no_reply) != 0 || answer(request.head, with);
}

void session::note_refusal(const header& request, int error) const {
    endpoint_.count.refused++;
    if (!log_) return;
    log_("command " + std::to_string(request.command) +
         " refused: " + std::generic_category().message(error));
}

bool session::answer(const header& request, const reply& with) {
    header head{request.id, request.command, sizeof head, flag_reply, 0};
    if (with.error != 0) {
        head.flags |= flag_error;
        head.error = static_cast<std::uint32_t>(with.error);
        return channel_.send(head, {});
    }
    head.size += static_cast<std::uint32_t>(with.payload.size());
    return channel_.send(head, with.payload, std::span(&with.fd, with.fd < 0 ? 0 : 1));
}

session::reply session::dispatch(message& request) {
    const bool wants_fds =
        request.head.command == dma_map || request.head.command == command::set_irqs;
    if (!wants_fds && !request.fds.empty()) return {EINVAL, {}, -1};
    if (negotiated_ == (request.head.command == version)) return {EINVAL, {}, -1};
    switch (request.head.command) {
    case version:
        return negotiate(request);
    case dma_map:
        return map(request);
    case dma_unmap:
        return unmap(request);
    case device_get_info:
        return info(request);
    case get_region_info:
        return region(request);
    case get_irq_info:
        return irq(request);
    case command::set_irqs:
        return set_irqs(request);
    case region_read:
        return read(request);
    case region_write:
        return write(request);
    case device_reset:
        return reset(request);
    default:
        return {ENOTSUP, {}, -1};
    }
}

session::reply session::map(message& request) {
    const auto wanted = take<dma_map_request>(request.payload);
    if (!wanted || request.payload.size() != sizeof *wanted || request.fds.size() > 1)
        return {EINVAL, {}, -1};
    unique_fd file = request.fds.empty() ? unique_fd() : std::move(request.fds.front());
    return {endpoint_.reach.map(*wanted, std::move(file)), {}, -1};
}

session::reply session::unmap(const message& request) {
    const auto wanted = take<dma_unmap_request>(request.payload);
    if (!wanted || request.payload.size() != sizeof *wanted) return {EINVAL, {}, -1};
    reply with{endpoint_.reach.unmap(*wanted), {}, -1};
    append(with.payload, *wanted);
    return with;
}

session::reply session::set_irqs(message& request) {
    const auto wanted = take<irq_set>(request.payload);
    if (!wanted || wanted->argsz < sizeof *wanted) return {EINVAL, {}, -1};
    return {endpoint_.irqs.set(*wanted, request.fds), {}, -1};
}

session::reply session::read(const message& request) {
    const auto access = take<region_access>(request.payload);
    if (!access || request.payload.size() != sizeof *access || access->count > max_transfer)
        return {EINVAL, {}, -1};
    reply with;
    append(with.payload, *access);
    with.payload.resize(sizeof *access + access->count);
    with.error = endpoint_.read(*access, std::span(with.payload).subspan(sizeof *access));
    return with;
}

session::reply session::write(const message& request) {
    const auto access = take<region_access>(request.payload);
    if (!access || request.payload.size() - sizeof *access != access->count)
        return {EINVAL, {}, -1};
    reply with;
    append(with.payload, *access);
    with.error = endpoint_.write(*access, std::span(request.payload).subspan(sizeof *access));
    return with;
}

session::reply session::reset(const message& request) {
    if (!request.payload.empty()) return {EINVAL, {}, -1};
    endpoint_.reset();
    return {};
}

} // namespace upciedev::vfio_user
