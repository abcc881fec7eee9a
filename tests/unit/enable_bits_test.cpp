// SPDX-License-Identifier: BSD-3-Clause
// Enable bits of interrupts belong to the driver, in simulation to the simulation: whatever a user
// writes, and however wide, leaves them as they are.
#include <upciedev/board_file.hpp>
#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

namespace enable_bits_test {

using namespace upciedev;
using code = operation::code;

/// Enable bits of every width, in both byte orders, beside others, and in one element of an array.
constexpr auto board_text = R"(format: 1
board: enables
bars: {regs: {index: 0, size: 8 KiB}}
registers:
  STATUS: {at: regs+0x0, access: ro, fields: {A: 0}}
  PAD: {at: regs+0x8, width: 8}
  BYTE: {at: regs+0x9, width: 8, fields: {ENABLE: 3:2, OTHER: 7}}
  WORD: {at: regs+0xa, width: 16, endian: big, fields: {ENABLE: 9, OTHER: 3:0}}
  PAD_2: {at: regs+0xc}
  LONG: {at: regs+0x10, fields: {ENABLE: 0, MORE: 31, GAIN: 15:8}}
  PAD_3: {at: regs+0x14}
  WIDE: {at: regs+0x18, width: 64, endian: big, fields: {ENABLE: 40:37, OTHER: 3:0}}
  unit: {at: regs+0x20, repeat: {count: 3, stride: 4}, registers: {ENABLE: {at: 0x0}}}
  PAD_4: {at: regs+0x2c}
  HIDDEN: {at: regs+0x30, access: wo, fields: {ENABLE: 4, OTHER: 0}}
  SETS: {at: regs+0x34, fields: {ENABLE: {bits: 8, on_write: one_to_clear}, OTHER: 3:0}}
irqs:
  byte: {vector: 1, enable: BYTE.ENABLE}
  word: {vector: 2, enable: WORD.ENABLE}
  long: {vector: 3, enable: LONG.ENABLE}
  more: {vector: 4, enable: LONG.MORE}
  wide: {vector: 5, enable: WIDE.ENABLE}
  unit: {vector: 6, enable: "unit[1].ENABLE"}
  hidden: {vector: 7, enable: HIDDEN.ENABLE}
  sets: {vector: 8, enable: SETS.ENABLE}
)";

constexpr std::size_t first = 0x8, size = 0x28; // registers that reads and writes find as memory

/// Bytes of the bus that enable something, from `first` on.
std::array<std::uint8_t, size> enable_bytes() {
    std::array<std::uint8_t, size> all{};
    all[0x9 - first] = 0x0c;
    all[0xa - first] = 0x02; // big endian: bit 9 is in the first byte
    all[0x10 - first] = 0x01;
    all[0x13 - first] = 0x80;
    all[0x1a - first] = 0x01; // bit 40
    all[0x1b - first] = 0xe0; // bits 39:37
    for (std::size_t i = 0; i < 4; ++i)
        all[0x24 - first + i] = 0xff;
    return all;
}

operation make_op(code kind, std::uint64_t offset, unsigned width, std::uint64_t value = 0) {
    operation op;
    op.op = kind;
    op.offset = offset;
    op.width = static_cast<std::uint8_t>(width);
    op.value = value;
    return op;
}

struct enable_bits : testing::Test {
    board_description_ptr about = parse_board_file(board_text, "enables.yaml");
    std::shared_ptr<sim_board> sim = std::make_shared<sim_board>(about, 4);
    upciedev::board board{sim, about};

    void run(operation op) const { ASSERT_FALSE(sim->run({&op, 1}).error); }
};

std::uint64_t low_bits(unsigned width) {
    return ~std::uint64_t{0} >> (64 - width);
}

/// The same memory byte by byte.
struct naive_memory {
    std::array<std::uint8_t, size> bytes{};
    const std::array<std::uint8_t, size> kept = enable_bytes();

