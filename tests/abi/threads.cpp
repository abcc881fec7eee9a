// SPDX-License-Identifier: BSD-3-Clause
#include "threads.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace raw {

using namespace std::chrono_literals;

namespace {

void ignore_with_restart() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
}

// What the kernel says of a thread, in "/proc/PID/task/TID/".
std::string line_of(const std::string& thread, const char* name) {
    std::ifstream in{thread + name};
    std::string line;
    std::getline(in, line);
    return line;
}

// Asleep in a call of a board's file; not in a page fault, nor for a lock of the C library.
bool waits_in_call(const std::string& thread) {
    constexpr long calls[] = {SYS_read, SYS_write, SYS_poll, SYS_ioctl, SYS_pread64, SYS_pwrite64};
    long number = -1;
    std::istringstream{line_of(thread, "syscall")} >> number;
    return std::ranges::count(calls, number) != 0;
}

// Ticks that it has spent in the kernel.
long kernel_ticks(const std::string& thread) {
    const auto stat = line_of(thread, "stat");
    std::istringstream fields{stat.substr(std::min(stat.size(), stat.rfind(')') + 1))};
    std::string skipped;
    for (int i = 3; i < 15; ++i)
        fields >> skipped;
    long ticks = 0;
    fields >> ticks;
    return ticks;
}

// It may also be one that never sleeps, but works in the kernel.
void await_call(const std::string& thread) {
    constexpr long long_enough = 5;
    const auto before = kernel_ticks(thread);
    eventually([&] {
        return line_of(thread, "stat").empty() || waits_in_call(thread) ||
               kernel_ticks(thread) >= before + long_enough;
    });
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

bool eventually(const std::function<bool()>& holds) {
    constexpr int looks = 20'000;
    for (int look = 0; look < looks; ++look) {
        if (holds()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

void await_call(const child& process) {
    const auto id = std::to_string(process.id());
    await_call("/proc/" + id + "/task/" + id + "/");
}

background::background(std::function<batch_result()> call) {
    ignore_with_restart();
    thread_ = std::thread{[this, call = std::move(call)] {
        id_ = static_cast<int>(::syscall(SYS_gettid));
        result_ = call();
        ended_ = true;
    }};
    while (id_ == 0)
        std::this_thread::yield();
    await_call("/proc/self/task/" + std::to_string(id_) + "/");
}

background::~background() {
    if (thread_.joinable()) thread_.join();
}

void background::interrupt() {
    while (!ended_) { // a signal may come just before the call, or between two of them
        ::syscall(SYS_tgkill, ::getpid(), id_.load(), SIGUSR1);
        std::this_thread::sleep_for(5ms);
    }
}

batch_result background::join() {
    thread_.join();
    return result_;
}

late_memory::late_memory(std::size_t pages)
    : fault_{static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC))}, bytes_{pages * page_size} {
    if (fault_.get() < 0) fail("userfaultfd");
    void* at = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) fail("mmap");
    base_ = static_cast<std::byte*>(at);
    uffdio_api api{UFFD_API, 0, 0};
    if (::ioctl(fault_.get(), UFFDIO_API, &api) < 0) fail("UFFDIO_API");
    uffdio_register range{
        {reinterpret_cast<std::uintptr_t>(base_), bytes_}, UFFDIO_REGISTER_MODE_MISSING, 0};
    if (::ioctl(fault_.get(), UFFDIO_REGISTER, &range) < 0) fail("UFFDIO_REGISTER");
}

late_memory::~late_memory() {
    ::munmap(base_, bytes_);
}

void late_memory::await_fault() {
    pollfd wait{fault_.get(), POLLIN, 0};
    if (::poll(&wait, 1, -1) != 1) throw std::runtime_error("nobody touched the late memory");
}

void late_memory::deliver() {
    uffdio_zeropage fill{{reinterpret_cast<std::uintptr_t>(base_), bytes_}, 0, 0};
    if (::ioctl(fault_.get(), UFFDIO_ZEROPAGE, &fill) < 0) fail("UFFDIO_ZEROPAGE");
}

} // namespace raw
