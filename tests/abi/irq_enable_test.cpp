// SPDX-License-Identifier: BSD-3-Clause
// Enable bits of interrupts belong to the driver: a user's write by call, of whatever width and
// place, leaves them as they are. On edu, whose STATUS has one, and on memory that plugin/
// test_enable.c takes for registers.
#include "interrupts.hpp"
#include "modules.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

namespace raw {
namespace irq_enable_test {

constexpr std::uint64_t status_at = 0x20, liveness_at = 0x04;
constexpr std::uint32_t enabled = 0x80;

class irq_enable : public testing::Test {
  protected:
    std::uint32_t status() {
        std::uint32_t value = 0;
        EXPECT_EQ(read32(board_.get(), 0, status_at, value), 0);
        return value;
    }
    // Writes STATUS by every call there is.
    void write_by_every_call(std::uint32_t value, std::uint32_t expected) {
        EXPECT_EQ(write32(board_.get(), 0, status_at, value), 0);
        EXPECT_EQ(status(), expected) << "write";
        auto modify = make_op(UPCIEDEV_OP_MODIFY, 0, status_at);
        modify.value = value;
        modify.mask = 0xffffffff;
        EXPECT_EQ(run(board_.get(), modify).error, 0);
        EXPECT_EQ(modify.value, expected) << "the bits before";
        EXPECT_EQ(status(), expected) << "modify";
        std::array<std::uint32_t, 2> words{0, value};
        auto block = block_op(UPCIEDEV_OP_WRITE_BLOCK, 0, status_at - 4, words.data(), 2);
        EXPECT_EQ(run(board_.get(), block).error, 0);
        EXPECT_EQ(status(), expected) << "block";
        words = {~value, value};
        block = block_op(UPCIEDEV_OP_WRITE_BLOCK, 0, status_at, words.data(), 2);
        block.flags = UPCIEDEV_OP_FIXED;
        EXPECT_EQ(run(board_.get(), block).error, 0);
        EXPECT_EQ(status(), expected) << "block at one address";
        EXPECT_EQ(write_at(board_.get(), UPCIEDEV_POS(0, status_at), &value, 4), 4);
        EXPECT_EQ(status(), expected) << "pwrite";
    }

    file board_ = open_board(role::spare_edu);
};

TEST_F(irq_enable, NoWriteSwitchesOffOthersInterrupts) {
    const auto others = subscribe(open_board(role::spare_edu));
    ASSERT_EQ(status(), enabled);
    write_by_every_call(0, enabled);
    EXPECT_EQ(write32(board_.get(), 0, 0x08, 5), 0); // computes, and interrupts
    EXPECT_EQ(wait_for(others.events), POLLIN);
}

TEST_F(irq_enable, NoWriteSwitchesThemOn) {
    ASSERT_EQ(status(), 0U);
    write_by_every_call(0xffffffff, 0);
    { const auto mine = subscribe(board_); }
    write_by_every_call(enabled, 0);
}

// A writer that never rests, against a driver that enables and disables.
TEST_F(irq_enable, WritesAndSubscriptionsDoNotRace) {
    std::atomic<bool> done = false;
    std::atomic<int> error = 0;
    std::atomic<long> written = 0;
    const auto other = open_board(role::spare_edu);
    std::thread writer{[&] {
        while (!done && error == 0) {
            const auto value = static_cast<std::uint32_t>(written.fetch_add(1)) % 2 * enabled;
            error = write32(other.get(), 0, status_at, value);
        }
    }};
    for (int i = 0; i < 200; ++i) {
        const auto before = written.load();
        {
            const auto mine = subscribe(board_);
            while (error == 0 && written < before + 10)
                EXPECT_EQ(status(), enabled);
        }
        while (error == 0 && written < before + 20)
            EXPECT_EQ(status(), 0U);
    }
    done = true;
    writer.join();
    EXPECT_EQ(error, 0);
}

// The card of test_plugin.c says that LIVENESS, which reads as the complement, cannot be read.
TEST(irq_enable_plugin, BitsThatCannotBeReadAreRemembered) {
    ASSERT_EQ(load_module("test_plugin", "fault=unread"), 0);
    {
        const lent edu{the(role::spare_edu), "test_plugin"};
        const auto fd = open_board(role::spare_edu);
        const auto written = [&] {
            std::uint32_t value = 0;
            EXPECT_EQ(read32(fd.get(), 0, liveness_at, value), 0);
            return ~value;
        };
        EXPECT_EQ(write32(fd.get(), 0, liveness_at, 0), 0);
        const auto start = written();
        EXPECT_EQ(start & ~0xf0U, 0U) << "others are the user's";
        {
            const auto mine = subscribe(fd);
            ASSERT_EQ(mine.error, 0);
            EXPECT_EQ(written(), 0xf0U);
            EXPECT_EQ(write32(fd.get(), 0, liveness_at, 0x12345600), 0);
            EXPECT_EQ(written(), 0x123456f0U);
            auto modify = make_op(UPCIEDEV_OP_MODIFY, 0, liveness_at);
            modify.value = 0x0000ff00;
            modify.mask = 0x0000fff0;
            EXPECT_EQ(run(fd.get(), modify).error, 0);
            EXPECT_EQ(modify.value, 0x123456f0U) << "as it was written";
            EXPECT_EQ(written(), 0x1234fff0U);
        }
        EXPECT_EQ(written(), 0x1234ff00U);
    }
    EXPECT_EQ(unload_module("test_plugin"), 0);
}

// The registers of test_enable.c, byte by byte.
struct naive_registers {
    static constexpr std::uint64_t begin = 0x100, size = 0x40;

