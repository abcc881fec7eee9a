// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/endpoint/bus.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace upciedev::vfio_user {

namespace {

constexpr std::size_t largest_step = 64 << 10;
constexpr std::size_t max_files = 64;

std::error_code error_of(int number) {
    return {number, std::generic_category()};
}

/// By read and write instead of a map: a client that shortens its file gets an error, we no SIGBUS.
int copy(int fd, std::uint64_t offset, std::byte* data, std::size_t size, bool to_file) {
    while (size > 0) {
        const auto position = static_cast<off_t>(offset);
        const ssize_t done =
            to_file ? ::pwrite(fd, data, size, position) : ::pread(fd, data, size, position);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : EIO;
        data += done;
        offset += static_cast<std::uint64_t>(done);
        size -= static_cast<std::size_t>(done);
    }
    return 0;
}

/// Files of other systems may block for ever or, like huge pages, not take a write().
bool in_plain_memory(int fd) {
    struct statfs system {};
    return ::fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

bool is_sound(const protocol::dma_map_request& request) {
    using namespace protocol;
    const std::uint64_t ends = std::numeric_limits<std::int64_t>::max();
    return request.argsz >= sizeof request && request.flags != 0 &&
           (request.flags & ~(map_read | map_write)) == 0 && request.size > 0 &&
           (request.address | request.size) % page == 0 &&
           request.address <= std::numeric_limits<std::uint64_t>::max() - (request.size - 1) &&
           request.size <= ends && request.offset <= ends - request.size;
}

} // namespace

std::unique_lock<std::mutex> bus::lock_for_copy() {
    { const std::lock_guard queue(turn_); }
    return std::unique_lock(mutex_);
}

int bus::map(const protocol::dma_map_request& request, unique_fd file) {
    if (!is_sound(request)) return EINVAL;
    const std::scoped_lock lock(turn_, mutex_);
    if (areas_.size() >= protocol::max_dma_maps) return ENOSPC;
    if (overlaps(request.address, request.address + (request.size - 1))) return EEXIST;
    auto [error, shared] = share(std::move(file), request.offset + request.size);
    if (error != 0) return error;
    areas_.emplace(request.address,
                   area{request.size, request.flags, request.offset, std::move(shared)});
    return 0;
}

bool bus::overlaps(std::uint64_t address, std::uint64_t last) const {
    const auto after = areas_.upper_bound(last);
    if (after == areas_.begin()) return false;
    const auto& [start, found] = *std::prev(after);
    return start + (found.size - 1) >= address;
}

std::pair<int, bus::shared_file> bus::share(unique_fd file, std::uint64_t end) {
    if (!file) return {};
    struct stat facts {};
    const int flags = ::fcntl(file.get(), F_GETFL);
    if (flags < 0 || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
        return {EINVAL, {}};
    if (static_cast<std::uint64_t>(facts.st_size) < end) return {EINVAL, {}};
    if (!in_plain_memory(file.get())) return {};
    std::erase_if(files_, [](const auto& known) { return known.second.expired(); });
    auto& known = files_[{facts.st_dev, facts.st_ino, flags & (O_ACCMODE | O_APPEND)}];
    if (auto shared = known.lock()) return {0, shared};
    if (files_.size() > max_files) return {EMFILE, {}};
    auto shared = std::make_shared<const unique_fd>(std::move(file));
    known = shared;
    return {0, shared};
}

int bus::unmap(const protocol::dma_unmap_request& request) {
    if (request.argsz < sizeof request) return EINVAL;
    if (request.flags == protocol::unmap_all) {
        if (request.address != 0 || request.size != 0) return EINVAL;
        clear();
        return 0;
    }
    if (request.flags != 0) return ENOTSUP;
    const std::uint64_t last = request.address + (request.size - 1);
    if (request.size == 0 || last < request.address) return EINVAL;
    const std::scoped_lock lock(turn_, mutex_);
    // One that only partly lies in the range starts before it or ends behind it.
    const auto begin = areas_.lower_bound(request.address);
    const auto end = areas_.upper_bound(last);
    if (request.address > 0 && overlaps(request.address, request.address) &&
        (begin == areas_.end() || begin->first != request.address))
        return EINVAL;
    if (begin != end && std::prev(end)->first + (std::prev(end)->second.size - 1) > last)
        return EINVAL;
    areas_.erase(begin, end);
    return 0;
}

void bus::clear() {
    const std::scoped_lock lock(turn_, mutex_);
    areas_.clear();
    files_.clear();
}

void bus::set_master(bool on) {
    if (master_ == on) return;
    const std::scoped_lock lock(turn_, mutex_);
    master_ = on;
}

std::size_t bus::size() const {
    const std::lock_guard lock(mutex_);
    return areas_.size();
}

bus::step bus::advance(const transfer& wanted) {
    const auto lock = lock_for_copy();
    if (!master_) return {0, false, std::make_error_code(std::errc::operation_not_permitted)};
    const auto after = areas_.upper_bound(wanted.address);
    if (after != areas_.begin()) {
        const auto& [start, found] = *std::prev(after);
        if (wanted.address - start < found.size) return advance_in(wanted, start, found);
    }
    std::uint64_t size = std::min(wanted.size, largest_step);
    if (after != areas_.end()) size = std::min(size, after->first - wanted.address);
    return {size, true, {}};
}

/// With mutex_ held.
bus::step bus::advance_in(const transfer& wanted, std::uint64_t start, const area& found) {
    const std::uint64_t within = wanted.address - start;
    const std::size_t size = std::min({wanted.size, largest_step, found.size - within});
    if ((found.flags & (wanted.to_bus ? protocol::map_write : protocol::map_read)) == 0)
        return {0, false, std::make_error_code(std::errc::permission_denied)};
    if (!found.file) return {size, true, {}};
    const int error =
        copy(found.file->get(), found.offset + within, wanted.data, size, wanted.to_bus);
    return {size, false, error_of(error)};
}

} // namespace upciedev::vfio_user
