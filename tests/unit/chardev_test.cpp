// SPDX-License-Identifier: BSD-3-Clause
// The chardev transport against a driver that this test plays, system call by system call.
#include "test_board.hpp"
#include "transport/driver/chardev.hpp"

#include <linux/upciedev.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace test;
using testing::HasSubstr;

namespace {

constexpr int node_number = 1000, lease_number = 1001;
constexpr std::uint64_t page = 4096;

/// One BAR of four pages: plain, read-only to maps, closed to maps, plain.
struct fake_driver {
    alignas(page) std::array<std::byte, 4 * page> registers{};
    alignas(page) std::array<std::byte, page> status{};
    int open_error = 0;  // of opening for writing
    int batch_error = 0; // of the operation at batch_fails_at
    std::uint32_t batch_fails_at = ~0U;
    std::uint32_t abi = UPCIEDEV_ABI_VERSION;
    int batches = 0;
    int maps = 0, open_maps = 0, open_files = 0;
    std::vector<std::uint32_t> batch_sizes;
    upciedev_claim claim{};             // as a query tells it
    std::vector<upciedev_claim> claims; // what was asked
    int reset_error = 0;
    upciedev_irq_info interrupts{UPCIEDEV_IRQ_MSI, 2, 4, 0, {}};
    int subscribe_error = 0;
    std::array<int, 2> events{-1, -1};         // a pipe
    std::vector<upciedev_irq_open> subscribed; // what was asked
    std::vector<std::uintptr_t> unmasked;      // vectors

    std::uint32_t& word(std::uint64_t offset) {
        return *reinterpret_cast<std::uint32_t*>(&registers.at(offset));
    }
};

fake_driver* driver = nullptr;

int fail(int number) {
    errno = number;
    return -1;
}

int get_info(upciedev_board_info& info) {
    if (info.size != sizeof(info)) return fail(EINVAL);
    info.abi = driver->abi;
    info.slot = 4;
    info.bus = 3;
    info.devfn = 1 << 3;
    info.vendor = 0x1b36;
    info.device = 0x00a8;
    info.generation = 17;
    std::strcpy(info.card, "tester");
    std::strcpy(info.driver, "1.0.0");
    return 0;
}

int get_bar(upciedev_bar_info& info) {
    if (info.size != sizeof(info)) return fail(EINVAL);
    if (info.bar != 0) return 0;
    info.flags = UPCIEDEV_BAR_PRESENT;
    info.nr_areas = 4;
    info.length = driver->registers.size();
    info.position = UPCIEDEV_POS(0, 0);
    std::strcpy(info.name, "regs");
    return 0;
}

int get_areas(upciedev_bar_areas& request) {
    constexpr std::uint32_t call = UPCIEDEV_AREA_CALL_READ | UPCIEDEV_AREA_CALL_WRITE;
    constexpr std::uint32_t all = call | UPCIEDEV_AREA_MAP_READ | UPCIEDEV_AREA_MAP_WRITE;
    const std::array<std::uint32_t, 4> rights{all, call | UPCIEDEV_AREA_MAP_READ, call, all};
    auto* areas = reinterpret_cast<upciedev_bar_area*>(request.areas);
    for (std::uint32_t i = 0; i < rights.size() && i < request.count; ++i)
        areas[i] = {i * page, page, rights.at(i), 0};
    request.count = rights.size();
    return 0;
}

int run_batch(upciedev_batch& batch) {
    ++driver->batches;
    driver->batch_sizes.push_back(batch.count);
    auto* ops = reinterpret_cast<upciedev_op*>(batch.ops);
    for (batch.done = 0; batch.done < batch.count; ++batch.done) {
        if (batch.done == driver->batch_fails_at) return fail(driver->batch_error);
        auto& op = ops[batch.done];
        auto& word = driver->word(op.offset);
        if (op.op == UPCIEDEV_OP_READ) op.value = word;
        if (op.op == UPCIEDEV_OP_WRITE) word = static_cast<std::uint32_t>(op.value);
    }
    return 0;
}

int answer_claim(upciedev_claim& request) {
    driver->claims.push_back(request);
    if (request.op == UPCIEDEV_CLAIM_JOIN) return 0;
    const bool taken = driver->claim.state != UPCIEDEV_CLAIM_FREE;
    request.state = driver->claim.state;
    request.holder = driver->claim.holder;
    if (request.op == UPCIEDEV_CLAIM_QUERY) return 0;
    if (taken) return fail(EBUSY);
    request.lease = lease_number;
    ++driver->open_files;
    return 0;
}

int subscribe(upciedev_irq_open& request) {
    driver->subscribed.push_back(request);
    if (driver->subscribe_error != 0) return fail(driver->subscribe_error);
    request.fd = driver->events[0];
    ++driver->open_files;
    return 0;
}

} // namespace

