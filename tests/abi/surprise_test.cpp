// SPDX-License-Identifier: BSD-3-Clause
// The board is pulled out, and boards are taken and given back while everybody hammers on them.
#include "gone_board.hpp"
#include "harness.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

namespace raw {
namespace surprise_test {

using namespace std::chrono_literals;

constexpr unsigned ram_bar = 2;

void shell(const std::string& command) {
    const auto whole = ABI_SCRIPTS "/" + command;
    ASSERT_EQ(std::system(whole.c_str()), 0) << command; // NOLINT(cert-env33-c): our own scripts
}

void pull_out(const board& which) {
    shell("surprise-remove " + std::to_string(which.info.slot));
}

// Returns when a driver of ours has the board again.
void put_back(const board& which) {
    shell("replug " + std::to_string(which.info.slot));
    shell("bind-crate");
    ASSERT_TRUE(eventually([&] { return !driver_of(which).empty(); }));
}

batch_result poll_until_gone(int fd) {
    batch_result result{};
    do {
        auto op = poll_op(0, 4, 0x0ddba11, longest_poll);
        result = run(fd, op);
    } while (result.error == ETIMEDOUT);
    return result;
}

TEST(surprise, EverythingOpenAtOnce) {
    const auto& which = the(role::spare_edu);
    const auto fd = open_board(role::spare_edu), other = open_board(role::spare_edu, O_RDONLY);
    const map registers{fd.get(), UPCIEDEV_POS(0, 0), page_size, PROT_READ};
    const map untouched{other.get(), UPCIEDEV_POS(0, page_size), page_size, PROT_READ};
    const map status{other.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
    ASSERT_EQ(registers.word() & 0xff, 0xedU);
    background waiter{[&] {
        return poll_until_gone(fd.get()); // the kernel takes some seconds to notice
    }};
    pull_out(which);
    EXPECT_EQ(waiter.join().error, ENODEV);
    EXPECT_EQ(registers.word(), 0xffffffffU);
    EXPECT_EQ(untouched.word(), 0xffffffffU);
    EXPECT_NE(reinterpret_cast<const volatile upciedev_status*>(status.bytes())->gone, 0U);
    expect_gone(fd.get());
    put_back(which);
    expect_gone(fd.get());
    std::uint32_t id = 0;
    EXPECT_EQ(read32(open_board(role::spare_edu).get(), 0, 0, id), 0);
    EXPECT_EQ(id & 0xff, 0xedU);
}

TEST(surprise, MemoryBoardUnderLoad) {
    const auto& which = the(role::memory);
    const auto fd = open_board(role::memory);
    const map window{fd.get(), UPCIEDEV_POS(ram_bar, 0), 16 * page_size};
    ASSERT_EQ(window.error(), 0);
    std::atomic<bool> stop{false};
    std::thread toucher{[&] { // loads and stores on the map never fail
        while (!stop)
            for (std::size_t page = 0; page < 16; ++page)
                window.word(page * page_size + 8) = window.word(page * page_size);
    }};
    background caller{[&] {
        std::vector<upciedev_op> ops(4096, read_op(ram_bar, 0));
        batch_result result{};
        while (result.error == 0)
            result = run(fd.get(), ops);
        return result;
    }};
    pull_out(which);
    EXPECT_EQ(caller.join().error, ENODEV);
    stop = true;
    toucher.join();
    EXPECT_EQ(window.word(), 0xffffffffU);
    put_back(which);
}

// Leaving and coming back in order

void expect_new_board(const file& of_before, const map& window, const map& status) {
    expect_gone(of_before.get());
    EXPECT_EQ(window.word(), 0xffffffffU);
    EXPECT_NE(reinterpret_cast<const volatile upciedev_status*>(status.bytes())->gone, 0U);
    std::uint32_t id = 0;
    EXPECT_EQ(read32(open_board(role::spare_edu).get(), 0, 0, id), 0);
    EXPECT_EQ(id & 0xff, 0xedU);
}

class in_order : public testing::Test {
  protected:
    void write_attribute(const char* name) {
        write_file("/sys/bus/pci/devices/" + which_.address + "/" + name, "1");
    }
    const board& which_ = the(role::spare_edu);
    file fd_ = open_board(role::spare_edu);
    map window_{fd_.get(), UPCIEDEV_POS(0, 0), page_size, PROT_READ};
    map status_{fd_.get(), UPCIEDEV_POS_STATUS, page_size, PROT_READ};
};

TEST_F(in_order, ResetIsARemoval) {
    background waiter{[&] {
        auto op = poll_op(0, 4, 0x0ddba11, longest_poll);
        return run(fd_.get(), op);
    }};
    write_attribute("reset");
    EXPECT_EQ(waiter.join().error, ENODEV);
    expect_new_board(fd_, window_, status_);
}

TEST_F(in_order, RemoveAndRescan) {
    write_attribute("remove");
    expect_gone(fd_.get());
    write_file("/sys/bus/pci/rescan", "1");
    expect_new_board(fd_, window_, status_);
}

// Unbind and bind with users at work: whatever they get is one of the errors they may get.

class hammers {
  public:
    explicit hammers(const board& which) {
        for (auto body : {&hammers::open_and_read, &hammers::map_and_touch, &hammers::batch})
            threads_.emplace_back([this, body, &which] {
                while (!stop_)
                    (this->*body)(which.node);
            });
    }
    ~hammers() {
        stop_ = true;
        for (auto& thread : threads_)
            thread.join();
        EXPECT_GT(successes_, 0) << "nobody ever reached the board";
    }
    void let_in() const {
        const int before = successes_;
        eventually([&] { return successes_ > before; });
    }
    hammers(const hammers&) = delete;
    hammers& operator=(const hammers&) = delete;

  private:
    static bool tolerable(int error) {
        return error == 0 || error == ENODEV || error == ENXIO || error == ENOENT;
    }
    file open_or_wait(const std::string& node) {
        file fd{::open(node.c_str(), O_RDWR | O_CLOEXEC)};
        if (fd.get() < 0) {
            EXPECT_TRUE(tolerable(errno)) << errno;
            std::this_thread::yield();
        }
        return fd;
    }
    void judge(int error) {
        EXPECT_TRUE(tolerable(error)) << error;
        if (error == 0) ++successes_;
    }
    void open_and_read(const std::string& node) {
        const auto fd = open_or_wait(node);
        if (fd.get() < 0) return;
        std::uint32_t value = 0;
        const auto got = read_at(fd.get(), UPCIEDEV_POS(ram_bar, 0), &value, 4);
        judge(got < 0 ? static_cast<int>(-got) : 0);
    }
    void map_and_touch(const std::string& node) {
        const auto fd = open_or_wait(node);
        if (fd.get() < 0) return;
        const map window{fd.get(), UPCIEDEV_POS(ram_bar, 0), 4 * page_size};
        judge(window.error());
        for (int i = 0; window.error() == 0 && i < 100; ++i)
            window.word(i % 4 * page_size) = window.word();
    }
    void batch(const std::string& node) {
        const auto fd = open_or_wait(node);
        if (fd.get() < 0) return;
        std::vector<upciedev_op> ops(256, read_op(ram_bar, 0));
        ops.back() = poll_op(ram_bar, 0x100, 0xffffffff, 1ms);
        const int error = run(fd.get(), ops).error;
        judge(error == ETIMEDOUT ? 0 : error);
    }

    std::atomic<bool> stop_{false};
    std::atomic<int> successes_{0};
    std::vector<std::thread> threads_;
};

void bind_often(const board& which, int times) {
    const hammers at_work{which};
    for (int i = 0; i < times; ++i) {
        unbind(which);
        bind(which);
        at_work.let_in();
    }
}

TEST(hammering, C24_UnbindAndBindFiftyTimes) {
    bind_often(the(role::memory), 50);
}

// Files pile up that belong to boards of before; each keeps its own.
TEST(hammering, FilesOfManyGenerations) {
    const auto& which = the(role::memory);
    std::vector<file> files;
    std::vector<map> maps;
    for (int i = 0; i < 10; ++i) {
        files.push_back(open_board(role::memory));
        maps.emplace_back(files.back().get(), UPCIEDEV_POS(ram_bar, 0), page_size);
        maps.back().word() = 1;
        unbind(which);
        bind(which);
    }
    for (const auto& window : maps)
        EXPECT_EQ(window.word(), 0xffffffffU);
    for (const auto& fd : files)
        expect_gone(fd.get());
}

} // namespace surprise_test
} // namespace raw
