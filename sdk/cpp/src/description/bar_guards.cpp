// SPDX-License-Identifier: BSD-3-Clause
#include "description/bar_guards.hpp"
#include "base/bits.hpp"

#include <algorithm>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

/// Each element of the register, or of its repeats from this level on.
void add_elements(bar_windows& to, const register_description& what, std::uint64_t offset,
                  std::size_t level = 0) {
    if (level == what.repeats.size()) {
        to.push_back({offset, offset + what.width / 8});
        return;
    }
    const auto& [count, stride] = what.repeats[level];
    for (std::uint64_t i = 0; i < count; ++i)
        add_elements(to, what, offset + i * stride, level + 1);
}

void merge(bar_windows& windows) {
    std::ranges::sort(windows, {}, &bar_window::begin);
    bar_windows merged;
    for (const auto& next : windows)
        if (!merged.empty() && merged.back().end >= next.begin)
            merged.back().end = std::max(merged.back().end, next.end);
        else
            merged.push_back(next);
    windows = std::move(merged);
}

/// The same in the first period, where they stand once instead of all over the BAR.
bar_windows folded(const bar_windows& windows, std::uint64_t period) {
    if (period == 0) return windows;
    bar_windows first;
    for (const auto& [begin, end] : windows) {
        const auto at = begin % period, length = std::min(end - begin, period);
        first.push_back({at, std::min(at + length, period)});
        if (at + length > period) first.push_back({0, at + length - period});
    }
    merge(first);
    return first;
}

template <class Wanted>
bar_windows registers_of(const board_description& board, unsigned bar, const Wanted& wanted) {
    bar_windows found;
    for (const auto& what : board.registers)
        if (what.bar == bar && wanted(what)) add_elements(found, what, what.offset);
    merge(found);
    return found;
}

bar_windows described(const board_description& board, unsigned bar) {
    auto found = registers_of(board, bar, [](const auto&) { return true; });
    for (const auto& area : board.areas)
        if (area.bar == bar) found.push_back({area.offset, area.offset + area.size()});
    merge(found);
    return found;
}

bar_windows::const_iterator first_behind(const bar_windows& windows, std::uint64_t offset) {
    return std::ranges::partition_point(windows, [&](const auto& w) { return w.end <= offset; });
}

bool touches(const bar_windows& windows, std::uint64_t begin, std::uint64_t end) {
    const auto next = first_behind(windows, begin);
    return next != windows.end() && next->begin < end;
}

} // namespace

bar_windows windows_of(const register_description& what) {
    bar_windows found;
    add_elements(found, what, what.offset);
    merge(found);
    return found;
}

bar_guards::bar_guards(const board_description& board, const bar_description& bar)
    : size_(bar.size), period_(bar.guards_every), rest_(bar.guards_rest) {
    const auto of = [&](const auto& wanted) { return registers_of(board, bar.index, wanted); };
    guarded_ = of([](const auto& what) { return what.guard; });
    users_ = folded(guarded_, period_);
    admins_ = folded(of([](const auto& what) { return what.guard && !what.guard_admin; }), period_);
    if (rest_) open_ = described(board, bar.index);
}

bool bar_guards::meets(const bar_windows& windows, std::uint64_t offset,
                       std::uint64_t bytes) const noexcept {
    if (windows.empty()) return false;
    if (period_ == 0) return touches(windows, offset, offset + bytes);
    if (bytes >= period_) return true;
    const auto begin = offset % period_, end = begin + bytes;
    return touches(windows, begin, end) || (end > period_ && touches(windows, 0, end - period_));
}

bool bar_guards::meets_guard(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    return meets(users_, offset, bytes);
}

bool bar_guards::is_open(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    if (!rest_) return true;
    const auto next = first_behind(open_, offset);
    return next != open_.end() && next->begin <= offset && offset + bytes <= next->end;
}

bool bar_guards::permits(std::uint64_t offset, std::uint64_t bytes, bool writing,
                         bool admin) const noexcept {
    return is_open(offset, bytes) && !(writing && meets(admin ? admins_ : users_, offset, bytes));
}

bool bar_guards::permits_map(std::uint64_t offset, std::uint64_t bytes,
                             bool writing) const noexcept {
    const auto first = offset - offset % page;
    const auto end = std::min(size_, (offset + bytes + page - 1) / page * page);
    return permits(first, end - first, writing, false);
}

std::array<bar_guards, 6> guards_of(const board_description& board) {
    std::array<bar_guards, 6> all;
    for (const auto& bar : board.bars)
        all.at(bar.index) = bar_guards(board, bar);
    return all;
}

std::optional<guard_refusal> refusal_of(const board_description& board, unsigned bar,
                                        std::uint64_t offset, std::uint64_t bytes) {
    const auto found = std::ranges::find(board.bars, bar, &bar_description::index);
    if (found == board.bars.end()) return std::nullopt;
    const bar_guards guards(board, *found);
    if (!guards.permits(offset, bytes, false, true))
        return guard_refusal{"nothing is described there, in whole or in part",
                             "the board file guards the rest of the BAR"};
    if (!guards.permits(offset, bytes, true, false) && guards.permits(offset, bytes, true, true))
        return guard_refusal{"the register is guarded: it serves flash or reconfiguration",
                             "only an administrator (CAP_SYS_RAWIO) may write it, by call: run as "
                             "root"};
    return std::nullopt;
}

bool is_administrator() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    static_assert(CAP_SYS_RAWIO < 32);
    return syscall(SYS_capget, &header, sets.data()) == 0 &&
           (sets[0].effective & (1U << CAP_SYS_RAWIO)) != 0;
}

} // namespace upciedev::inline v1::detail
