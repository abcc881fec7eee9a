// SPDX-License-Identifier: BSD-3-Clause
// Interrupts of edu, which a write raises.
#pragma once

#include "harness.hpp"

#include <sys/poll.h>

namespace raw {

constexpr std::uint64_t raise_at = 0x60, pending_at = 0x24, acknowledge_at = 0x64;
constexpr std::uint32_t unheard_of = 0x2; // a cause that the card does not know
constexpr std::uint64_t ring_events = 4096;

struct subscription {
    int error;
    file events;
};

subscription subscribe(const file& board, std::uint32_t flags = UPCIEDEV_IRQ_NONBLOCK,
                       int eventfd = -1);
upciedev_irq_info irq_info(const file& board);

// What poll() tells within that time.
int wait_for(const file& events, int milliseconds = 240'000);
// 0, or the errno; -1 for half an event.
int read_event(const file& events, upciedev_irq_event& event);
// All that are there, oldest first; waits a while for so many, since the driver acknowledges a
// cause before it tells it.
std::vector<upciedev_irq_event> read_events(const file& events, std::size_t at_least = 0);

// Raises a cause and waits until the driver has acknowledged it.
void raise(const file& board, std::uint32_t causes = 1);
// The same so many times, in few calls.
void raise_burst(const file& board, std::uint32_t times);

bool bus_master(const board& which);
// Whether the board may assert INTx, by its Command register.
bool intx_enabled(const board& which);
// An attribute of the board's class device.
long attribute(const board& which, const std::string& name);
// The driver's limit of interrupts in 100 ms, for one test.
class storm_limit {
  public:
    explicit storm_limit(unsigned limit);
    ~storm_limit();
    storm_limit(const storm_limit&) = delete;
    storm_limit& operator=(const storm_limit&) = delete;

  private:
    std::string before_;
};

// Waits a while until the driver has told so many interrupts of the board.
void await_interrupts(const board& which, long count);

} // namespace raw
