// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/dma_requests.hpp"

#include <cerrno>

namespace upciedev::vfio_user {

namespace {

std::vector<std::byte> payload_of(const transfer& wanted) {
    std::vector<std::byte> payload;
    payload.reserve(sizeof(protocol::dma_access) + (wanted.to_bus ? wanted.size : 0));
    protocol::append(payload, protocol::dma_access{wanted.address, wanted.size});
    if (wanted.to_bus) payload.insert(payload.end(), wanted.data, wanted.data + wanted.size);
    return payload;
}

/// Copies what a read brought. The client might answer something else than we asked.
std::error_code finish(const transfer& wanted, std::span<const std::byte> reply) {
    const auto answer = protocol::take<protocol::dma_access>(reply);
    const auto protocol_error = std::make_error_code(std::errc::protocol_error);
    if (!answer || answer->address != wanted.address || answer->count != wanted.size)
        return protocol_error;
    if (wanted.to_bus) return {};
    if (reply.size() != sizeof *answer + wanted.size) return protocol_error;
    std::memcpy(wanted.data, reply.data() + sizeof *answer, wanted.size);
    return {};
}

std::error_code error_in(const message& reply, std::uint16_t command) {
    if (reply.head.command != command) return std::make_error_code(std::errc::protocol_error);
    if ((reply.head.flags & protocol::flag_error) == 0) return {};
    const bool plausible = reply.head.error > 0 && reply.head.error < 4096;
    return {plausible ? static_cast<int>(reply.head.error) : EIO, std::generic_category()};
}

} // namespace

void dma_requests::connect(std::shared_ptr<channel> to) {
    const std::lock_guard lock(mutex_);
    channel_ = std::move(to);
    largest_ = protocol::max_transfer;
}

void dma_requests::disconnect() {
    const std::lock_guard lock(mutex_);
    channel_.reset();
    for (const auto& [id, waiter] : waiting_) {
        waiter->done = true;
        waiter->error = std::make_error_code(std::errc::not_connected);
    }
    changed_.notify_all();
}

bool dma_requests::connected() const {
    const std::lock_guard lock(mutex_);
    return channel_ != nullptr;
}

std::error_code dma_requests::exchange(const transfer& wanted) {
    waiter mine;
    mine.command = wanted.to_bus ? protocol::dma_write : protocol::dma_read;
    std::shared_ptr<channel> to;
    std::uint16_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        if (!channel_) return std::make_error_code(std::errc::not_connected);
        to = channel_;
        while (waiting_.contains(++last_id_)) {
        }
        id = last_id_;
        waiting_.emplace(id, &mine);
    }
    const std::vector<std::byte> payload = payload_of(wanted);
    const auto size = static_cast<std::uint32_t>(sizeof(protocol::header) + payload.size());
    const bool sent = to->send({id, mine.command, size, 0, 0}, payload);
    std::unique_lock lock(mutex_);
    if (sent) changed_.wait_for(lock, timeout_, [&] { return mine.done; });
    waiting_.erase(id);
    if (!sent) return std::make_error_code(std::errc::not_connected);
    if (!mine.done) return std::make_error_code(std::errc::timed_out);
    return mine.error ? mine.error : finish(wanted, mine.payload);
}

void dma_requests::answered(message& reply) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(reply.head.id);
    if (found == waiting_.end() || found->second->done) return;
    waiter& mine = *found->second;
    mine.error = error_in(reply, mine.command);
    mine.payload = std::move(reply.payload);
    mine.done = true;
    changed_.notify_all();
}

} // namespace upciedev::vfio_user
