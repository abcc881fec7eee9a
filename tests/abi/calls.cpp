// SPDX-License-Identifier: BSD-3-Clause
#include "harness.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <system_error>

#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace raw {

milliseconds since(clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(clock::now() - start);
}

file& file::operator=(file&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
}

void file::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

file open_node(const std::string& node, int flags) {
    const int fd = ::open(node.c_str(), flags | O_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "open " + node);
    return file{fd};
}

file open_board(role which, int flags) {
    return open_node(the(which).node, flags);
}

int control(int fd, unsigned long command, void* argument) {
    return ::ioctl(fd, command, argument) < 0 ? errno : 0;
}

int control_at(int fd, unsigned long command, std::uint64_t address) {
    return ::syscall(SYS_ioctl, fd, command, address) < 0 ? errno : 0;
}

int bar_info(int fd, unsigned bar, upciedev_bar_info& info) {
    info = {};
    info.size = sizeof(info);
    info.bar = bar;
    return control(fd, UPCIEDEV_GET_BAR, &info);
}

int get_areas(int fd, unsigned bar, std::vector<upciedev_bar_area>& areas) {
    upciedev_bar_info info{};
    if (const int error = bar_info(fd, bar, info)) return error;
    areas.resize(info.nr_areas);
    upciedev_bar_areas request{};
    request.bar = bar;
    request.count = info.nr_areas;
    request.areas = reinterpret_cast<std::uintptr_t>(areas.data());
    return control(fd, UPCIEDEV_GET_BAR_AREAS, &request);
}

batch_result run(int fd, std::span<upciedev_op> ops) {
    upciedev_batch batch{};
    batch.count = static_cast<std::uint32_t>(ops.size());
    batch.done = 0xdeadbeef; // must be overwritten
    batch.ops = reinterpret_cast<std::uintptr_t>(ops.data());
    const int error = control(fd, UPCIEDEV_BATCH, &batch);
    return {error, batch.done};
}

batch_result run(int fd, upciedev_op& op) {
    return run(fd, {&op, 1});
}

upciedev_op make_op(unsigned op, unsigned bar, std::uint64_t offset, unsigned width) {
    upciedev_op result{};
    result.op = static_cast<std::uint8_t>(op);
    result.bar = static_cast<std::uint8_t>(bar);
    result.width = static_cast<std::uint8_t>(width);
    result.count = 1;
    result.offset = offset;
    return result;
}

upciedev_op read_op(unsigned bar, std::uint64_t offset, unsigned width) {
    return make_op(UPCIEDEV_OP_READ, bar, offset, width);
}

upciedev_op write_op(unsigned bar, std::uint64_t offset, std::uint64_t value, unsigned width) {
    auto op = make_op(UPCIEDEV_OP_WRITE, bar, offset, width);
    op.value = value;
    return op;
}

upciedev_op poll_op(unsigned bar, std::uint64_t offset, std::uint32_t value, milliseconds timeout) {
    auto op = make_op(UPCIEDEV_OP_POLL, bar, offset);
    op.value = value;
    op.mask = 0xffffffff;
    op.count = static_cast<std::uint32_t>(timeout.count() * 1000);
    return op;
}

upciedev_op block_op(unsigned op, unsigned bar, std::uint64_t offset, void* buffer,
                     std::uint32_t count, unsigned width) {
    auto result = make_op(op, bar, offset, width);
    result.value = reinterpret_cast<std::uintptr_t>(buffer);
    result.count = count;
    return result;
}

int read32(int fd, unsigned bar, std::uint64_t offset, std::uint32_t& value) {
    auto op = read_op(bar, offset);
    const auto result = run(fd, op);
    value = static_cast<std::uint32_t>(op.value);
    return result.error;
}

int write32(int fd, unsigned bar, std::uint64_t offset, std::uint32_t value) {
    auto op = write_op(bar, offset, value);
    return run(fd, op).error;
}

long read_at(int fd, std::uint64_t position, void* buffer, std::size_t bytes) {
    const auto moved = ::pread(fd, buffer, bytes, static_cast<off_t>(position));
    return moved < 0 ? -errno : moved;
}

long write_at(int fd, std::uint64_t position, const void* buffer, std::size_t bytes) {
    const auto moved = ::pwrite(fd, buffer, bytes, static_cast<off_t>(position));
    return moved < 0 ? -errno : moved;
}

map::map(int fd, std::uint64_t position, std::size_t bytes, int protection, int flags)
    : bytes_{bytes} {
    void* address = ::mmap(nullptr, bytes, protection, flags, fd, static_cast<off_t>(position));
    if (address == MAP_FAILED)
        error_ = errno;
    else
        address_ = address;
}

map::map(map&& other) noexcept
    : address_{std::exchange(other.address_, nullptr)}, bytes_{other.bytes_}, error_{other.error_} {
}

map::~map() {
    if (address_ != nullptr) ::munmap(address_, bytes_);
}

volatile std::uint32_t& map::word(std::size_t offset) const {
    return *reinterpret_cast<volatile std::uint32_t*>(bytes() + offset);
}

lone_page::lone_page() {
    void* address = ::mmap(nullptr, 3 * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    base_ = static_cast<std::byte*>(address);
    protect(PROT_READ | PROT_WRITE);
}

lone_page::~lone_page() {
    ::munmap(base_, 3 * page_size);
}

void lone_page::protect(int protection) const {
    ::mprotect(begin(), page_size, protection);
}

child::child(const std::function<int()>& body) : id_{::fork()} {
    if (id_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (id_ == 0) ::_exit(body());
}

int child::join() {
    int status = 0;
    if (id_ == 0) return end_;
    ::waitpid(std::exchange(id_, 0), &status, 0);
    return end_ = WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : WEXITSTATUS(status);
}

int child::kill() {
    if (id_ != 0) ::kill(id_, SIGKILL);
    return join();
}

int in_child(const std::function<int()>& body) {
    return child{body}.join();
}

int in_child_without_rawio(const std::function<int()>& body) {
    return in_child([&] {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct data[2];
        if (::syscall(SYS_capget, &header, data) != 0) return 100;
        data[0].effective &= ~(1U << CAP_SYS_RAWIO);
        if (::syscall(SYS_capset, &header, data) != 0) return 101;
        return body();
    });
}

} // namespace raw
