// SPDX-License-Identifier: BSD-3-Clause
#include "atomic_watch.hpp"

#include "harness.hpp"
#include "threads.hpp"

#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace raw {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const std::string tracing = "/sys/kernel/tracing/", probes = "upciedev_atomic",
                  instance = tracing + "instances/" + probes + "/",
                  events = instance + "events/" + probes + "/";

// In a hard interrupt, or with interrupts or preemption off: bits of trace_flag_type, and the
// preemption count without the count of migrate_disable() in the upper half.
constexpr auto is_atomic = "common_flags & 9 || common_preempt_count & 15";

// Each calls might_sleep(). Where preemption is voluntary (6.1, 6.12), might_sleep() itself calls
// __cond_resched(), so that the first one stands for all functions that may sleep.
constexpr std::array may_sleep{
    "__cond_resched",
    "mutex_lock",
    "mutex_lock_interruptible",
    "mutex_lock_nested",
    "down_read",
    "down_write",
    "down",
    "wait_for_completion",
    "synchronize_rcu",
    "synchronize_srcu",
    "synchronize_irq",
    "free_irq",
    "schedule_timeout",
    "schedule",
    "msleep",
    "usleep_range_state",
};

constexpr auto always_atomic = "hrtimer_interrupt"; // runs in hard interrupts, and often

// Whether the kernel has such a function; kernels differ in them.
bool probe(const std::string& function) {
    try {
        write_file(tracing + "kprobe_events", "p:" + probes + "/" + function + " " + function);
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

void remove_probe(const std::string& function) noexcept {
    try {
        write_file(tracing + "kprobe_events", "-:" + probes + "/" + function);
    } catch (const std::exception&) { // it was not there
    }
}

void remove_all() noexcept {
    std::error_code ignored;
    fs::remove(instance, ignored);
    for (const auto* function : may_sleep)
        remove_probe(function);
    remove_probe(always_atomic);
}

void clear() {
    (void)open_node(instance + "trace", O_WRONLY | O_TRUNC);
}

std::string recorded() {
    std::istringstream trace{read_file(instance + "trace")};
    std::string text;
    for (std::string line; std::getline(trace, line);)
        if (!line.starts_with('#')) text += line + '\n';
    return text;
}

// The watch must be able to fail: a probe in hard interrupts is recorded.
void check_that_it_sees() {
    write_file(events + always_atomic + "/enable", "1");
    if (!eventually([] { return !recorded().empty(); }))
        throw std::runtime_error("the probes see no hard interrupt");
    write_file(events + always_atomic + "/enable", "0");
    remove_probe(always_atomic);
    clear();
}

} // namespace

atomic_watch::atomic_watch() {
    remove_all(); // of a program that was killed
    if (!probe(always_atomic))
        throw std::runtime_error("no probe in " + tracing +
                                 "kprobe_events: the ABI tests need CONFIG_KPROBE_EVENTS");
    unsigned found = 0;
    for (const auto* function : may_sleep)
        found += probe(function) ? 1 : 0;
    if (found < may_sleep.size() / 2)
        throw std::runtime_error("this kernel has too few of the functions that may sleep");
    fs::create_directory(instance);
    write_file(instance + "buffer_size_kb", "256");
    write_file(instance + "options/stacktrace", "1");
    write_file(events + "filter", is_atomic);
    check_that_it_sees();
    write_file(events + "enable", "1");
}

atomic_watch::~atomic_watch() {
    remove_all();
}

std::string atomic_watch::take() {
    auto text = recorded();
    if (!text.empty()) clear();
    return text;
}

} // namespace raw
