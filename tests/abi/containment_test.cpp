// SPDX-License-Identifier: BSD-3-Clause
// What users may reach of a board: guards of every kind on every path, and BARs that are not where
// they were put. On memory that plugin/test_guards.c takes for registers.
#include "peers.hpp"
#include "threads.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <system_error>

#include <unistd.h>

namespace raw {
namespace containment_test {

constexpr std::uint64_t guarded_at = 0x1000, guard_length = 0x40; // test_guards.c: ranges, admin
constexpr std::uint64_t readable_at = 0x3000;

class card_guards : public testing::Test {
  protected:
    void begin(const std::string& shape) {
        ASSERT_EQ(load_module("test_guards", "shape=" + shape), 0);
        lent_.emplace(the(role::memory), "test_guards");
        fd_ = open_board(role::memory);
    }
    void TearDown() override {
        fd_.close();
        lent_.reset();
        EXPECT_EQ(unload_module("test_guards"), 0);
    }
    int at(std::uint64_t offset) const {
        std::uint32_t value = 0;
        const int read = read32(fd_.get(), memory_bar, offset, value);
        const int written = write32(fd_.get(), memory_bar, offset, value);
        return read == written ? read : -1;
    }
    int map_error(std::uint64_t offset, int protection = PROT_READ | PROT_WRITE) const {
        return map{fd_.get(), UPCIEDEV_POS(memory_bar, offset), page_size, protection}.error();
    }

    std::optional<lent> lent_;
    file fd_;
};

// All ways to one guarded stretch. A path that the driver has and this table has not is a failure.
class every_path : public card_guards {
  protected:
    using attempt = std::function<std::vector<int>()>; // errors

    std::vector<int> by_position() const {
        std::uint32_t word = 0;
        const auto where = UPCIEDEV_POS(memory_bar, guarded_at);
        return {static_cast<int>(-read_at(fd_.get(), where, &word, 4)),
                static_cast<int>(-write_at(fd_.get(), where, &word, 4)),
                static_cast<int>(-write_at(fd_.get(), where - 4, &pair_, 8))};
    }
    std::vector<int> by_batch() {
        std::vector<int> errors;
        for (const unsigned op :
             {UPCIEDEV_OP_READ, UPCIEDEV_OP_WRITE, UPCIEDEV_OP_MODIFY, UPCIEDEV_OP_POLL}) {
            auto what = make_op(op, memory_bar, guarded_at + guard_length - 4);
            errors.push_back(run(fd_.get(), what).error);
        }
        for (const unsigned op : {UPCIEDEV_OP_READ_BLOCK, UPCIEDEV_OP_WRITE_BLOCK}) {
            auto what = block_op(op, memory_bar, guarded_at - 4, &pair_, 2);
            errors.push_back(run(fd_.get(), what).error);
        }
        return errors;
    }
    std::vector<int> by_map() const {
        std::vector<int> errors{map_error(guarded_at), map_error(guarded_at, PROT_READ),
                                map_error(readable_at)};
        map readable{fd_.get(), UPCIEDEV_POS(memory_bar, readable_at), page_size, PROT_READ};
        EXPECT_EQ(readable.error(), 0);
        errors.push_back(::mprotect(readable.bytes(), page_size, PROT_WRITE) == 0 ? 0 : EPERM);
        return errors;
    }
    std::vector<int> by_transfer() {
        const policy reads{"peer_reads"};
        const auto writer = channel_of(edu_, from_board), reader = channel_of(edu_, to_board);
        std::vector<int> errors;
        for (const auto* channel : {&writer, &reader}) {
            for (const auto offset : {guarded_at - 8, guarded_at + 8, guarded_at + 0x38}) {
                auto what = transfer_to(fd_, offset, 16);
                errors.push_back(control(channel->get(), UPCIEDEV_DMA_PEER, &what));
            }
            auto beside = transfer_to(fd_, guarded_at - 16, 16);
            EXPECT_EQ(control(channel->get(), UPCIEDEV_DMA_PEER, &beside), 0);
        }
        auto what = transfer_to(fd_, readable_at, 16); // may be read, not written
        EXPECT_EQ(control(reader.get(), UPCIEDEV_DMA_PEER, &what), 0);
        errors.push_back(control(writer.get(), UPCIEDEV_DMA_PEER, &what));
        return errors;
    }
    std::vector<int> by_ring() {
        const auto writer = channel_of(edu_, from_board);
        upciedev_dma_peer_ring ring{};
        ring.frame_length = 16;
        ring.step = 0x800;
        ring.frames = 3;
        ring.bar = memory_bar;
        ring.peer_offset = 0;
        ring.peer = fd_.get();
        return {control(writer.get(), UPCIEDEV_DMA_PEER_RING, &ring)};
    }
    std::vector<int> by_plugin() {
        EXPECT_EQ(load_module("test_peers"), 0);
        const auto& from = the(role::spare_edu).info;
        const auto& to = the(role::memory).info;
        std::vector<int> errors;
        for (const auto offset : {guarded_at, readable_at}) {
            const auto text = std::to_string(from.root) + ' ' + std::to_string(from.slot) +
                              " 0 0 " + std::to_string(to.root) + ' ' + std::to_string(to.slot) +
                              " 2 " + std::to_string(offset) + " 16 " + std::to_string(patient_ms);
            const auto node = open_node(parameter("test_peers", "transfer"), O_WRONLY);
            errors.push_back(::write(node.get(), text.data(), text.size()) < 0 ? errno : 0);
        }
        EXPECT_EQ(unload_module("test_peers"), 0);
        return errors;
    }

