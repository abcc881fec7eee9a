// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/slot_runner.hpp"
#include "base/signal_hold.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace upciedev::inline v1::detail {

using namespace slot_wire;

namespace {

constexpr std::uint32_t slice_us = 400'000;     // of a wait; the slot allows 500 ms
constexpr std::uint32_t shared_slice_us = 2000; // of one that keeps others waiting

std::byte* data_at(const operation& op) {
    return buffer_of(op).data();
}

} // namespace

int slot_runner::run() {
    while (done_ < operations_.size()) {
        auto& next = operations_[done_];
        if (const int wrong = check(next)) return wrong;
        const bool wait = next.op == operation::code::poll;
        if (const int failed = wait ? poll(next) : some()) return failed;
    }
    return 0;
}

/// The slot checks too. Of a block that goes in parts none may be done if it does not fit.
int slot_runner::check(const operation& op) const noexcept {
    return check_operation(op, op.bar < sizes_.size() ? sizes_[op.bar] : 0);
}

int slot_runner::poll(operation& op) {
    const signal_hold held;
    auto link = waits_.take();
    if (!link) return poll_over(link_, op, shared_slice_us);
    const int failed = poll_over(*link, op, slice_us);
    if (failed == 0 || failed == ETIMEDOUT) waits_.give(std::move(link));
    return failed;
}

int slot_runner::poll_over(slot_link& link, operation& op, std::uint32_t slice_us) {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::microseconds(op.count);
    auto slice = op;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - clock::now());
        slice.count =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(left.count(), 0, slice_us));
        writer body;
        body.put(run_request{.operations = 1});
        body.put(slice);
        const auto answer = link.ask_until_signal(call::run, body.bytes());
        auto told = answer.body();
        told.take<run_answer>();
        if (answer.error == 0 || answer.error == ETIMEDOUT) op.value = told.take<std::uint64_t>();
        if (answer.error == 0) ++done_;
        if (answer.error != ETIMEDOUT || slice.count < slice_us) return answer.error;
    }
}

operation slot_runner::rest_of_first() const {
    auto op = operations_[done_];
    if (!is_block(op)) return op;
    const unsigned bytes = op.width / 8U;
    op.value += std::uint64_t{part_} * bytes;
    if ((op.flags & operation::fixed) == 0) op.offset += std::uint64_t{part_} * bytes;
    op.count = std::min(op.count - part_, static_cast<std::uint32_t>(most_data / bytes));
    return op;
}

/// What the next call carries: what is left of the first, and those behind it that fit.
void slot_runner::collect() {
    sent_.assign(1, rest_of_first());
    const bool all_of_first =
        !is_block(sent_[0]) || part_ + sent_[0].count == operations_[done_].count;
    std::uint64_t bytes = data_of(sent_[0]);
    for (auto i = done_ + 1; all_of_first && i < operations_.size(); ++i) {
        const auto& op = operations_[i];
        bytes += data_of(op);
        if (op.op == operation::code::poll || check(op) != 0 || bytes > most_data ||
            sent_.size() == most_operations)
            break;
        sent_.push_back(op);
    }
}

int slot_runner::some() {
    collect();
    writer body;
    std::uint64_t data = 0;
    for (const auto& op : sent_)
        if (op.op == operation::code::write_block) data += data_of(op);
    body.put(
        run_request{static_cast<std::uint32_t>(sent_.size()), static_cast<std::uint32_t>(data)});
    for (const auto& op : sent_)
        body.put(op);
    for (const auto& op : sent_)
        if (op.op == operation::code::write_block)
            body.put_bytes(std::span(data_at(op), data_of(op)));
    return take_answer(link_.ask(call::run, body.bytes()));
}

int slot_runner::take_answer(const slot_answer& answer) {
    if (answer.error != 0 && answer.bytes.empty()) return answer.error;
    auto body = answer.body();
    const auto told = body.take<run_answer>();
    auto data = body;
    data.take_bytes(sent_.size() * sizeof(std::uint64_t));
    if (body.bad() || data.bad() || told.done > sent_.size())
        return answer.error != 0 ? answer.error : EPROTO;
    for (std::size_t i = 0; i < told.done; ++i)
        if (!advance(i, body.take<std::uint64_t>(), data)) return EPROTO;
    if (answer.error != 0) return answer.error;
    if (told.part != 0) { // of a block too slow for one call
        auto& op = sent_[told.done];
        if (!is_block(op) || told.part > op.count) return EPROTO;
        op.count = told.part;
        if (!advance(told.done, 0, data)) return EPROTO;
    }
    return told.done == 0 && told.part == 0 ? EPROTO : 0; // nothing is no answer
}

/// The slot has done what was sent of an operation.
bool slot_runner::advance(std::size_t index, std::uint64_t value, reader& data) {
    const auto& sent = sent_[index];
    auto& op = operations_[done_];
    if (sent.op == operation::code::read_block) {
        const auto bytes = data.take_bytes(data_of(sent));
        if (data.bad()) return false;
        std::ranges::copy(bytes, data_at(sent));
    }
    if (!is_block(op)) {
        op.value = value;
    } else {
        part_ += sent.count;
        if (part_ < op.count) return true;
    }
    part_ = 0;
    ++done_;
    return true;
}

} // namespace upciedev::inline v1::detail
