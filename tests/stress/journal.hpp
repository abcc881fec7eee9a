// SPDX-License-Identifier: BSD-3-Clause
// The calls that the fuzzer makes: their names, how many succeeded, and the last ones of a thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace stress {

enum class command : unsigned {
    open,
    close,
    dup,
    pass,
    fork,
    poll,
    epoll,
    read,
    write,
    seek,
    status,
    attribute,
    map,
    touch,
    protect,
    unmap,
    get_info,
    get_bar,
    get_areas,
    batch,
    claim_take,
    claim_join,
    claim_query,
    reset,
    irq_info,
    irq_open,
    irq_read,
    irq_unmask,
    dma_info,
    dma_open,
    transfer,
    cancel,
    ring,
    start,
    stop,
    exchange,
    peer_route,
    peer,
    peer_ring,
    peer_lease,
    unbind,
    bind,
    offline,
    online,
    count
}; // clang-format off

constexpr std::size_t nr_commands = static_cast<std::size_t>(command::count);
const char* name_of(command which);

struct tally {
    std::uint64_t calls = 0, succeeded = 0;
};
using tallies = std::array<tally, nr_commands>;

/// Of one thread, which alone writes it; others read it when something has gone wrong.
class journal {
  public:
    /// About to call: \p fd and two arguments that help to understand it.
    void begin(command which, long fd, std::uint64_t first, std::uint64_t second);
    /// With 0 or an errno, which it returns.
    int end(int error);
    void print(unsigned thread) const;

    std::uint64_t made() const { return made_.load(std::memory_order_relaxed); }
    const tallies& counts() const { return counts_; }
    /// Each call is also written there before it is made; -1: nowhere.
    void trace_into(int fd, unsigned thread) { trace_ = fd, thread_ = thread; }

  private:
    struct entry {
        command which;
        int error; ///< under_way until it has returned
        long fd;
        std::uint64_t first, second;
    };
    static constexpr int under_way = -1;
    static constexpr std::size_t kept = 32;

    void trace() const;

    std::array<entry, kept> entries_{};
    std::atomic<std::uint64_t> made_{0};
    tallies counts_{};
    int trace_ = -1;
    unsigned thread_ = 0;
};

} // namespace stress
