// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_channel.hpp"

#include <algorithm>
#include <cerrno>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

constexpr std::chrono::milliseconds longest{20}; // of one call for the result

int number_of(std::error_code failed) {
    return failed ? failed.value() : 0;
}

} // namespace

access_channel::access_channel(std::unique_ptr<dma_source> source, std::function<bool()> may_write,
                               std::function<detail::far_board(unsigned slot)> far)
    : source_(std::move(source)), may_write_(std::move(may_write)), far_(std::move(far)) {}

access_channel::~access_channel() {
    source_->cancel();
    while (worker_.joinable()) {
        std::unique_lock hold(lock_);
        const bool done = ended_.wait_for(hold, longest, [this] { return !at_work_; });
        hold.unlock();
        if (done)
            worker_.join();
        else
            source_->cancel();
    }
}

channel_answer access_channel::facts() const {
    const auto& facts = source_->facts();
    channel_answer told;
    std::copy_n(facts.name.begin(), std::min(facts.name.size(), told.name.size()),
                told.name.begin());
    told.to_board = facts.to_board ? 1 : 0;
    told.descriptors = facts.descriptors ? 1 : 0;
    told.stoppable = facts.stoppable ? 1 : 0;
    told.alignment = facts.alignment;
    told.address_bits = facts.address_bits;
    told.max_length = facts.max_length;
    told.memory = facts.memory;
    return told;
}

int access_channel::carry_out(call what, reader& body, writer& to, int& file) {
    switch (what) {
    case call::ring:
        return make_ring(body, file);
    case call::transfer:
        return transfer(body);
    case call::result:
        return result(body, to);
    case call::start:
        return start(body);
    case call::stop:
        return body.whole() ? number_of(source_->stop()) : -1;
    case call::exchange:
        return exchange(body);
    case call::peer_transfer:
        return peer_transfer(body);
    case call::peer_ring:
        return peer_ring(body, file);
    default:
        return -1;
    }
}

int access_channel::make_ring(reader& body, int& file) {
    const auto asked = body.take<ring_request>();
    if (!body.whole()) return -1;
    dma_ring made;
    const auto failed = source_->make_ring(asked.frame_length, asked.frames, made);
    file = made.file;
    return number_of(failed);
}

int access_channel::start(reader& body) {
    const auto how = body.take<dma_start>();
    if (!body.whole()) return -1;
    return may_write_() ? number_of(source_->start(how)) : EBUSY;
}

int access_channel::exchange(reader& body) {
    const auto seen = body.take<std::uint64_t>();
    std::vector<std::uint32_t> indices;
    while (!body.whole() && !body.bad() && indices.size() < dma_source::most_frames)
        indices.push_back(body.take<std::uint32_t>());
    if (!body.whole()) return -1;
    return number_of(source_->exchange(indices, 0, seen));
}

/// Has it done by another thread, so that the client can cancel it.
int access_channel::transfer(reader& body) {
    const auto asked = body.take<dma_transfer>();
    const auto& facts = source_->facts();
    const bool in_ring = asked.flags == dma_transfer::ring_memory;
    const bool brings = facts.to_board && !in_ring;
    if (!in_ring && asked.length > most_data) return -1;
    const auto data = body.take_bytes(brings ? asked.length : 0);
    if (!body.whole()) return -1;
    const std::lock_guard hold(lock_);
    if (asked_ || !may_write_()) return EBUSY;
    now_ = asked;
    with_peer_ = {};
    part_ = {};
    if (!in_ring) {
        data_.resize(asked.length + 2 * std::uint64_t{facts.alignment});
        auto* at = data_.data();
        const auto wanted = asked.offset % facts.alignment;
        at += (wanted + facts.alignment - reinterpret_cast<std::uintptr_t>(at) % facts.alignment) %
              facts.alignment;
        part_ = {at, asked.length};
        std::ranges::copy(data, part_.begin());
        now_.address = reinterpret_cast<std::uintptr_t>(at);
    }
    return begin([this] { return source_->transfer(now_); });
}

/// The caller holds the lock.
int access_channel::begin(std::function<std::error_code()> act) {
    if (worker_.joinable()) worker_.join(); // has ended
    worker_ = std::thread([this, act = std::move(act)] { work(act); });
    asked_ = at_work_ = true;
    return 0;
}

int access_channel::peer_transfer(reader& body) {
    const auto asked = body.take<dma_peer_transfer>();
    if (!body.whole()) return -1;
    const std::lock_guard hold(lock_);
    if (asked_ || !may_write_()) return EBUSY;
    now_ = {};
    part_ = {};
    with_peer_ = asked;
    return begin([this] {
        auto peer = far_(static_cast<unsigned>(with_peer_.peer));
        return source_->transfer_with_peer(with_peer_, peer);
    });
}

int access_channel::peer_ring(reader& body, int& file) {
    auto how = body.take<dma_peer_ring>();
    if (!body.whole()) return -1;
    if (!may_write_()) return EBUSY;
    auto peer = far_(static_cast<unsigned>(how.peer));
    dma_ring made;
    const auto failed = source_->make_peer_ring(how, peer, made);
    file = made.file;
    return number_of(failed);
}

void access_channel::work(const std::function<std::error_code()>& act) {
    {
        const std::lock_guard hold(lock_); // until it was begun
    }
    const auto failed = number_of(act());
    const std::lock_guard hold(lock_);
    failed_ = failed;
    at_work_ = false;
    ended_.notify_all();
}

int access_channel::result(reader& body, writer& to) {
    const bool cancel = body.take<std::uint32_t>() != 0;
    if (!body.whole()) return -1;
    if (cancel) source_->cancel();
    std::unique_lock hold(lock_);
    if (!asked_) return EINVAL;
    if (!ended_.wait_for(hold, longest, [this] { return !at_work_; })) return EINPROGRESS;
    asked_ = false;
    to.put(transfer_result{now_.done + with_peer_.done, now_.bounced, with_peer_.way,
                           with_peer_.reason});
    if (!source_->facts().to_board) to.put_bytes(part_.first(std::min(now_.done, part_.size())));
    return failed_;
}

} // namespace upciedev::slot