extern "C" {

int fake_open(const char* path, int flags, ...) {
    if (std::string_view(path) != "/dev/upciedev/fake") return fail(ENOENT);
    if ((flags & O_ACCMODE) == O_RDWR && driver->open_error != 0) return fail(driver->open_error);
    ++driver->open_files;
    return node_number;
}

int fake_close(int) {
    --driver->open_files;
    return 0;
}

int fake_ioctl(int, unsigned long request, ...) {
    std::va_list rest;
    va_start(rest, request);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    switch (request) {
    case UPCIEDEV_GET_INFO:
        return get_info(*static_cast<upciedev_board_info*>(argument));
    case UPCIEDEV_GET_BAR:
        return get_bar(*static_cast<upciedev_bar_info*>(argument));
    case UPCIEDEV_GET_BAR_AREAS:
        return get_areas(*static_cast<upciedev_bar_areas*>(argument));
    case UPCIEDEV_BATCH:
        return run_batch(*static_cast<upciedev_batch*>(argument));
    case UPCIEDEV_CLAIM:
        return answer_claim(*static_cast<upciedev_claim*>(argument));
    case UPCIEDEV_RESET:
        return driver->reset_error == 0 ? 0 : fail(driver->reset_error);
    case UPCIEDEV_IRQ_INFO:
        if (driver->status[4] != std::byte{}) return fail(ENODEV);
        *static_cast<upciedev_irq_info*>(argument) = driver->interrupts;
        return 0;
    case UPCIEDEV_IRQ_OPEN:
        return subscribe(*static_cast<upciedev_irq_open*>(argument));
    case UPCIEDEV_IRQ_UNMASK:
        driver->unmasked.push_back(reinterpret_cast<std::uintptr_t>(argument));
        return 0;
    default:
        return fail(ENOTTY);
    }
}

void* fake_mmap(void*, std::size_t length, int rights, int flags, int, off_t position) {
    EXPECT_EQ(flags, MAP_SHARED);
    ++driver->maps;
    ++driver->open_maps;
    const auto place = static_cast<std::uint64_t>(position);
    if (place == UPCIEDEV_POS_STATUS) {
        EXPECT_EQ(rights, PROT_READ);
        return driver->status.data();
    }
    EXPECT_LE(place + length, driver->registers.size());
    // Write access to a read-only page, or any to a closed one, would be refused.
    const bool writing = (rights & PROT_WRITE) != 0;
    EXPECT_TRUE(place + length <= (writing ? page : 2 * page) || place >= 3 * page);
    return &driver->registers.at(place);
}

int fake_munmap(void*, std::size_t) {
    --driver->open_maps;
    return 0;
}
}

namespace {

struct chardev : testing::Test {
    fake_driver mine;
    void SetUp() override { driver = &mine; }
    static transport_ptr open() { return detail::open_chardev("/dev/upciedev/fake"); }
};

} // namespace

TEST_F(chardev, tells_what_the_driver_knows) {
    const auto way = open();
    EXPECT_EQ(way->name(), "chardev");
    EXPECT_TRUE(way->writable());
    const auto who = way->identity();
    EXPECT_EQ(who.pci_address, "0000:03:01.0");
    EXPECT_EQ(who.slot, 4U);
    EXPECT_EQ(who.card, "tester");
    EXPECT_EQ(who.generation, 17U);
    EXPECT_EQ(way->bar(0).size, 4 * page);
    EXPECT_EQ(way->bar(0).name, "regs");
    EXPECT_EQ(way->bar(0).mapping, "partly");
    using enum capability;
    EXPECT_EQ(way->capabilities(), (capability_set{mapping, batch, poll, modify, reset, claim,
                                                   hot_plug, shared, interrupts}));
    EXPECT_EQ(way->bar(1).size, 0U);
    EXPECT_EQ(way->bar(6).size, 0U);
}

TEST_F(chardev, does_a_batch_of_64_in_one_system_call) {
    const upciedev::board board(open(), make_tester());
    auto batch = board.batch();
    for (unsigned i = 0; i < 64; ++i)
        batch.write_raw(board.reg("CTRL"), i);
    mine.batches = 0;
    batch.run();
    EXPECT_EQ(mine.batches, 1);
    EXPECT_EQ(batch.done(), 64U);
}

