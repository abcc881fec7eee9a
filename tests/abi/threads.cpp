// SPDX-License-Identifier: BSD-3-Clause
#include "threads.hpp"

#include <csignal>
#include <fstream>
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

bool running(int thread) {
    std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string line;
    std::getline(stat, line);
    const auto behind_name = line.rfind(") ");
    return behind_name != std::string::npos && line.compare(behind_name, 3, ") R") == 0;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

background::background(std::function<batch_result()> call) {
    ignore_with_restart();
    thread_ = std::thread{[this, call = std::move(call)] {
        id_ = static_cast<int>(::syscall(SYS_gettid));
        result_ = call();
    }};
    while (id_ == 0)
        std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(100ms); // it gets into the kernel,
    // on a busy machine later
    for (const auto start = clock::now(); running(id_) && since(start) < 5s;)
        std::this_thread::sleep_for(1ms);
}

background::~background() {
    if (thread_.joinable()) thread_.join();
}

void background::signal() {
    ::syscall(SYS_tgkill, ::getpid(), id_.load(), SIGUSR1);
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
    if (::poll(&wait, 1, 10000) != 1) throw std::runtime_error("nobody touched the late memory");
}

void late_memory::deliver() {
    uffdio_zeropage fill{{reinterpret_cast<std::uintptr_t>(base_), bytes_}, 0, 0};
    if (::ioctl(fault_.get(), UFFDIO_ZEROPAGE, &fill) < 0) fail("UFFDIO_ZEROPAGE");
}

} // namespace raw
