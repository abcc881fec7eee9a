// SPDX-License-Identifier: BSD-3-Clause
// Finds kernel code that may sleep where it must not, also on kernels built without lockdep.
#pragma once

#include <string>

namespace raw {

// Probes functions of the kernel that may sleep and records the calls that come from a hard
// interrupt, with preemption off or under a spinlock. Such a call is a fault even where it happens
// not to sleep: mutex_lock() does not as long as nobody else holds the mutex.
class atomic_watch {
  public:
    // Throws if this kernel has no probes, or if a probe does not see hard interrupts.
    atomic_watch();
    ~atomic_watch();
    atomic_watch(const atomic_watch&) = delete;
    atomic_watch& operator=(const atomic_watch&) = delete;

    // The calls recorded since the last time, with their stacks; empty if there were none.
    std::string take();
};

} // namespace raw