TEST_F(chardev, splits_only_what_the_driver_does_not_take_at_once) {
    std::vector<operation> many(UPCIEDEV_BATCH_MAX + 5);
    EXPECT_EQ(open()->run(many).done, many.size());
    EXPECT_THAT(mine.batch_sizes, testing::ElementsAre(UPCIEDEV_BATCH_MAX, 5));
}

TEST_F(chardev, tells_how_far_a_batch_came) {
    std::vector<operation> ops(5);
    mine.batch_fails_at = 3;
    mine.batch_error = EPERM;
    const auto came = open()->run(ops);
    EXPECT_EQ(came.done, 3U);
    EXPECT_EQ(came.error.value(), EPERM);
}

TEST_F(chardev, maps_each_stretch_once_and_only_when_used) {
    {
        const auto way = open();
        EXPECT_EQ(mine.maps, 1); // the status page
        EXPECT_TRUE(way->map(0, 0, 4, false) != nullptr);
        EXPECT_TRUE(way->map(0, page, 4, false) != nullptr);
        EXPECT_TRUE(way->map(0, page - 4, 8, false) != nullptr); // two neighbours, one map
        EXPECT_EQ(mine.maps, 2);
        EXPECT_TRUE(way->map(0, 0, 4, true) != nullptr);
        EXPECT_TRUE(way->map(0, 8, 4, true) != nullptr);
        EXPECT_EQ(mine.maps, 3);
        EXPECT_TRUE(way->map(0, page, 4, true) == nullptr);
        EXPECT_TRUE(way->map(0, 2 * page, 4, false) == nullptr);
        EXPECT_TRUE(way->map(0, 2 * page - 4, 8, false) == nullptr);
        EXPECT_TRUE(way->map(0, 4 * page, 4, false) == nullptr);
        EXPECT_TRUE(way->map(1, 0, 4, false) == nullptr);
        EXPECT_EQ(mine.maps, 3);
    }
    EXPECT_EQ(mine.open_maps, 0);
    EXPECT_EQ(mine.open_files, 0);
}

TEST_F(chardev, a_mapped_register_takes_no_system_call) {
    const upciedev::board board(open(), make_tester());
    const auto id = board.reg("ID");
    const auto gain = board.reg("IRQ_STATUS");
    mine.batches = 0;
    mine.word(0x0) = 0x1234;
    EXPECT_EQ(id.raw(), 0x1234U);
    gain.write_raw(5);
    EXPECT_EQ(mine.word(0x10), 5U);
    EXPECT_EQ(mine.batches, 0);
}

TEST_F(chardev, all_ones_are_an_absent_board_only_if_the_status_page_says_so) {
    const upciedev::board board(open(), make_tester());
    const auto id = board.reg("ID");
    mine.word(0x0) = 0xffffffff;
    EXPECT_EQ(id.raw(), 0xffffffffU);
    reinterpret_cast<upciedev_status*>(mine.status.data())->gone = 1;
    EXPECT_EQ(error_of([&] { (void)id.raw(); }).first, errc::board_gone);
    mine.batch_fails_at = 0;
    mine.batch_error = ENODEV;
    EXPECT_EQ(error_of([&] { board.reg("IRQ_STATUS").write_raw(1); }).first, errc::board_gone);
}

TEST_F(chardev, opens_for_reading_where_writing_is_not_permitted) {
    mine.open_error = EACCES;
    const auto way = open();
    EXPECT_FALSE(way->writable());
    mine.batch_fails_at = 0;
    mine.batch_error = EBADF; // what the driver says to a write then
    const auto [code, text] =
        error_of([&] { upciedev::board(way, make_tester()).reg("PLAIN").field("LOW").write(1); });
    EXPECT_EQ(code, errc::not_permitted);
    EXPECT_THAT(text, HasSubstr("group mtca"));
}

TEST_F(chardev, explains_why_a_node_cannot_be_opened) {
    const auto [code, text] = error_of([] { (void)detail::open_chardev("/dev/upciedev/none"); });
    EXPECT_EQ(code, errc::no_such_board);
    EXPECT_THAT(text, HasSubstr("/dev/upciedev/none"));
    mine.open_error = ENODEV;
    EXPECT_EQ(error_of([] { (void)open(); }).first, errc::board_gone);
    mine.open_error = 0;
    mine.abi = 2;
    EXPECT_EQ(error_of([] { (void)open(); }).first, errc::abi_mismatch);
    EXPECT_EQ(mine.open_files, 0);
    EXPECT_EQ(mine.open_maps, 0);
}