    void write(std::uint64_t offset, std::uint64_t bits, unsigned width) {
        for (std::uint64_t i = 0; i < width / 8; ++i) {
            const auto at = offset - first + i;
            const auto wanted = static_cast<std::uint8_t>(bits >> (8 * i));
            bytes.at(at) =
                static_cast<std::uint8_t>((bytes.at(at) & kept.at(at)) | (wanted & ~kept.at(at)));
        }
    }
    [[nodiscard]] std::uint64_t read(std::uint64_t offset, unsigned width) const {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &bytes.at(offset - first), width / 8);
        return bits;
    }
};

/// Random accesses of every kind to the simulation and to the bytes.
struct random_user {
    sim_board& sim;
    std::mt19937_64 random{20261130};
    naive_memory wanted{};

    [[nodiscard]] std::array<std::byte, size> present() const {
        std::array<std::byte, size> all{};
        auto op = make_op(code::read_block, first, 8, reinterpret_cast<std::uintptr_t>(all.data()));
        op.count = size;
        EXPECT_FALSE(sim.run({&op, 1}).error);
        return all;
    }
    void adopt() {
        const auto all = present();
        std::memcpy(wanted.bytes.data(), all.data(), size);
    }
    void access() {
        const unsigned width = 8U << (random() % 4);
        const auto places = size * 8 / width;
        const auto place = random() % places;
        const auto offset = first + place * (width / 8);
        const auto bits = random() & low_bits(width);
        auto op = make_op(code::write, offset, width, bits);
        std::array<std::uint64_t, size> data{};
        switch (random() % 4) {
        case 0:
            wanted.write(offset, bits, width);
            break;
        case 1: {
            op.op = code::modify;
            op.mask = random() & low_bits(width);
            const auto old = wanted.read(offset, width);
            wanted.write(offset, (old & ~op.mask) | (bits & op.mask), width);
            break;
        }
        default:
            op.op = code::write_block;
            op.count = static_cast<std::uint32_t>(1 + random() % (places - place));
            op.flags = random() % 4 == 0 ? operation::fixed : 0;
            for (auto& each : data)
                each = random();
            op.value = reinterpret_cast<std::uintptr_t>(data.data());
            for (std::uint32_t i = 0; i < op.count; ++i) {
                std::uint64_t each = 0;
                std::memcpy(&each, reinterpret_cast<const char*>(data.data()) + i * (width / 8),
                            width / 8);
                wanted.write(op.flags != 0 ? offset : offset + i * (width / 8), each, width);
            }
        }
        ASSERT_FALSE(sim.run({&op, 1}).error);
    }
};

TEST_F(enable_bits, are_kept_by_every_access_of_every_width_at_every_place) {
    random_user user{*sim};
    for (int round = 0; round < 200; ++round) {
        for (const char* path : {"BYTE", "WORD", "LONG", "WIDE", "unit[1].ENABLE"})
            sim->set(path, user.random() & low_bits(about->find_register(path).description->width));
        user.adopt(); // the board may have changed them by itself
        for (int i = 0; i < 50; ++i) {
            ASSERT_NO_FATAL_FAILURE(user.access());
            const auto present = user.present();
            ASSERT_EQ(std::memcmp(present.data(), user.wanted.bytes.data(), size), 0)
                << "round " << round << ", access " << i;
        }
    }
}

TEST_F(enable_bits, belong_to_the_simulation_while_somebody_subscribes) {
    for (const char* path : {"LONG.ENABLE", "WIDE.ENABLE", "WORD.ENABLE", "BYTE.ENABLE"}) {
        const auto field = board.field(path);
        const auto all = low_bits(field.description().width);
        auto name = std::string(path, 4);
        for (auto& c : name)
            c = static_cast<char>(std::tolower(c));
        {
            const auto irq = board.irq(name);
            EXPECT_EQ(field.raw(), all) << path;
            field.write_raw(0);
            board.reg(std::string(path, 4)).write_raw(0);
            EXPECT_EQ(field.raw(), all) << path;
        }
        EXPECT_EQ(field.raw(), 0U) << path;
        field.write_raw(all);
        EXPECT_EQ(field.raw(), 0U) << path << ": nobody subscribes";
    }
}

