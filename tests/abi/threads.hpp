// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "harness.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace raw {

// Waits until it holds, and returns whether it does. Gives up after so many looks, not seconds: on
// a slow machine a look takes longer.
bool eventually(const std::function<bool()>& holds);

// Waits until that child has entered a system call that waits or takes long, as that of the driver.
void await_call(const child& process);

// A call that waits, in a thread of its own that has entered it when the constructor returns.
class background {
  public:
    explicit background(std::function<batch_result()> call);
    ~background();
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    void interrupt(); // sends signals, which have a handler, until its call has ended
    bool ended() const { return ended_; }
    batch_result join();

  private:
    std::atomic<int> id_{0};
    std::atomic<bool> ended_{false};
    batch_result result_{};
    std::thread thread_;
};

// Pages that do not come before deliver(): whoever touches them sleeps in the kernel.
class late_memory {
  public:
    explicit late_memory(std::size_t pages);
    ~late_memory();
    late_memory(const late_memory&) = delete;
    late_memory& operator=(const late_memory&) = delete;
    std::byte* begin() const { return base_; }
    void await_fault(); // until somebody waits for a page
    void deliver();     // all pages, zeroed

  private:
    file fault_;
    std::size_t bytes_;
    std::byte* base_;
};

} // namespace raw