TEST_F(chardev, translates_every_errno_of_the_driver) {
    const std::vector<std::pair<int, errc>> expected{{EPERM, errc::not_permitted},
                                                     {EBADF, errc::not_permitted},
                                                     {ERANGE, errc::out_of_range},
                                                     {EINVAL, errc::bad_value},
                                                     {ENXIO, errc::out_of_range},
                                                     {ETIMEDOUT, errc::timeout},
                                                     {EINTR, errc::interrupted},
                                                     {ENODEV, errc::board_gone},
                                                     {ENOTTY, errc::abi_mismatch},
                                                     {EACCES, errc::not_permitted},
                                                     {EBUSY, errc::busy},
                                                     {EIO, errc::io_error},
                                                     {EOPNOTSUPP, errc::not_supported}};
    const auto board = upciedev::board(open(), make_tester());
    mine.batch_fails_at = 0;
    for (const auto& [number, code] : expected) {
        mine.batch_error = number;
        const auto [kind, text] = error_of([&] { (void)board.reg("LONG").raw(); });
        EXPECT_EQ(kind, code) << number;
        EXPECT_THAT(text, testing::StartsWith("slot 4 tester: LONG: "));
    }
}

TEST_F(chardev, holds_a_claim_as_long_as_its_lease) {
    const upciedev::board board(open(), make_tester());
    {
        const auto held = board.claim();
        EXPECT_EQ(held.descriptor(), lease_number);
        EXPECT_EQ(mine.open_files, 2);
    }
    EXPECT_EQ(mine.open_files, 1);
}

TEST_F(chardev, names_who_has_claimed_the_board) {
    const upciedev::board board(open(), make_tester());
    mine.claim.state = UPCIEDEV_CLAIM_OTHER;
    mine.claim.holder = getpid();
    mine.reset_error = mine.batch_error = EBUSY;
    mine.batch_fails_at = 0;
    const auto holder = "claimed by process " + std::to_string(getpid()) + " (";
    for (const auto& [kind, text] :
         {error_of([&] { (void)board.claim(); }), error_of([&] { board.reset(); }),
          error_of([&] { board.reg("LONG").write_raw(1); })}) {
        EXPECT_EQ(kind, errc::busy);
        EXPECT_THAT(text, HasSubstr(holder));
    }
    ASSERT_TRUE(board.health().claimed.has_value());
    EXPECT_EQ(board.health().claimed->process, getpid());
}

TEST_F(chardev, names_who_has_mapped_the_board_for_writing) {
    const upciedev::board board(open(), make_tester());
    const auto refused = [&] { return error_of([&] { (void)board.claim(); }); };
    mine.claim.state = UPCIEDEV_CLAIM_MAPPED;
    EXPECT_THAT(refused(), testing::Pair(errc::busy, HasSubstr("mapped for writing by a process")));
    mine.claim.state = UPCIEDEV_CLAIM_DMA;
    EXPECT_THAT(refused(), testing::Pair(errc::busy, HasSubstr("written by DMA of a process")));
}

TEST_F(chardev, tells_that_there_is_no_way_to_reset) {
    const upciedev::board board(open(), make_tester());
    mine.reset_error = EOPNOTSUPP;
    EXPECT_THAT(error_of([&] { board.reset(); }),
                testing::Pair(errc::not_supported, HasSubstr("no way to reset it alone")));
}

TEST_F(chardev, joins_the_claim_of_the_program_that_started_it) {
    ::setenv("UPCIEDEV_LEASE", "0000:07:00.0=5,0000:03:01.0=9", 1);
    (void)open();
    ::unsetenv("UPCIEDEV_LEASE");
    ASSERT_EQ(mine.claims.size(), 1U);
    EXPECT_EQ(mine.claims[0].op, std::uint32_t{UPCIEDEV_CLAIM_JOIN});
    EXPECT_EQ(mine.claims[0].lease, 9);
    (void)open();
    EXPECT_EQ(mine.claims.size(), 1U) << "nothing to join";
}