    const std::map<std::string, attempt> attempts_{
        {"read and write at a position", [this] { return by_position(); }},
        {"batch", [this] { return by_batch(); }},
        {"map", [this] { return by_map(); }},
        {"transfer from or to a peer", [this] { return by_transfer(); }},
        {"ring in a peer", [this] { return by_ring(); }},
        {"transfer of a plugin from or to a peer", [this] { return by_plugin(); }},
    };
    file edu_ = open_board(role::spare_edu);
    std::uint64_t pair_ = 0;
};

TEST_F(every_path, RefusesGuardedRegisters) {
    begin("ranges");
    for (const auto& [path, attempt] : attempts_) {
        const auto errors = attempt();
        for (std::size_t i = 0; i < errors.size(); ++i)
            EXPECT_EQ(errors[i], EPERM) << path << ", attempt " << i;
    }
}

TEST_F(every_path, HasARow) {
    begin("ranges"); // for the end
    std::ifstream in{"/sys/kernel/debug/upciedev/paths"};
    std::size_t paths = 0;
    for (std::string path; std::getline(in, path); ++paths)
        EXPECT_TRUE(attempts_.contains(path)) << "no row for the path: " << path;
    EXPECT_EQ(paths, attempts_.size()) << "no list of paths, or a row without a path";
}

TEST_F(card_guards, RepeatAllOverTheBar) {
    begin("repeats");
    for (std::uint64_t base = 0; base < window_length; base += 0x8000) {
        EXPECT_EQ(at(base + 0x10), EPERM) << base;
        EXPECT_EQ(at(base + 0x814), EPERM) << base;
        EXPECT_EQ(at(base + 0x0c), 0) << base;
        EXPECT_EQ(at(base + 0x18), 0) << base;
        std::uint32_t value = 0;
        EXPECT_EQ(read32(fd_.get(), memory_bar, base + 0x30, value), 0);
        EXPECT_EQ(write32(fd_.get(), memory_bar, base + 0x30, 0), EPERM);
        EXPECT_EQ(write32(fd_.get(), memory_bar, base + 0x1030, 0), 0);
    }
    EXPECT_EQ(map_error(0x5000, PROT_READ), EPERM);
    std::uint64_t values[0x101] = {};
    auto block = block_op(UPCIEDEV_OP_READ_BLOCK, memory_bar, 0x18, values, 0xff, 64);
    EXPECT_EQ(run(fd_.get(), block).error, 0) << "up to the next repetition";
    block = block_op(UPCIEDEV_OP_READ_BLOCK, memory_bar, 0x18, values, 0x100, 64);
    EXPECT_EQ(run(fd_.get(), block).error, EPERM);
}

// The driver's list of areas and its answers to accesses are of one mind.
TEST_F(card_guards, AreasOfRepeatedGuardsAreExact) {
    begin("repeats");
    std::vector<upciedev_bar_area> areas;
    ASSERT_EQ(get_areas(fd_.get(), memory_bar, areas), 0);
    std::uint64_t next = 0;
    for (const auto& area : areas) {
        ASSERT_EQ(area.offset, next);
        next += area.length;
        if (area.offset > 0x10000) continue;
        for (const auto where : {area.offset, area.offset + area.length - 4}) {
            std::uint32_t value = 0;
            const int read = read32(fd_.get(), memory_bar, where, value);
            EXPECT_EQ(read, (area.rights & UPCIEDEV_AREA_CALL_READ) != 0 ? 0 : EPERM) << where;
            const int written = write32(fd_.get(), memory_bar, where, value);
            EXPECT_EQ(written, (area.rights & UPCIEDEV_AREA_CALL_WRITE) != 0 ? 0 : EPERM) << where;
        }
    }
    upciedev_bar_info bar{};
    ASSERT_EQ(bar_info(fd_.get(), memory_bar, bar), 0);
    EXPECT_EQ(next, bar.length);
}

TEST_F(card_guards, AllButSomeIsGuarded) {
    begin("open");
    for (const std::uint64_t inside : {0x2000, 0x2ffc, 0x8000, 0x80fc})
        EXPECT_EQ(at(inside), 0) << inside;
    for (const std::uint64_t outside : {0x0, 0x1ffc, 0x3000, 0x7ffc, 0x8100, 0xffffc})
        EXPECT_EQ(at(outside), EPERM) << outside;
    EXPECT_EQ(map_error(0x2000), 0);
    EXPECT_EQ(map_error(0x8000), EPERM) << "a page of which a part is guarded";
    EXPECT_EQ(map_error(0x1000), EPERM);
    std::uint32_t value = 0;
    EXPECT_EQ(read32(fd_.get(), 0, 0, value), 0) << "another BAR";
}

TEST_F(card_guards, WrongOnesAreRefused) {
    for (const std::string shape : {"short_period", "mixed", "falling"}) {
        expect_kernel_message("the card's name is too long, a guard is empty");
        EXPECT_EQ(load_module("test_guards", "shape=" + shape), EINVAL) << shape;
    }
    begin("ranges"); // for the end
}

TEST_F(card_guards, AreOpenToCallsOfTheAdministratorAlone) {
    begin("admin");
    EXPECT_EQ(at(guarded_at), 0);
    EXPECT_EQ(at(readable_at), 0);
    EXPECT_EQ(map_error(guarded_at, PROT_READ), EPERM) << "never mapped";
    EXPECT_EQ(map_error(readable_at, PROT_READ), EPERM) << "never mapped";
    EXPECT_EQ(in_child_without_rawio([] {
                  const auto mine = open_board(role::memory);
                  return write32(mine.get(), memory_bar, guarded_at, 0);
              }),
              EPERM);
    EXPECT_EQ(in_child_without_rawio([] {
                  std::uint32_t value = 0;
                  const auto mine = open_board(role::memory);
                  const int hidden = read32(mine.get(), memory_bar, guarded_at, value);
                  return hidden == EPERM ? read32(mine.get(), memory_bar, readable_at, value) : 102;
              }),
              0);
    EXPECT_EQ(in_child_without_rawio([this] { return at(guarded_at); }), 0) << "asked at open";
}

TEST_F(card_guards, NoEngineReachesWhatIsForTheAdministrator) {
    begin("admin");
    const auto edu = open_board(role::spare_edu);
    const auto writer = channel_of(edu, from_board);
    auto what = transfer_to(fd_, guarded_at, 16);
    EXPECT_EQ(control(writer.get(), UPCIEDEV_DMA_PEER, &what), EPERM);
}

// Takes a board's address away, as a load of its FPGA does, and gives it back.
class lost_bar {
  public:
    explicit lost_bar(const board& which) : config_{open_node(config_file(which))} {
        EXPECT_EQ(::pread(config_.get(), &former_, 4, at), 4);
        write(0);
    }
    ~lost_bar() { write(former_); }
    lost_bar(const lost_bar&) = delete;
    lost_bar& operator=(const lost_bar&) = delete;
    std::uint32_t now() const {
        std::uint32_t value = 0;
        EXPECT_EQ(::pread(config_.get(), &value, 4, at), 4);
        return value;
    }
    std::uint32_t former() const { return former_; }

