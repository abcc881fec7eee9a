// SPDX-License-Identifier: BSD-3-Clause
// UPCIEDEV_GET_BAR_AREAS: its arguments, and that the rights it tells are the rights that hold.
#include "harness.hpp"
#include "msix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace raw {
namespace areas_test {

upciedev_bar_areas request_for(unsigned bar, std::span<upciedev_bar_area> room) {
    upciedev_bar_areas request{};
    request.bar = bar;
    request.count = static_cast<std::uint32_t>(room.size());
    request.areas = reinterpret_cast<std::uintptr_t>(room.data());
    return request;
}

class get_bar_areas : public testing::Test {
  protected:
    int call(upciedev_bar_areas& request) {
        return control(edu_.get(), UPCIEDEV_GET_BAR_AREAS, &request);
    }
    file edu_ = open_board(role::edu);
};

TEST_F(get_bar_areas, C1_BarIndexOutOfRange) {
    upciedev_bar_area room[4];
    for (unsigned bar : {6U, 7U, 12U, 255U, 0xffffffffU}) {
        auto request = request_for(bar, room);
        EXPECT_EQ(call(request), EINVAL) << bar;
    }
}

TEST_F(get_bar_areas, ReservedSet) {
    upciedev_bar_area room[4];
    auto request = request_for(0, room);
    request.reserved = 1ULL << 63;
    EXPECT_EQ(call(request), EINVAL);
}

TEST_F(get_bar_areas, CountZeroTellsHowMany) {
    auto request = request_for(0, {});
    ASSERT_EQ(call(request), 0);
    EXPECT_GE(request.count, 3U) << "before, inside and after the DMA registers";
}

TEST_F(get_bar_areas, C17_ShortRoomIsNotOverrun) {
    lone_page page;
    auto* last = reinterpret_cast<upciedev_bar_area*>(page.end()) - 1;
    auto request = request_for(0, {last, 1});
    ASSERT_EQ(call(request), 0);
    EXPECT_GE(request.count, 3U);
    EXPECT_EQ(last->offset, 0U);
}

TEST_F(get_bar_areas, C17_HugeCountIsHarmless) {
    upciedev_bar_area room[16];
    auto request = request_for(0, room);
    const auto entries = (call(request), request.count);
    ASSERT_LE(entries, 16U);
    request.count = 0xffffffff;
    EXPECT_EQ(call(request), 0);
    EXPECT_EQ(request.count, entries);
}

TEST_F(get_bar_areas, C6_ArrayCutByAnUnmappedPage) {
    lone_page page;
    auto* last = reinterpret_cast<upciedev_bar_area*>(page.end()) - 1;
    auto request = request_for(0, {last, 3});
    EXPECT_EQ(call(request), EFAULT);
}

TEST_F(get_bar_areas, C6_BadArrayPointer) {
    for (std::uint64_t address : {0ULL, 1ULL, 0x800000000000ULL, 0xffff888000000000ULL, ~0ULL}) {
        auto request = request_for(0, {});
        request.count = 3;
        request.areas = address;
        EXPECT_EQ(call(request), EFAULT) << std::hex << address;
    }
}

TEST_F(get_bar_areas, AbsentBarHasNone) {
    auto request = request_for(5, {});
    ASSERT_EQ(call(request), 0);
    EXPECT_EQ(request.count, 0U);
}

TEST_F(get_bar_areas, C21_NothingOfTheKernelLeaks) {
    upciedev_bar_area room[16];
    std::memset(room, 0xa5, sizeof(room));
    auto request = request_for(0, room);
    ASSERT_EQ(call(request), 0);
    for (std::uint32_t i = 0; i < request.count; ++i)
        EXPECT_EQ(room[i].reserved, 0U);
}

// The rights told against the rights that hold, on every board, for both kinds of open file

struct bar_under_test {
    int fd;
    unsigned bar;
    std::uint64_t length;
    std::vector<upciedev_bar_area> areas;
};

void for_every_bar(int flags, const std::function<void(const bar_under_test&)>& check) {
    for (const auto& each : find_boards()) {
        const auto fd = open_node(each.node, flags);
        for (unsigned bar = 0; bar < UPCIEDEV_NR_BARS; ++bar) {
            SCOPED_TRACE(each.node + " BAR" + std::to_string(bar));
            upciedev_bar_info info{};
            ASSERT_EQ(bar_info(fd.get(), bar, info), 0);
            bar_under_test entry{fd.get(), bar, info.length, {}};
            ASSERT_EQ(get_areas(fd.get(), bar, entry.areas), 0);
            const bool memory =
                info.flags & UPCIEDEV_BAR_PRESENT && !(info.flags & UPCIEDEV_BAR_IO);
            EXPECT_EQ(entry.areas.empty(), !memory);
            if (memory) check(entry);
        }
    }
}

void expect_ordered_and_whole(const bar_under_test& entry) {
    std::uint64_t next = 0;
    for (const auto& area : entry.areas) {
        EXPECT_EQ(area.offset, next);
        EXPECT_GT(area.length, 0U);
        next = area.offset + area.length;
    }
    EXPECT_EQ(next, entry.length);
}

TEST(areas, OrderedAndWhole) {
    for_every_bar(O_RDWR, expect_ordered_and_whole);
}

TEST(areas, ReadOnlyFileHasNoRightToWrite) {
    for_every_bar(O_RDONLY, [](const bar_under_test& entry) {
        for (const auto& area : entry.areas)
            EXPECT_FALSE(area.rights & (UPCIEDEV_AREA_MAP_WRITE | UPCIEDEV_AREA_CALL_WRITE));
    });
}

// A page may be mapped as far as all areas in it agree.
std::uint32_t rights_of_page(const bar_under_test& entry, std::uint64_t page) {
    std::uint32_t rights = ~0U;
    for (const auto& area : entry.areas)
        if (area.offset < page + page_size && page < area.offset + area.length)
            rights &= area.rights;
    return rights;
}

void expect_page_maps_as_told(const bar_under_test& entry, std::uint64_t page) {
    const auto rights = rights_of_page(entry, page);
    const auto position = UPCIEDEV_POS(entry.bar, page);
    const map read{entry.fd, position, page_size, PROT_READ};
    const map write{entry.fd, position, page_size};
    EXPECT_EQ(read.error() == 0, bool(rights & UPCIEDEV_AREA_MAP_READ)) << std::hex << page;
    EXPECT_EQ(write.error() == 0, bool(rights & UPCIEDEV_AREA_MAP_WRITE)) << std::hex << page;
}

// First and last page of every area; nothing is touched.
void expect_maps_as_told(const bar_under_test& entry) {
    for (const auto& area : entry.areas) {
        expect_page_maps_as_told(entry, area.offset / page_size * page_size);
        expect_page_maps_as_told(entry, (area.offset + area.length - 1) / page_size * page_size);
    }
}

TEST(areas, C7_MapsAreAsTold) {
    for_every_bar(O_RDWR, expect_maps_as_told);
}
TEST(areas, C7_MapsAreAsToldToAReader) {
    for_every_bar(O_RDONLY, expect_maps_as_told);
}

// Only areas that forbid a call are tried: a read or a write that is allowed may have effects.
TEST(areas, CallsAreRefusedAsTold) {
    for_every_bar(O_RDWR, [](const bar_under_test& entry) {
        for (const auto& area : entry.areas) {
            std::uint32_t value = 0;
            if (!(area.rights & UPCIEDEV_AREA_CALL_READ)) {
                EXPECT_EQ(read32(entry.fd, entry.bar, area.offset, value), EPERM);
            }
            if (!(area.rights & UPCIEDEV_AREA_CALL_WRITE)) {
                EXPECT_EQ(write32(entry.fd, entry.bar, area.offset, 0), EPERM);
            }
        }
    });
}

bool overlap(const upciedev_bar_area& area, const window& other) {
    return area.offset < other.offset + other.length && other.offset < area.offset + area.length;
}

TEST(areas, MsixTableIsForbiddenToEveryWriter) {
    const auto fd = open_board(role::nvme);
    for (const auto& window : msix_windows(the(role::nvme))) {
        std::vector<upciedev_bar_area> areas;
        ASSERT_EQ(get_areas(fd.get(), window.bar, areas), 0);
        for (const auto& area : areas) {
            if (!overlap(area, window)) continue;
            EXPECT_FALSE(area.rights & (UPCIEDEV_AREA_MAP_WRITE | UPCIEDEV_AREA_CALL_WRITE))
                << window.bar << ' ' << std::hex << area.offset;
        }
    }
}

} // namespace areas_test
} // namespace raw
