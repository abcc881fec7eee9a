// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_maps.hpp"
#include "base/bits.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {
namespace {

std::uint32_t needed(bool writing) {
    return writing ? UPCIEDEV_AREA_MAP_READ | UPCIEDEV_AREA_MAP_WRITE : UPCIEDEV_AREA_MAP_READ;
}

} // namespace

void chardev_maps::set_areas(int file, std::uint64_t position,
                             const std::vector<upciedev_bar_area>& areas) {
    file_ = file;
    position_ = position;
    size_ = areas.empty() ? 0 : areas.back().offset + areas.back().length;
    add_stretches(areas, false);
    add_stretches(areas, true);
}

/// Neighbours that both grant what is needed become one map.
void chardev_maps::add_stretches(const std::vector<upciedev_bar_area>& areas, bool writing) {
    bool open = false;
    for (const auto& area : areas) {
        const bool granted = (area.rights & needed(writing)) == needed(writing);
        if (granted && open)
            stretches_.back().end = area.offset + area.length;
        else if (granted && area.offset % page == 0)
            stretches_.emplace_back(area.offset, area.offset + area.length, writing);
        open = granted;
    }
}

std::byte* chardev_maps::memory_of(stretch& what) noexcept {
    if (auto* memory = __atomic_load_n(&what.memory, __ATOMIC_ACQUIRE)) return memory;
    const std::lock_guard hold(mapping_);
    if (what.memory != nullptr || what.failed) return what.memory;
    const int rights = what.writing ? PROT_READ | PROT_WRITE : PROT_READ;
    what.map = mapping(file_, position_ + what.begin, what.end - what.begin, rights);
    what.failed = !what.map;
    if (what.failed) return nullptr; // then calls will do, or tell why not
    __atomic_store_n(&what.memory, what.map.data(), __ATOMIC_RELEASE);
    return what.memory;
}

volatile std::byte* chardev_maps::map(std::uint64_t offset, std::uint64_t length,
                                      bool writing) noexcept {
    if (length == 0) return nullptr;
    for (auto& what : stretches_) {
        if (what.writing != writing || offset < what.begin || offset >= what.end) continue;
        if (length > what.end - offset) return nullptr;
        auto* memory = memory_of(what);
        return memory == nullptr ? nullptr : memory + (offset - what.begin);
    }
    return nullptr;
}

bool chardev_maps::covers_all(bool writing) const {
    return std::ranges::any_of(stretches_, [&](const stretch& what) {
        return what.writing == writing && what.begin == 0 && what.end == size_;
    });
}

std::string chardev_maps::describe() const {
    if (stretches_.empty()) return "not";
    if (covers_all(true)) return "all";
    const bool some_writing = std::ranges::any_of(stretches_, &stretch::writing);
    return covers_all(false) && !some_writing ? "read-only" : "partly";
}

} // namespace upciedev::inline v1::detail