  private:
    static constexpr off_t at = 0x18; // of BAR 2
    void write(std::uint32_t value) const { EXPECT_EQ(::pwrite(config_.get(), &value, 4, at), 4); }

    file config_;
    std::uint32_t former_ = 0;
};

class lost : public testing::Test {
  protected:
    static void SetUpTestSuite() { offer_memory({&the(role::memory)}); }
    static void TearDownTestSuite() { offer_no_more(); }
};

TEST_F(lost, NothingIsSentToWhereABoardWas) {
    const auto edu = open_board(role::spare_edu), memory = open_board(role::memory);
    const auto writer = channel_of(edu, from_board);
    auto what = transfer_to(memory, 0, 16);
    {
        const lost_bar gone{the(role::memory)};
        EXPECT_EQ(route(edu, memory).reason, unsigned{UPCIEDEV_REASON_LOST});
        EXPECT_EQ(control(writer.get(), UPCIEDEV_DMA_PEER, &what), EACCES);
        EXPECT_EQ(what.reason, unsigned{UPCIEDEV_REASON_LOST});
    }
    EXPECT_EQ(control(writer.get(), UPCIEDEV_DMA_PEER, &what), 0);
}

TEST_F(lost, ABoardWithoutItsAddressesIsNotTaken) {
    expect_kernel_message("where the kernel has put it");
    expect_kernel_message("failed with error -5"); // says the kernel then
    const auto& memory = the(role::memory);
    {
        const unbound taken{memory};
        const lost_bar gone{memory};
        EXPECT_THROW(bind(memory), std::system_error);
        EXPECT_EQ(driver_of(memory), "");
    }
    EXPECT_NO_THROW(open_board(role::memory));
}

TEST_F(lost, AResetGivesThemBack) {
    const lost_bar gone{the(role::memory)};
    ASSERT_EQ(gone.now(), 0xcU) << "64 bit, prefetchable, at 0";
    ASSERT_EQ(control_at(open_board(role::memory).get(), UPCIEDEV_RESET, 0), 0);
    EXPECT_EQ(gone.now(), gone.former());
    const auto memory = open_board(role::memory);
    EXPECT_EQ(write32(memory.get(), memory_bar, 0, 0x12345678), 0);
    std::uint32_t value = 0;
    EXPECT_EQ(read32(memory.get(), memory_bar, 0, value), 0);
    EXPECT_EQ(value, 0x12345678U);
}

} // namespace containment_test
} // namespace raw
