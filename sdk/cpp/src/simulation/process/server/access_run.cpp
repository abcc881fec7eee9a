// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_run.hpp"

#include <algorithm>
#include <cerrno>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

constexpr std::uint32_t slow_accesses = 16; // of a block at once, where each takes long

std::size_t data_of_blocks(const std::vector<operation>& all, operation::code kind) {
    std::size_t bytes = 0;
    for (const auto& op : all)
        if (op.op == kind) bytes += data_of(op);
    return bytes;
}

} // namespace

/// Operations are given their places in our buffer: data to write first.
bool access_run::take(reader& body) {
    const auto request = body.take<run_request>();
    if (body.bad() || request.operations > most_operations || request.data > most_data)
        return false;
    for (std::uint32_t i = 0; i < request.operations; ++i)
        operations_.push_back(body.take<operation>());
    const auto written = body.take_bytes(request.data);
    const auto read = data_of_blocks(operations_, operation::code::read_block);
    if (!body.whole() || read > most_data ||
        data_of_blocks(operations_, operation::code::write_block) != request.data)
        return false;
    data_.assign(written.begin(), written.end());
    data_.resize(request.data + read);
    std::size_t next_write = 0, next_read = request.data;
    for (auto& op : operations_) {
        if (!detail::is_block(op)) continue;
        auto& next = op.op == operation::code::write_block ? next_write : next_read;
        op.value = reinterpret_cast<std::uintptr_t>(data_.data() + next);
        next += data_of(op);
    }
    return true;
}

int access_run::carry_out() {
    end_ = std::chrono::steady_clock::now() + longest_;
    for (auto& op : operations_) {
        if (told_.done != 0 && late()) return 0;
        if (const int failed = carry_out(op)) return failed;
        if (told_.part != 0) return 0;
        ++told_.done;
    }
    return 0;
}

bool access_run::late() const {
    return std::chrono::steady_clock::now() >= end_;
}

int access_run::carry_out(operation& op) {
    access_claims::shared_hold hold;
    if (detail::is_write(op) && !(hold = claims_.writing(connection_))) return EBUSY;
    if (op.op == operation::code::poll) return poll(op);
    if (detail::is_block(op) && board_.hardware().has_fault(model_fault::slow)) return block(op);
    return board_.run({&op, 1}).error.value();
}

/// A client that leaves meanwhile keeps us no longer than that.
int access_run::poll(operation& op) {
    op.count = std::min(op.count, static_cast<std::uint32_t>(longest_.count()));
    return board_.run({&op, 1}).error.value();
}

/// A few accesses at a time.
int access_run::block(const operation& op) {
    for (std::uint32_t at = 0; at < op.count; at += slow_accesses) {
        if (at != 0 && late()) {
            told_.part = at;
            return 0;
        }
        auto some = op;
        const std::uint64_t bytes = std::uint64_t{at} * (op.width / 8U);
        some.count = std::min(slow_accesses, op.count - at);
        some.value += bytes;
        if ((op.flags & operation::fixed) == 0) some.offset += bytes;
        if (const int failed = board_.run({&some, 1}).error.value()) return failed;
    }
    return op.count == 0 ? EINVAL : 0;
}

void access_run::put_answer(writer& to) const {
    to.put(told_);
    for (const auto& op : operations_)
        to.put(detail::is_block(op) ? std::uint64_t{0} : op.value);
    const auto writes = data_of_blocks(operations_, operation::code::write_block);
    to.put_bytes(std::span(data_).subspan(writes));
}

} // namespace upciedev::slot
