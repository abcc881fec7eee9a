// SPDX-License-Identifier: BSD-3-Clause
#include "journal.hpp"

#include <cstdio>
#include <cstring>

#include <unistd.h>

namespace stress {

namespace {

constexpr std::array<const char*, nr_commands> names{
    "open",         "close",          "dup",         "pass a file",   "fork",
    "poll",         "epoll",          "read",        "write",         "seek",
    "status page",  "attribute",      "map",         "touch",         "protect",
    "unmap",        "GET_INFO",       "GET_BAR",     "GET_BAR_AREAS", "BATCH",
    "CLAIM take",   "CLAIM join",     "CLAIM query", "RESET",         "IRQ_INFO",
    "IRQ_OPEN",     "read of events", "IRQ_UNMASK",  "DMA_INFO",      "DMA_OPEN",
    "DMA_TRANSFER", "DMA_CANCEL",     "DMA_RING",    "DMA_START",     "DMA_STOP",
    "DMA_EXCHANGE", "PEER_ROUTE",     "DMA_PEER",    "DMA_PEER_RING", "PEER_LEASE",
    "unbind",       "bind",           "OFFLINE",     "ONLINE"}; // clang-format off

} // namespace

const char* name_of(command which) {
    return names[static_cast<std::size_t>(which)];
}

void journal::begin(command which, long fd, std::uint64_t first, std::uint64_t second) {
    entries_[made() % kept] = {which, under_way, fd, first, second};
    if (trace_ >= 0) trace();
}

int journal::end(int error) {
    auto& entry = entries_[made() % kept];
    auto& count = counts_[static_cast<std::size_t>(entry.which)];
    entry.error = error;
    ++count.calls;
    count.succeeded += error == 0 ? 1 : 0;
    made_.fetch_add(1, std::memory_order_relaxed);
    return error;
}

void journal::trace() const {
    const auto& entry = entries_[made() % kept];
    std::array<char, 160> line{};
    const int length = std::snprintf(line.data(), line.size(), "%u %llu %s fd %ld 0x%llx 0x%llx\n", thread_,
                                     static_cast<unsigned long long>(made()), name_of(entry.which), entry.fd,
                                     static_cast<unsigned long long>(entry.first),
                                     static_cast<unsigned long long>(entry.second));
    [[maybe_unused]] const auto written = ::write(trace_, line.data(), static_cast<std::size_t>(length));
}

void journal::print(unsigned thread) const {
    const auto last = made();
    for (auto number = last < kept - 1 ? 0 : last - (kept - 1); number <= last; ++number) {
        const auto& entry = entries_[number % kept];
        if (number == last && entry.error != under_way) break; // of the round before
        std::fprintf(stderr, "thread %u call %llu: %s, fd %ld, 0x%llx, 0x%llx: %s\n", thread,
                     static_cast<unsigned long long>(number), name_of(entry.which), entry.fd,
                     static_cast<unsigned long long>(entry.first), static_cast<unsigned long long>(entry.second),
                     entry.error == under_way ? "under way" : entry.error == 0 ? "0" : strerrorname_np(entry.error));
    }
}

} // namespace stress
