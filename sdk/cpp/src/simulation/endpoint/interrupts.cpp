// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/interrupts.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

namespace upciedev::vfio_user {

namespace {

/// A write to anything else might block or do harm.
bool is_eventfd(int fd) {
    std::array<char, 64> target{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    return length > 0 && std::string_view(target.data(), static_cast<std::size_t>(length)) ==
                             "anon_inode:[eventfd]";
}

bool never_blocks(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool usable(const unique_fd& fd) {
    return is_eventfd(fd.get()) && never_blocks(fd.get());
}

} // namespace

int interrupts::set(const protocol::irq_set& request, std::vector<unique_fd>& fds) {
    using namespace protocol;
    if (request.index >= irq_index_count) return EINVAL;
    const std::uint32_t count = counts_[request.index];
    if (request.start > count || request.count > count - request.start) return EINVAL;
    const std::lock_guard lock(mutex_);
    if (request.flags == (irq_data_none | irq_trigger)) {
        if (!fds.empty()) return EINVAL;
        if (request.count == 0) vectors_[request.index].clear();
        for (std::uint32_t i = 0; i < request.count; i++)
            signal(request.index, request.start + i);
        return 0;
    }
    if (request.flags != (irq_data_eventfd | irq_trigger)) return ENOTSUP;
    if (!fds.empty() && fds.size() != request.count) return EINVAL;
    if (!std::all_of(fds.begin(), fds.end(), usable)) return EINVAL;
    assign(request, fds);
    return 0;
}

/// Without descriptors nobody listens to these vectors from now on.
void interrupts::assign(const protocol::irq_set& request, std::vector<unique_fd>& fds) {
    std::vector<unique_fd>& vectors = vectors_[request.index];
    const std::size_t end = std::size_t{request.start} + request.count;
    if (vectors.size() < end) vectors.resize(end);
    for (std::uint32_t i = 0; i < request.count; i++)
        vectors[request.start + i] = fds.empty() ? unique_fd() : std::move(fds[i]);
    fds.clear();
}

bool interrupts::fire(unsigned vector) {
    const std::lock_guard lock(mutex_);
    if (!vectors_[protocol::irq_msix].empty()) return signal(protocol::irq_msix, vector);
    const std::size_t granted = vectors_[protocol::irq_msi].size();
    if (granted == 0 || vector >= counts_[protocol::irq_msi]) return false;
    return signal(protocol::irq_msi, vector % granted);
}

/// With mutex_ held.
bool interrupts::signal(std::uint32_t index, std::size_t vector) const {
    const std::vector<unique_fd>& vectors = vectors_[index];
    if (vector >= vectors.size() || !vectors[vector]) return false;
    const std::uint64_t one = 1;
    return ::write(vectors[vector].get(), &one, sizeof one) == sizeof one;
}

void interrupts::clear() {
    const std::lock_guard lock(mutex_);
    for (std::vector<unique_fd>& vectors : vectors_)
        vectors.clear();
}

} // namespace upciedev::vfio_user
