// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/board/sim_host_memory.hpp"
#include "base/bits.hpp"

#include <algorithm>
#include <cstring>

namespace upciedev::inline v1::detail {
namespace {

// Of the highest half of what an engine can emit, but below the windows of boards.
constexpr unsigned most_bits = 57;

std::error_code unmapped() {
    return std::make_error_code(std::errc::no_such_device); // an Unsupported Request
}

} // namespace

std::optional<std::uint64_t> sim_host_memory::free_place(std::uint64_t from, std::uint64_t end,
                                                         std::uint64_t size) const {
    auto after = windows_.lower_bound(from);
    if (after != windows_.begin()) {
        const auto& [address, before] = *std::prev(after);
        from = std::max(from, (address + before.memory.size() + page - 1) / page * page + page);
    }
    for (; after != windows_.end() && after->first < end; ++after) {
        if (from + size <= after->first / page * page) return from;
        from = (after->first + after->second.memory.size() + page - 1) / page * page + page;
    }
    if (from > end || size > end - from) return std::nullopt;
    return from;
}

std::optional<std::uint64_t> sim_host_memory::map(std::span<std::byte> memory, bool writable,
                                                  unsigned address_bits) {
    const auto bits = std::min(address_bits, most_bits);
    const auto base = std::uint64_t{1} << (bits - 1), end = 2 * base;
    const auto skip = reinterpret_cast<std::uintptr_t>(memory.data()) % page;
    const auto size = skip + memory.size();
    const std::lock_guard hold(lock_);
    auto& next = next_.try_emplace(bits, base).first->second;
    auto place = free_place(next, end, size);
    if (!place) place = free_place(base, end, size);
    if (!place) return std::nullopt;
    next = *place + (size + page - 1) / page * page + page;
    windows_.emplace(*place + skip, window{memory, writable});
    return *place + skip;
}

void sim_host_memory::unmap(std::uint64_t address) noexcept {
    const std::lock_guard hold(lock_);
    windows_.erase(address);
}

void sim_host_memory::cut_off() noexcept {
    const std::lock_guard hold(lock_);
    cut_off_ = true;
}

void sim_host_memory::let_in() noexcept {
    const std::lock_guard hold(lock_);
    cut_off_ = false;
}

std::uint64_t sim_host_memory::refused() const noexcept {
    const std::lock_guard hold(lock_);
    return refused_;
}

/// \returns nothing: it is no address of the host's memory
template <class Copy>
std::optional<std::error_code> sim_host_memory::use(std::uint64_t address, std::size_t size,
                                                    bool writing, const Copy& copy) noexcept {
    const std::lock_guard hold(lock_);
    auto found = windows_.upper_bound(address);
    const bool any = !cut_off_ && found != windows_.begin();
    if (any) --found;
    const bool ours = any && address - found->first < found->second.memory.size();
    if (!ours && !cut_off_ && bus_) return std::nullopt;
    const auto& [memory, writable] = ours ? found->second : window{};
    const auto skip = ours ? address - found->first : 0;
    if (ours && size <= memory.size() - skip && (writable || !writing)) {
        copy(memory.data() + skip);
        return std::error_code();
    }
    ++refused_;
    return unmapped();
}

std::error_code sim_host_memory::read(std::uint64_t address, std::span<std::byte> into) noexcept {
    const auto result = use(address, into.size(), false, [&](const std::byte* from) {
        std::memcpy(into.data(), from, into.size());
    });
    return result ? *result : bus_->read(address, into);
}

std::error_code sim_host_memory::write(std::uint64_t address,
                                       std::span<const std::byte> from) noexcept {
    const auto result = use(address, from.size(), true,
                            [&](std::byte* to) { std::memcpy(to, from.data(), from.size()); });
    return result ? *result : bus_->write(address, from);
}

void sim_host_memory::interrupt(unsigned vector) noexcept {
    if (bus_) bus_->interrupt(vector);
}

void sim_host_memory::pulse(unsigned line) noexcept {
    if (bus_) bus_->pulse(line);
}

} // namespace upciedev::inline v1::detail
