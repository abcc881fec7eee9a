// SPDX-License-Identifier: BSD-3-Clause
// Raw system calls on the driver's nodes, for tests that must not go through the SDK.
#pragma once

#include <linux/upciedev.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>

namespace raw {

constexpr std::size_t page_size = 4096;

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
milliseconds since(clock::time_point start);

// An open file; closes itself.
class file {
  public:
    file() = default;
    explicit file(int fd) : fd_{fd} {}
    file(file&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    file& operator=(file&& other) noexcept;
    ~file() { close(); }
    void close();
    int get() const { return fd_; }

  private:
    int fd_ = -1;
};

// The boards of the guest's crate, and the models of the boot for DMA; a missing one is an error,
// never a skip.
enum class role {
    edu,
    spare_edu,
    memory,
    testdev,
    nvme,
    digitizer,
    second_digitizer,
    carrier,
    scatter
};

struct board {
    std::string node;    // /dev/upciedev/0000:03:00.0
    std::string address; // 0000:03:00.0
    upciedev_board_info info{};
};

const board& the(role which);
std::vector<board> find_boards();
std::string config_file(const board& which);

file open_node(const std::string& node, int flags = O_RDWR);
file open_board(role which, int flags = O_RDWR);

// Each call below returns 0, or the errno of the call.
int control(int fd, unsigned long command, void* argument);
int control_at(int fd, unsigned long command, std::uint64_t address);
int bar_info(int fd, unsigned bar, upciedev_bar_info& info);
int get_areas(int fd, unsigned bar, std::vector<upciedev_bar_area>& areas);

struct batch_result {
    int error;
    std::uint32_t done;
    bool operator==(const batch_result&) const = default;
};
batch_result run(int fd, std::span<upciedev_op> ops);
batch_result run(int fd, upciedev_op& op);
int read32(int fd, unsigned bar, std::uint64_t offset, std::uint32_t& value);
int write32(int fd, unsigned bar, std::uint64_t offset, std::uint32_t value);

upciedev_op make_op(unsigned op, unsigned bar, std::uint64_t offset, unsigned width = 32);
upciedev_op read_op(unsigned bar, std::uint64_t offset, unsigned width = 32);
upciedev_op write_op(unsigned bar, std::uint64_t offset, std::uint64_t value, unsigned width = 32);
// For what must come: on a slow machine it comes late.
constexpr milliseconds longest_poll{UPCIEDEV_POLL_MAX_US / 1000};
upciedev_op poll_op(unsigned bar, std::uint64_t offset, std::uint32_t value, milliseconds timeout);
upciedev_op block_op(unsigned op, unsigned bar, std::uint64_t offset, void* buffer,
                     std::uint32_t count, unsigned width = 32);

// pread and pwrite of bytes at UPCIEDEV_POS(bar, offset): bytes moved, or -errno.
long read_at(int fd, std::uint64_t position, void* buffer, std::size_t bytes);
long write_at(int fd, std::uint64_t position, const void* buffer, std::size_t bytes);

// A shared map; unmaps itself. error() is the errno of mmap.
class map {
  public:
    map(int fd, std::uint64_t position, std::size_t bytes, int protection = PROT_READ | PROT_WRITE,
        int flags = MAP_SHARED);
    map(map&& other) noexcept;
    ~map();
    map(const map&) = delete;
    map& operator=(const map&) = delete;
    int error() const { return error_; }
    std::size_t size() const { return bytes_; }
    std::byte* bytes() const { return static_cast<std::byte*>(address_); }
    volatile std::uint32_t& word(std::size_t offset = 0) const;
    void release() { address_ = nullptr; }

  private:
    void* address_ = nullptr;
    std::size_t bytes_ = 0;
    int error_ = 0;
};

// One page between two unmapped ones.
class lone_page {
  public:
    lone_page();
    ~lone_page();
    lone_page(const lone_page&) = delete;
    lone_page& operator=(const lone_page&) = delete;
    std::byte* begin() const { return base_ + page_size; }
    std::byte* end() const { return base_ + 2 * page_size; }
    void protect(int protection) const;

  private:
    std::byte* base_;
};

// Runs the body in another process. It ends with the body's result, or 256 + the signal that killed
// it.
class child {
  public:
    explicit child(const std::function<int()>& body);
    ~child() { kill(); }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    int join();
    int kill();
    pid_t id() const { return id_; }

  private:
    pid_t id_;
    int end_ = 0;
};
int in_child(const std::function<int()>& body);
// There, without CAP_SYS_RAWIO: as programs do that give up what they do not need.
int in_child_without_rawio(const std::function<int()>& body);
constexpr int killed_by(int signal) {
    return 256 + signal;
}

// Whether this kernel is one with PREEMPT_RT, where handlers of interrupts are threads.
bool is_realtime();

// The kernel around the board.
void unbind(const board& which);
void bind(const board& which);
std::string driver_of(const board& which); // its name; empty when unbound
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);
std::map<std::string, long> counters(); // /sys/kernel/debug/upciedev/counters

// Takes the board from the driver, and gives it back when the test ends.
class unbound {
  public:
    explicit unbound(const board& which);
    ~unbound();
    unbound(const unbound&) = delete;
    unbound& operator=(const unbound&) = delete;

  private:
    const board& board_;
};

// The test that runs may cause kernel warnings that contain this text.
void expect_kernel_message(const std::string& text);
// Anything but the reports of what the kernel itself takes for a fault.
void expect_all_but_kernel_faults();

} // namespace raw
