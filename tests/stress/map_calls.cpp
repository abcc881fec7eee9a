// SPDX-License-Identifier: BSD-3-Clause
// Maps of BARs, of the status page and of rings. No signal may ever come of touching one.
#include "worker.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>

namespace stress {

namespace of_map {

constexpr std::size_t most_maps = 6;
constexpr std::uint64_t misplaced = 16; // one map in so many

int unmap(worker& me) {
    if (me.maps.empty()) return no_call;
    const auto index = me.dice.below(me.maps.size());
    auto& map = me.maps[index];
    // Now and then only its first or last page, which leaves the rest or splits it
    const auto bytes = map.bytes > arena::page && me.dice.one_in(3) ? arena::page : map.bytes;
    auto* from = me.dice.one_in(2) ? map.begin : map.begin + map.bytes - bytes;
    me.log.begin(command::unmap, -1, reinterpret_cast<std::uintptr_t>(from), bytes);
    if (::munmap(from, bytes) != 0) return me.log.end(errno);
    if (from == map.begin) map.begin += bytes;
    map.bytes -= bytes;
    if (map.bytes == 0) me.maps.erase(me.maps.begin() + static_cast<std::ptrdiff_t>(index));
    return me.log.end(0);
}

int map_at(worker& me, open_file& file, std::uint64_t position, std::size_t bytes, bool may_write) {
    const bool writable =
        may_write &&
        me.dice.one_in(file.what == kind::board ? 3 : 2); // a board's keep others from claiming it
    if (me.dice.one_in(misplaced)) position += arena::page * (me.dice.next() >> 40U);
    const int flags = me.dice.one_in(2 * misplaced) ? MAP_PRIVATE : MAP_SHARED;
    me.log.begin(command::map, file.fd, position, bytes | (writable ? 1 : 0));
    void* at = ::mmap(nullptr, bytes, PROT_READ | (writable ? PROT_WRITE : 0), flags, file.fd,
                      static_cast<off_t>(position));
    const int error = at == MAP_FAILED ? errno : 0;
    me.log.end(error);
    if (error != 0) return me.seen(file, error);
    me.maps.push_back({static_cast<std::byte*>(at), bytes, writable, may_write});
    if (me.maps.size() > most_maps) unmap(me);
    return 0;
}

std::size_t some_pages(worker& me, std::uint64_t room) {
    const auto pages = std::max<std::uint64_t>(1, room / arena::page);
    return arena::page * (1 + me.dice.below(std::min<std::uint64_t>(pages, 4)));
}

int map_board(worker& me) {
    auto* file = me.board_file(me.dice.one_in(2) ? O_RDWR : O_RDONLY);
    if (file == nullptr) return no_call;
    if (me.dice.one_in(6)) return map_at(me, *file, UPCIEDEV_POS_STATUS, arena::page, false);
    const auto& board = me.board_of(*file);
    const auto first = me.dice.below32(UPCIEDEV_NR_BARS);
    for (unsigned i = 0; i < UPCIEDEV_NR_BARS; ++i) {
        const unsigned bar = (first + i) % UPCIEDEV_NR_BARS;
        for (const auto& area : board.bars[bar].areas) {
            const auto offset = (area.offset + arena::page - 1) / arena::page * arena::page;
            const auto end = area.offset + area.length;
            if ((area.rights & UPCIEDEV_AREA_MAP_READ) == 0 || end < offset + arena::page) continue;
            const bool may_write =
                (area.rights & UPCIEDEV_AREA_MAP_WRITE) != 0 && file->flags == O_RDWR;
            const auto at = offset + arena::page * me.dice.below((end - offset) / arena::page);
            return map_at(me, *file, UPCIEDEV_POS(bar, at), some_pages(me, end - at), may_write);
        }
    }
    return no_call;
}

int map_ring(worker& me) {
    auto* file = me.any(kind::channel);
    if (file == nullptr || file->ring.frames == 0) return no_call;
    if (file->ring.of_peer || me.dice.one_in(3))
        return map_at(me, *file, 0, file->ring.head_length, false);
    return map_at(me, *file, file->ring.position,
                  file->ring.step * (1 + me.dice.below(file->ring.frames)), true);
}

int touch(worker& me) {
    if (me.maps.empty()) return map_board(me);
    const auto& map = me.maps[me.dice.below(me.maps.size())];
    auto* word =
        reinterpret_cast<volatile std::uint32_t*>(map.begin + 4 * me.dice.below(map.bytes / 4));
    const bool writes = map.writable && me.dice.one_in(2);
    me.log.begin(command::touch, -1, reinterpret_cast<std::uintptr_t>(word), writes ? 1 : 0);
    if (writes)
        *word = static_cast<std::uint32_t>(me.dice.next());
    else
        (void)*word;
    return me.log.end(0);
}

/// The kernel grants writing where the map might have been made so, and no claim is in the way.
int protect(worker& me) {
    if (me.maps.empty()) return no_call;
    auto& map = me.maps[me.dice.below(me.maps.size())];
    const bool writable = !map.writable && (map.may_write || me.dice.one_in(4));
    me.log.begin(command::protect, -1, reinterpret_cast<std::uintptr_t>(map.begin),
                 writable ? 1 : 0);
    if (::mprotect(map.begin, map.bytes, PROT_READ | (writable ? PROT_WRITE : 0)) != 0)
        return me.log.end(errno);
    map.writable = writable;
    return me.log.end(0);
}

constexpr weighted calls[] = {
    {map_board, 40}, {map_ring, 25}, {touch, 90}, {protect, 15}, {unmap, 20}};

} // namespace of_map

std::span<const weighted> map_calls() {
    return of_map::calls;
}

} // namespace stress