TEST_F(enable_bits, leave_the_others_of_their_register_to_the_user) {
    board.reg("LONG").write_raw(0xffffffff);
    EXPECT_EQ(board.reg("LONG").raw(), 0x7ffffffeU);
    board.write("LONG.GAIN", 0x21);
    EXPECT_EQ(board.reg("LONG").raw(), 0x7fff21feU);
    board.reg("unit[0].ENABLE").write_raw(0x12345678);
    EXPECT_EQ(board.reg("unit[0].ENABLE").raw(), 0x12345678U) << "only unit[1] enables";
}

TEST_F(enable_bits, that_cannot_be_read_are_remembered) {
    std::vector<std::uint64_t> seen;
    model_options options;
    class watcher final : public model {
      public:
        watcher(model_board& board, std::vector<std::uint64_t>& seen) : model(board) {
            board.on_write("HIDDEN", [&seen](std::uint64_t bits) { seen.push_back(bits); });
        }
    };
    options.behaviour = [&](model_board& it) { return std::make_unique<watcher>(it, seen); };
    const auto watched = std::make_shared<sim_board>(about, 4, options);
    const upciedev::board there{watched, about};
    const auto reg = there.reg("HIDDEN");
    reg.write_raw(0x11);
    {
        const auto irq = there.irq("hidden");
        reg.write_raw(0x00);
        reg.write_raw(0x01);
    }
    reg.write_raw(0x10);
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{0x01, 0x11, 0x10, 0x11, 0x01, 0x00}));
}

TEST_F(enable_bits, that_act_on_a_write_get_zeros) {
    sim->set("SETS", 0x100);
    board.reg("SETS").write_raw(0x105);
    EXPECT_EQ(board.reg("SETS").raw(), 0x105U) << "a one would have cleared it";
}

TEST_F(enable_bits, are_named_by_the_description) {
    const auto bits = [&](const char* path) {
        return about->enable_bits(about->find_register(path));
    };
    EXPECT_EQ(bits("LONG"), 0x80000001U);
    EXPECT_EQ(bits("WIDE"), std::uint64_t{0xf} << 37U);
    EXPECT_EQ(bits("WORD"), 0x200U);
    EXPECT_EQ(bits("unit[1].ENABLE"), 0xffffffffU);
    EXPECT_EQ(bits("unit[0].ENABLE"), 0U);
    EXPECT_EQ(bits("STATUS"), 0U);
    EXPECT_TRUE(about->find_register("unit[0].ENABLE").description->enables_interrupts)
        << "one of its elements does";
    EXPECT_FALSE(about->find_register("STATUS").description->enables_interrupts);
}

/// Lets all be mapped, as a driver does with pages that hold no guarded register.
class mapped_transport final : public transport {
  public:
    std::string name() const override { return "mapped"; }
    board_identity identity() const override { return {}; }
    bar_facts bar(unsigned index) const override {
        bar_facts facts;
        if (index == 0) facts.size = memory.size();
        return facts;
    }
    bool writable() const noexcept override { return true; }
    bool gone() const noexcept override { return false; }
    volatile std::byte* map(unsigned, std::uint64_t offset, std::uint64_t, bool) noexcept override {
        return &memory[offset];
    }
    outcome run(std::span<operation> operations) noexcept override {
        for (const auto& op : operations)
            calls.push_back(op.offset);
        return {operations.size(), {}};
    }
    alignas(8) std::array<std::byte, 8192> memory{};
    std::vector<std::uint64_t> calls;
};

TEST_F(enable_bits, are_not_written_through_a_map) {
    const auto through = std::make_shared<mapped_transport>();
    const upciedev::board mapped(through, about);
    mapped.reg("LONG").write_raw(0xffffffff);
    mapped.reg("LONG").write_value(5);
    EXPECT_EQ(through->calls, (std::vector<std::uint64_t>{0x10, 0x10}));
    EXPECT_EQ(through->memory[0x10], std::byte{0});
    through->memory[0x10] = std::byte{0x5a};
    EXPECT_EQ(mapped.reg("LONG").raw(), 0x5aU) << "reads still take the map";
    EXPECT_EQ(through->calls.size(), 2U);
}

} // namespace enable_bits_test
