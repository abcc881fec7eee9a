// SPDX-License-Identifier: BSD-3-Clause
#include "interrupts.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include <linux/pci_regs.h>
#include <unistd.h>

namespace raw {

using namespace std::chrono_literals;

subscription subscribe(const file& board, std::uint32_t flags, int eventfd) {
    upciedev_irq_open open{};
    open.vectors = 1;
    open.flags = flags;
    open.eventfd = eventfd;
    const int error = control(board.get(), UPCIEDEV_IRQ_OPEN, &open);
    return {error, error == 0 ? file{open.fd} : file{}};
}

upciedev_irq_info irq_info(const file& board) {
    upciedev_irq_info info{};
    EXPECT_EQ(control(board.get(), UPCIEDEV_IRQ_INFO, &info), 0);
    return info;
}

int wait_for(const file& events, int milliseconds) {
    pollfd wait{events.get(), POLLIN, 0};
    return ::poll(&wait, 1, milliseconds) == 1 ? wait.revents : 0;
}

int read_event(const file& events, upciedev_irq_event& event) {
    const auto bytes = ::read(events.get(), &event, sizeof(event));
    if (bytes < 0) return errno;
    return bytes == sizeof(event) ? 0 : -1;
}

std::vector<upciedev_irq_event> read_events(const file& events, std::size_t at_least) {
    std::vector<upciedev_irq_event> all, some(ring_events);
    do {
        const auto bytes = ::read(events.get(), some.data(), some.size() * sizeof(some[0]));
        const auto count = bytes < 0 ? 0 : static_cast<std::size_t>(bytes) / sizeof(some[0]);
        all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
    } while (all.size() < at_least && wait_for(events) == POLLIN);
    return all;
}

void raise(const file& board, std::uint32_t causes) {
    ASSERT_EQ(write32(board.get(), 0, raise_at, causes), 0);
    auto served = poll_op(0, pending_at, 0, longest_poll);
    ASSERT_EQ(run(board.get(), served).error, 0);
}

void raise_burst(const file& board, std::uint32_t times) {
    constexpr std::uint32_t in_one_call = 256;
    std::vector<upciedev_op> ops;
    for (std::uint32_t i = 0; i < in_one_call; ++i) {
        ops.push_back(write_op(0, raise_at, 1));
        ops.push_back(poll_op(0, pending_at, 0, longest_poll));
    }
    for (std::uint32_t done = 0; done < times; done += in_one_call) {
        const std::span some{ops.data(), 2 * std::min<std::size_t>(in_one_call, times - done)};
        const auto began = clock::now();
        ASSERT_EQ(run(board.get(), some).error, 0);
        // The thread that serves them may have a processor for 95 of 100 ms, of which it takes all
        if (is_realtime()) std::this_thread::sleep_for(clock::now() - began);
    }
}

namespace {

constexpr auto storm_limit_file = "/sys/module/upciedev/parameters/storm_limit";

unsigned command_register(const board& which) {
    const file config{::open(config_file(which).c_str(), O_RDONLY | O_CLOEXEC)};
    std::uint16_t command = 0;
    EXPECT_EQ(::pread(config.get(), &command, sizeof(command), PCI_COMMAND), 2);
    return command;
}

} // namespace

bool bus_master(const board& which) {
    return (command_register(which) & unsigned{PCI_COMMAND_MASTER}) != 0;
}

bool intx_enabled(const board& which) {
    return (command_register(which) & unsigned{PCI_COMMAND_INTX_DISABLE}) == 0;
}

long attribute(const board& which, const std::string& name) {
    return std::stol(read_file("/sys/class/upciedev/" + which.address + "/" + name));
}

storm_limit::storm_limit(unsigned limit) : before_{read_file(storm_limit_file)} {
    write_file(storm_limit_file, std::to_string(limit));
}

storm_limit::~storm_limit() {
    write_file(storm_limit_file, before_);
}

void await_interrupts(const board& which, long count) {
    eventually([&] { return attribute(which, "interrupts") >= count; });
    EXPECT_EQ(attribute(which, "interrupts"), count);
}

} // namespace raw