TEST_F(chardev, handles_go_on_with_the_board_that_came_back) {
    fake_driver next;
    const upciedev::board board(open(), make_tester(), {}, {}, [&] {
        driver = &next;
        return open();
    });
    const auto reg = board.reg("CTRL");
    mine.word(reg.offset()) = 1;
    EXPECT_EQ(reg.raw(), 1U);
    mine.registers.fill(std::byte{0xff});
    mine.status[4] = std::byte{1};
    EXPECT_EQ(error_of([&] { (void)reg.raw(); }).first, errc::board_gone);
    board.reopen();
    next.word(reg.offset()) = 2;
    EXPECT_EQ(reg.raw(), 2U);
    reg.write_raw(3);
    EXPECT_EQ(next.word(reg.offset()), 3U);
    driver = &mine; // whose files close last
}

namespace {

struct chardev_interrupts : chardev {
    chardev_interrupts() {
        if (::pipe2(mine.events.data(), O_NONBLOCK) != 0) std::abort();
    }
    ~chardev_interrupts() override {
        for (const int end : mine.events)
            ::close(end);
    }
    void put(upciedev_irq_event event) const {
        ASSERT_EQ(::write(mine.events[1], &event, sizeof(event)), ssize_t{sizeof(event)});
    }
};

} // namespace

TEST_F(chardev_interrupts, come_as_the_driver_tells_them) {
    auto source = open()->interrupts({{0, 3}, 5});
    EXPECT_EQ(source->descriptor(), mine.events[0]);
    std::array<raw_interrupt, 3> events;
    std::size_t count = 7;
    EXPECT_TRUE(!source->read(events, count) && count == 0);
    put({.vector = 1,
         .flags = UPCIEDEV_IRQ_MASKED,
         .lost = 2,
         .status = 3,
         .sequence = 4,
         .time_ns = 5});
    put({0, 0, 0, 0, 5, 0});
    EXPECT_FALSE(source->read(events, count));
    ASSERT_EQ(count, 2U);
    EXPECT_EQ(events[0].vector, 1U);
    EXPECT_EQ(events[0].flags, std::uint16_t{raw_interrupt::masked});
    EXPECT_EQ(events[0].lost, 2U);
    EXPECT_EQ(events[0].status, 3U);
    EXPECT_EQ(events[0].sequence, 4U);
    EXPECT_EQ(events[0].time_ns, 5U);
    EXPECT_EQ(events[1].sequence, 5U);
    source.reset();
    EXPECT_EQ(mine.open_files, 0);
}

TEST_F(chardev_interrupts, vectors_are_folded_into_those_granted) {
    const auto both = open()->interrupts({{0, 3, 4}, 5});
    ASSERT_EQ(mine.subscribed.size(), 1U);
    const auto& asked = mine.subscribed[0];
    EXPECT_EQ(asked.vectors, 3U);
    EXPECT_EQ(asked.causes, 5U);
    EXPECT_EQ(asked.flags, std::uint32_t{UPCIEDEV_IRQ_NONBLOCK});
    EXPECT_EQ(asked.eventfd, -1);
    EXPECT_FALSE(both->unmask());
    EXPECT_EQ(mine.unmasked, (std::vector<std::uintptr_t>{0, 1}));
    EXPECT_EQ((open()->interrupts({{5}, 1}), mine.subscribed[1].vectors), 2U);
}

TEST_F(chardev_interrupts, are_refused_where_the_driver_knows_none) {
    const auto refused = [] { return error_of([] { (void)open()->interrupts({{0}, 1}); }); };
    mine.interrupts.nr_causes = 0;
    EXPECT_EQ(refused().first, errc::not_supported);
    EXPECT_THAT(refused().second, HasSubstr("upciedev-gencard"));
    EXPECT_FALSE(open()->capabilities().has(capability::interrupts));
    mine.interrupts.nr_vectors = 0;
    EXPECT_THAT(refused().second, HasSubstr("the kernel grants it no interrupt"));
    EXPECT_EQ(mine.open_files, 0);
}

TEST_F(chardev_interrupts, of_another_board_file_are_refused) {
    mine.subscribe_error = EINVAL;
    const auto problem = error_of([] { (void)open()->interrupts({{0}, 1}); });
    EXPECT_EQ(problem.first, errc::not_supported);
    EXPECT_THAT(problem.second,
                HasSubstr("the driver's card and the board file name different interrupts"));
    mine.status[4] = std::byte{1};
    EXPECT_EQ(error_of([] { (void)open()->interrupts({{0}, 1}); }).first, errc::board_gone);
}