    naive_registers() {
        const auto bits = [&](std::uint64_t offset, std::uint64_t mask) {
            for (std::uint64_t i = 0; mask != 0; ++i, mask >>= 8U)
                kept.at(offset - begin + i) |= static_cast<std::uint8_t>(mask);
        };
        bits(0x108, 0x80ff00ff0000f001);
        bits(0x114, 0x00010081);
        bits(0x11a, 0x0ff0);
        bits(0x11d, 0x3c);
        bits(0x120, 0x00ff0000); // acting
        bits(0x128, 0xff00);     // unread
    }
    void write(std::uint64_t offset, const std::byte* data, std::uint64_t bytes) {
        for (auto at = offset - begin; bytes != 0; ++at, ++data, --bytes) {
            const auto address = begin + at;
            const auto mask = kept.at(at);
            auto old = hardware.at(at);
            if (address >= 0x120 && address < 0x124) old = 0;
            if (address >= 0x128 && address < 0x12c) old = remembered.at(at);
            hardware.at(at) = remembered.at(at) = static_cast<std::uint8_t>(
                (old & mask) | (std::to_integer<unsigned>(*data) & ~mask));
        }
    }
    std::uint64_t old_bits(std::uint64_t offset, unsigned width) {
        const bool hidden = offset == 0x128 && width == 32;
        std::uint64_t bits = 0;
        std::memcpy(&bits, &(hidden ? remembered : hardware).at(offset - begin), width / 8);
        return bits;
    }

    std::array<std::uint8_t, size> hardware{}, kept{}, remembered{};
};

class random_writes {
  public:
    random_writes(const file& board, const map& memory) : board_{board}, memory_{memory} {
        std::memset(memory_.bytes() + naive_registers::begin, 0, naive_registers::size);
    }
    // A program that maps the registers reaches all bits.
    void through_the_map() {
        const auto at = random_() % naive_registers::size;
        const auto bits = static_cast<std::uint8_t>(random_());
        memory_.bytes()[naive_registers::begin + at] = std::byte{bits};
        wanted_.hardware.at(at) = bits;
    }
    void by_call() {
        const unsigned bytes = 1U << (random_() % 4);
        const auto places = naive_registers::size / bytes;
        const auto place = random_() % places;
        const auto offset = naive_registers::begin + place * bytes;
        auto bits = random_() & (~std::uint64_t{0} >> (64 - 8 * bytes));
        const auto* data = reinterpret_cast<const std::byte*>(&bits);
        switch (random_() % 4) {
        case 0: {
            auto op = write_op(2, offset, bits, 8 * bytes);
            EXPECT_EQ(run(board_.get(), op).error, 0);
            return wanted_.write(offset, data, bytes);
        }
        case 1: {
            auto op = make_op(UPCIEDEV_OP_MODIFY, 2, offset, 8 * bytes);
            op.value = bits;
            op.mask = random_() & (~std::uint64_t{0} >> (64 - 8 * bytes));
            const auto old = wanted_.old_bits(offset, 8 * bytes);
            bits = (old & ~op.mask) | (bits & op.mask);
            EXPECT_EQ(run(board_.get(), op).error, 0);
            EXPECT_EQ(op.value, old);
            return wanted_.write(offset, data, bytes);
        }
        default:
            return block(offset, bytes, 1 + random_() % (places - place));
        }
    }
    void compare() {
        ASSERT_EQ(std::memcmp(memory_.bytes() + naive_registers::begin, wanted_.hardware.data(),
                              naive_registers::size),
                  0);
    }

  private:
    void block(std::uint64_t offset, unsigned bytes, std::uint64_t count) {
        std::array<std::uint64_t, naive_registers::size> buffer{};
        for (auto& each : buffer)
            each = random_();
        const auto* data = reinterpret_cast<const std::byte*>(buffer.data());
        const bool fixed = random_() % 4 == 0;
        if (bytes == 4 && !fixed && random_() % 2 == 0) {
            const auto length = static_cast<long>(count * 4);
            EXPECT_EQ(write_at(board_.get(), UPCIEDEV_POS(2, offset), data, count * 4), length);
        } else {
            auto op = block_op(UPCIEDEV_OP_WRITE_BLOCK, 2, offset, buffer.data(),
                               static_cast<std::uint32_t>(count), 8 * bytes);
            op.flags = fixed ? UPCIEDEV_OP_FIXED : 0;
            EXPECT_EQ(run(board_.get(), op).error, 0);
        }
        for (std::uint64_t i = 0; i < count; ++i)
            wanted_.write(fixed ? offset : offset + i * bytes, data + i * bytes, bytes);
    }

    const file& board_;
    const map& memory_;
    std::mt19937_64 random_{20261130};
    naive_registers wanted_;
};

TEST(irq_enable_plugin, BitsAreKeptByEveryAccessOfEveryWidthAtEveryPlace) {
    ASSERT_EQ(load_module("test_enable", ""), 0);
    {
        const lent lent{the(role::memory), "test_enable"};
        const auto fd = open_board(role::memory);
        const map memory{fd.get(), UPCIEDEV_POS(2, 0), page_size};
        ASSERT_EQ(memory.error(), 0);
        random_writes writes{fd, memory};
        for (int i = 0; i < 20000 && !testing::Test::HasFailure(); ++i) {
            if (i % 8 == 0) writes.through_the_map();
            writes.by_call();
            ASSERT_NO_FATAL_FAILURE(writes.compare()) << "access " << i;
        }
    }
    EXPECT_EQ(unload_module("test_enable"), 0);
}

} // namespace irq_enable_test
} // namespace raw
