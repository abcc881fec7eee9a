// SPDX-License-Identifier: BSD-3-Clause
// Each allocation of a call fails once, and each copy from or to user memory: the first one, then
// the second one, until the call passes without. Whatever fails leaves nothing behind. By
// /proc/thread-self/fail-nth, which only kernels with fault injection have; see
// tests/guest/runs.toml.
#include "interrupts.hpp"
#include "offline.hpp"
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace raw {
namespace without_memory_test {

constexpr auto control_file = "/proc/thread-self/fail-nth";
constexpr auto cannot = "this kernel cannot make allocations fail (FAULT_INJECTION)";
constexpr unsigned most_failures = 5000; // of one call

// Fails the n-th possible failure of this thread from here on.
class injection {
  public:
    explicit injection(unsigned nth) : control_{::open(control_file, O_RDWR | O_CLOEXEC)} {
        set(nth);
    }
    ~injection() { end(); }
    injection(const injection&) = delete;
    injection& operator=(const injection&) = delete;
    // Whether it has failed; none fails any more.
    bool end() {
        char text[16]{};
        const auto bytes = ::pread(control_.get(), text, sizeof(text) - 1, 0);
        while (::pwrite(control_.get(), "0", 1, 0) != 1) {
        }
        return bytes > 0 && std::stoul(text) == 0; // reading may itself be what would have failed
    }

  private:
    void set(unsigned nth) const {
        const auto text = std::to_string(nth);
        if (::pwrite(control_.get(), text.data(), text.size(), 0) < 0)
            throw std::runtime_error("no fail-nth");
    }
    file control_;
};

constexpr std::uint32_t window_bar = 4; // of a carrier

struct trial {
    const char* name;
    std::function<int()> call;         // 0, or the errno
    std::function<void()> before = {}; // each call
    std::function<void()> undo = {};   // of a call that passed
    std::function<void()> after = {};  // each call
};

// EBUSY is what Linux returns when it has no memory to reserve a BAR.
bool sensible(int error) {
    static const std::set<int> errors{ENOMEM, EFAULT, ENOSPC, EIO, EBUSY};
    return errors.contains(error);
}

// Returns whether the n-th failure did not happen, since the call has fewer.
bool passes(const trial& what, unsigned nth) {
    const auto counted = counters();
    if (what.before) what.before();
    injection failure{nth};
    const int error = what.call();
    const bool failed = failure.end();
    if (error == 0 && what.undo) what.undo();
    if (what.after) what.after();
    if (failed)
        EXPECT_TRUE(error == 0 || sensible(error))
            << what.name << ", failure " << nth << ": error " << error;
    else
        EXPECT_EQ(error, 0) << what.name << " without a failure";
    EXPECT_TRUE(eventually([&] { return counters() == counted; }))
        << what.name << ", failure " << nth << " leaves something";
    return !failed;
}

void each_fails(const trial& what) {
    unsigned nth = 1;
    while (!passes(what, nth) && nth < most_failures && !testing::Test::HasFailure())
        ++nth;
    EXPECT_LT(nth, most_failures) << what.name;
    std::printf("each allocation once: %s: N = %u\n", what.name, nth - 1);
}

struct mapped {
    void* at = MAP_FAILED;
    void unmap() { ::munmap(std::exchange(at, MAP_FAILED), page_size); }
    int map(const file& from, std::uint64_t position, int protection) {
        at = ::mmap(nullptr, page_size, protection, MAP_SHARED, from.get(),
                    static_cast<off_t>(position));
        return at == MAP_FAILED ? errno : 0;
    }
    // A fault that finds no memory is tried again.
    int touch() const {
        [[maybe_unused]] const std::uint32_t value = *static_cast<volatile std::uint32_t*>(at);
        return 0;
    }
};

class each_allocation : public testing::Test {
  protected:
    void SetUp() override {
        if (::access(control_file, W_OK) != 0) GTEST_SKIP() << cannot;
        expect_all_but_kernel_faults();
        expect_kernel_message("dma-debug disabled"); // has no memory itself
        (void)the(role::edu);                        // looks for all boards
        for (const std::string kind : {"failslab", "fail_page_alloc", "fail_usercopy"}) {
            const auto folder = "/sys/kernel/debug/" + kind + "/";
            write_file(folder + "verbose", "0");
            if (kind != "fail_usercopy") write_file(folder + "ignore-gfp-wait", "N");
        }
        write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
    }
};

TEST_F(each_allocation, OpenAndClose) {
    int fd = -1;
    each_fails({"open",
                [&] { return (fd = ::open(the(role::edu).node.c_str(), O_RDWR)) < 0 ? errno : 0; },
                {},
                [&] { ::close(fd); }});
    each_fails({"close", [&] { return ::close(fd) < 0 ? errno : 0; },
                [&] { fd = ::open(the(role::edu).node.c_str(), O_RDWR); }});
}

TEST_F(each_allocation, WhatABoardIs) {
    const auto board = open_board(role::edu);
    upciedev_board_info info{};
    info.size = sizeof(info);
    each_fails({"GET_INFO", [&] { return control(board.get(), UPCIEDEV_GET_INFO, &info); }});
    upciedev_bar_info bar{};
    each_fails({"GET_BAR", [&] { return bar_info(board.get(), 0, bar); }});
    upciedev_bar_area room[16];
    upciedev_bar_areas areas{0, 16, reinterpret_cast<std::uintptr_t>(room), 0};
    each_fails(
        {"GET_BAR_AREAS", [&] { return control(board.get(), UPCIEDEV_GET_BAR_AREAS, &areas); }});
    upciedev_irq_info irqs{};
    each_fails({"IRQ_INFO", [&] { return control(board.get(), UPCIEDEV_IRQ_INFO, &irqs); }});
    upciedev_dma_info dma{};
    dma.size = sizeof(dma);
    each_fails({"DMA_INFO", [&] { return control(board.get(), UPCIEDEV_DMA_INFO, &dma); }});
}

TEST_F(each_allocation, Registers) {
    const auto board = open_board(role::edu);
    std::uint32_t words[100]{};
    each_fails({"BATCH", [&] {
                    upciedev_op ops[] = {read_op(0, 0), write_op(0, 4, 7),
                                         block_op(UPCIEDEV_OP_READ_BLOCK, 0, 0, words, 16),
                                         make_op(UPCIEDEV_OP_MODIFY, 0, 4),
                                         make_op(UPCIEDEV_OP_POLL, 0, 4)};
                    return run(board.get(), ops).error;
                }});
    // A part may have moved
    each_fails({"pread", [&] {
                    return read_at(board.get(), UPCIEDEV_POS(0, 0), words, sizeof(words)) < 0
                               ? errno
                               : 0;
                }});
    each_fails({"pwrite", [&] {
                    return write_at(board.get(), UPCIEDEV_POS(0, 4), words, 4) < 0 ? errno : 0;
                }});
    each_fails({"read of the status page", [&] {
                    return read_at(board.get(), UPCIEDEV_POS_STATUS, words, 16) < 0 ? errno : 0;
                }});
}

TEST_F(each_allocation, Claims) {
    const auto board = open_board(role::edu), other = open_board(role::edu);
    upciedev_claim claim{};
    const trial take{"CLAIM take",
                     [&] {
                         claim = {};
                         return control(board.get(), UPCIEDEV_CLAIM, &claim);
                     },
                     {},
                     [&] { ::close(claim.lease); }};
    each_fails(take);
    each_fails({"close of a claim", [&] { return ::close(claim.lease) < 0 ? errno : 0; },
                [&] { EXPECT_EQ(take.call(), 0); }});
    EXPECT_EQ(take.call(), 0);
    upciedev_claim join{}, query{};
    join.op = UPCIEDEV_CLAIM_JOIN;
    join.lease = claim.lease;
    query.op = UPCIEDEV_CLAIM_QUERY;
    each_fails({"CLAIM join", [&] { return control(other.get(), UPCIEDEV_CLAIM, &join); }});
    each_fails({"CLAIM query", [&] { return control(other.get(), UPCIEDEV_CLAIM, &query); }});
    ::close(claim.lease);
}

TEST_F(each_allocation, Interrupts) {
    const auto board = open_board(role::edu);
    const file counter{::eventfd(0, EFD_CLOEXEC)};
    subscription events;
    const auto end = [&] { events.events.close(); };
    const trial open{"IRQ_OPEN",
                     [&] {
                         events = subscribe(board, UPCIEDEV_IRQ_NONBLOCK, counter.get());
                         return events.error;
                     },
                     {},
                     end};
    each_fails(open);
    each_fails({"close of an IRQ_OPEN",
                [&] {
                    end();
                    return 0;
                },
                [&] { EXPECT_EQ(open.call(), 0); }});
    EXPECT_EQ(open.call(), 0);
    upciedev_irq_event event{};
    each_fails({"read of an event", [&] { return read_event(events.events, event); },
                [&] {
                    read_events(events.events);
                    raise(board);
                    EXPECT_EQ(wait_for(events.events), POLLIN);
                }});
    each_fails(
        {"IRQ_UNMASK", [&] { return control_at(events.events.get(), UPCIEDEV_IRQ_UNMASK, 0); }});
    each_fails({"poll", [&] { return wait_for(events.events, 0) < 0 ? errno : 0; }});
    const file set{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event wanted{EPOLLIN, {}};
    each_fails({"epoll",
                [&] {
                    return ::epoll_ctl(set.get(), EPOLL_CTL_ADD, events.events.get(), &wanted) < 0
                               ? errno
                               : 0;
                },
                {},
                [&] { ::epoll_ctl(set.get(), EPOLL_CTL_DEL, events.events.get(), nullptr); }});
}

class each_allocation_of_dma : public each_allocation {
  protected:
    void try_all(role which, std::uint32_t number) {
        board_ = open_board(which);
        number_ = number;
        open_and_close();
        transfers();
        rings();
        board_ = {};
    }

  private:
    void open() { channel_ = channel_of(board_, number_); }
    void close() { channel_.close(); }
    void open_and_close() {
        each_fails({"DMA_OPEN",
                    [&] {
                        auto [error, channel] = open_channel(board_, number_);
                        channel_ = std::move(channel);
                        return error;
                    },
                    {},
                    [&] { close(); }});
        each_fails({"close of a channel",
                    [&] {
                        close();
                        return 0;
                    },
                    [&] { open(); }});
    }
    void transfers() {
        auto memory = filled(3 * page_size, 1);
        const std::uint64_t most =
            std::min<std::uint64_t>(dma_info(board_, number_).memory, 2 * page_size);
        open();
        each_fails({"DMA_TRANSFER of pages",
                    [&] { return transfer(channel_, 0, memory.data(), most / 8 * 8); }});
        each_fails({"DMA_TRANSFER by a bounce",
                    [&] { return transfer(channel_, 0, memory.data() + 1, 64); }});
        each_fails({"DMA_CANCEL", [&] { return cancel(channel_); }});
        close();
    }
    int make_ring_of_four() {
        auto what = ring_of(1024, 4);
        return make_ring(channel_, what);
    }
    void rings() {
        each_fails({"DMA_RING, and close of its file",
                    [&] { return make_ring_of_four(); },
                    [&] { open(); },
                    {},
                    [&] { close(); }});
        open();
        EXPECT_EQ(make_ring_of_four(), 0);
        each_fails({"DMA_TRANSFER of a frame", [&] {
                        auto what = make_transfer(0, nullptr, 64);
                        what.flags = UPCIEDEV_DMA_RING_MEMORY;
                        return transfer(channel_, what);
                    }});
        each_fails({"DMA_START and DMA_STOP",
                    [&] {
                        const int error = start(channel_, start_of(0, 0, 2));
                        return error != 0 ? error : stop(channel_);
                    },
                    {},
                    {},
                    [&] { stop(channel_); }});
        each_fails({"DMA_EXCHANGE", [&] { return exchange(channel_, {}, 0, 0); }});
        map_of_a_ring();
        close();
    }
    void map_of_a_ring() {
        mapped head;
        const auto map_head = [&] { return head.map(channel_, 0, PROT_READ); };
        const auto end = [&] { head.unmap(); };
        each_fails({"map of a ring", map_head, {}, end});
        each_fails({"first touch of a ring", [&] { return head.touch(); }, map_head, {}, end});
    }
    file board_, channel_;
    std::uint32_t number_ = 0;
};

TEST_F(each_allocation_of_dma, Registers) {
    try_all(role::digitizer, 0);
}

TEST_F(each_allocation_of_dma, Descriptors) {
    try_all(role::scatter, 0);
}

TEST_F(each_allocation_of_dma, ToBoard) {
    try_all(role::carrier, 1);
}

TEST_F(each_allocation, Peers) {
    const auto digitizer = open_board(role::digitizer), carrier = open_board(role::carrier);
    auto channel = channel_of(digitizer, 0);
    upciedev_peer_route way{};
    way.size = sizeof(way);
    way.peer = carrier.get();
    way.bar = window_bar;
    each_fails({"PEER_ROUTE", [&] { return control(digitizer.get(), UPCIEDEV_PEER_ROUTE, &way); }});
    auto there = transfer_to(carrier, 0, 1024);
    there.bar = window_bar;
    each_fails({"DMA_PEER", [&] { return control(channel.get(), UPCIEDEV_DMA_PEER, &there); }});
    upciedev_peer_lease lease{};
    lease.bar = window_bar;
    lease.length = 64;
    each_fails({"PEER_LEASE",
                [&] { return control(carrier.get(), UPCIEDEV_PEER_LEASE, &lease); },
                {},
                [&] { ::close(lease.fd); }});
    upciedev_dma_peer_ring ring{};
    ring.frame_length = ring.step = 1024;
    ring.frames = 4;
    ring.bar = window_bar;
    ring.peer = carrier.get();
    const auto end = [&] { channel.close(); };
    end();
    each_fails({"DMA_PEER_RING, and close of its file",
                [&] { return control(channel.get(), UPCIEDEV_DMA_PEER_RING, &ring); },
                [&] { channel = channel_of(digitizer, 0); },
                {},
                end});
}

TEST_F(each_allocation, Maps) {
    const auto board = open_board(role::carrier);
    mapped window;
    const auto end = [&] { window.unmap(); };
    const auto map_window = [&] {
        return window.map(board, UPCIEDEV_POS(window_bar, 0), PROT_READ);
    };
    each_fails({"map", map_window, {}, end});
    each_fails(
        {"map for writing",
         [&] { return window.map(board, UPCIEDEV_POS(window_bar, 0), PROT_READ | PROT_WRITE); },
         {},
         end});
    each_fails({"map of the status page",
                [&] { return window.map(board, UPCIEDEV_POS_STATUS, PROT_READ); },
                {},
                end});
    each_fails({"first touch of a map", [&] { return window.touch(); }, map_window, {}, end});
    each_fails(
        {"mprotect",
         [&] { return ::mprotect(window.at, page_size, PROT_READ | PROT_WRITE) < 0 ? errno : 0; },
         map_window,
         {},
         end});
    each_fails({"unmap",
                [&] { return ::munmap(window.at, page_size) < 0 ? errno : 0; },
                map_window,
                {},
                end});
}

TEST_F(each_allocation, MapsOfABoardThatHasGone) {
    const auto& which = the(role::carrier);
    mapped window;
    const auto lose_the_board = [&] {
        const auto board = open_board(role::carrier);
        EXPECT_EQ(window.map(board, UPCIEDEV_POS(window_bar, 0), PROT_READ), 0);
        unbind(which);
    };
    each_fails({"touch of a map whose board has gone",
                [&] { return window.touch(); },
                lose_the_board,
                {},
                [&] {
                    window.unmap();
                    bind(which);
                }});
}

// A board that finds no memory to begin again stays away until it is bound again.
void bring_back(const board& which) {
    if (file{::open(which.node.c_str(), O_RDONLY | O_CLOEXEC)}.get() >= 0) return;
    unbind(which);
    bind(which);
}

TEST_F(each_allocation, Resets) {
    file board;
    each_fails({"RESET",
                [&] { return control_at(board.get(), UPCIEDEV_RESET, 0); },
                [&] { board = open_board(role::edu); },
                {},
                [&] {
                    board.close();
                    bring_back(the(role::edu));
                }});
}

TEST_F(each_allocation, TimesOffline) {
    const auto& which = the(role::edu);
    file board;
    off_answer off{};
    each_fails({"OFFLINE",
                [&] {
                    off = take_off(board);
                    return off.error;
                },
                [&] { board = open_node(which.node); }, [&] { EXPECT_EQ(bring_back(off.held), 0); },
                [&] {
                    off.held.close();
                    board.close();
                }});
    each_fails({"ONLINE",
                [&] { return bring_back(off.held); },
                [&] {
                    board = open_node(which.node);
                    off = take_off(board);
                    ASSERT_EQ(off.error, 0);
                },
                {},
                [&] {
                    EXPECT_TRUE(open_error(which) == 0 || bring_back(off.held) == 0);
                    off.held.close();
                    board.close();
                }});
}

// A write to a file that was opened before.
int write_to(const file& where, const std::string& text) {
    return ::pwrite(where.get(), text.data(), text.size(), 0) < 0 ? errno : 0;
}

// Of the board with most to allocate: descriptors and interrupts.
TEST_F(each_allocation, ProbeAndRemoval) {
    const auto& board = the(role::scatter);
    const auto folder = "/sys/bus/pci/drivers/" + driver_of(board);
    const auto probe = open_node(folder + "/bind", O_WRONLY),
               removal = open_node(folder + "/unbind", O_WRONLY);
    const unbound away{board};
    each_fails(
        {"probe", [&] { return write_to(probe, board.address); }, {}, [&] { unbind(board); }});
    each_fails({"removal",
                [&] { return write_to(removal, board.address); },
                [&] { bind(board); },
                {},
                [&] {
                    if (!driver_of(board).empty()) unbind(board);
                }});
}

} // namespace without_memory_test
} // namespace raw
