// SPDX-License-Identifier: BSD-3-Clause
// Guards of a simulated board: for administrators, repeated, and of all that is not described.
#include "thrown.hpp"

#include <upciedev/board_file.hpp>
#include <upciedev/extend/sim.hpp>
#include <upciedev/upciedev.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace guards_test {

using namespace upciedev;
using testing::HasSubstr;
using code = operation::code;

/// CAP_SYS_RAWIO of this thread. \returns whether it is now as wanted
bool administrate(bool on) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
    const std::uint32_t bit = 1U << CAP_SYS_RAWIO;
    if ((sets[0].permitted & bit) == 0) return !on;
    sets[0].effective = on ? sets[0].effective | bit : sets[0].effective & ~bit;
    return syscall(SYS_capset, &header, sets.data()) == 0;
}

board_description_ptr described(const std::string& guards) {
    return parse_board_file("format: 1\nboard: one\n"
                            "bars:\n"
                            "  regs: {index: 0, size: 64 KiB" +
                                guards +
                                "}\n"
                                "registers:\n"
                                "  HOST: {at: regs+0x10, width: 64, guard: true}\n"
                                "  FLASH: {at: regs+0x18, guard: admin}\n"
                                "  CTRL: {at: regs+0x20}\n"
                                "areas:\n"
                                "  RAM: {at: regs+0x4100, size: 0x1f00}\n",
                            "x.yaml");
}

/// A simulated board, opened with the rights that the thread has.
struct opened {
    explicit opened(const std::string& guards)
        : what(described(guards)), sim(std::make_shared<sim_board>(what, 4)) {}

    [[nodiscard]] int error_of(code how, std::uint64_t offset, unsigned width = 32,
                               std::uint32_t count = 1) const {
        std::vector<std::uint64_t> data(4096);
        operation op;
        op.op = how;
        op.offset = offset;
        op.width = static_cast<std::uint8_t>(width);
        op.count = count;
        if (how == code::read_block || how == code::write_block)
            op.value = reinterpret_cast<std::uintptr_t>(data.data());
        return sim->run({&op, 1}).error.value();
    }
    [[nodiscard]] int write(std::uint64_t offset, unsigned width = 32) const {
        return error_of(code::write, offset, width);
    }
    [[nodiscard]] int read(std::uint64_t offset, unsigned width = 32) const {
        return error_of(code::read, offset, width);
    }
    [[nodiscard]] bool mapped(std::uint64_t offset, bool writing,
                              std::uint64_t length = 4096) const {
        return sim->map(0, offset, length, writing) != nullptr;
    }

    board_description_ptr what;
    std::shared_ptr<sim_board> sim;
};

class guards : public testing::Test {
  protected:
    ~guards() override { administrate(was_administrator_); }

    static bool can_administrate() { return administrate(true); }

  private:
    const bool was_administrator_ = [] {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
        return syscall(SYS_capget, &header, sets.data()) == 0 &&
               (sets[0].effective & (1U << CAP_SYS_RAWIO)) != 0;
    }();
};

TEST_F(guards, of_administrators_refuse_users_and_name_the_remedy) {
    ASSERT_TRUE(administrate(false));
    const opened one("");
    EXPECT_EQ(one.write(0x18), EPERM);
    EXPECT_EQ(one.error_of(code::modify, 0x18), EPERM);
    EXPECT_EQ(one.error_of(code::write_block, 0x18, 32, 4), EPERM);
    EXPECT_EQ(one.read(0x18), 0);
    EXPECT_FALSE(one.mapped(0, true));

    board use(one.sim, one.what);
    const auto wrong = thrown_by([&] { use.reg("FLASH").write_raw(1); });
    EXPECT_EQ(wrong.kind(), errc::not_permitted);
    EXPECT_STREQ(wrong.what(),
                 "slot 4 one: FLASH: the register is guarded: it serves flash or reconfiguration; "
                 "only an administrator (CAP_SYS_RAWIO) may write it, by call: run as root");
    const auto raw = thrown_by([&] { use.bar(0).write(0x18, 1); });
    EXPECT_THAT(raw.what(), HasSubstr("only an administrator (CAP_SYS_RAWIO)"));
    auto batch = use.batch();
    batch.write_raw(use.reg("CTRL"), 1);
    batch.write_raw(use.reg("FLASH"), 1);
    const auto second = thrown_by([&] { batch.run(); });
    EXPECT_THAT(second.what(), HasSubstr("FLASH: the register is guarded: it serves flash"));
    const auto other = thrown_by([&] { use.reg("HOST").write_raw(1); });
    EXPECT_THAT(other.what(), HasSubstr("it takes a bus address or starts an engine"));
}

TEST_F(guards, of_administrators_let_them_write_by_call_alone) {
    if (!can_administrate()) GTEST_SKIP() << "this process has no CAP_SYS_RAWIO";
    const opened one("");
    board use(one.sim, one.what);
    use.reg("FLASH").write_raw(0x1234);
    EXPECT_EQ(use.reg("FLASH").raw(), 0x1234U);
    EXPECT_EQ(one.write(0x10, 64), EPERM) << "not what takes a bus address";
    EXPECT_EQ(one.error_of(code::write_block, 0x10, 32, 4), EPERM);
    EXPECT_FALSE(one.mapped(0, true));
    EXPECT_FALSE(one.mapped(0x18, true, 4));
    ASSERT_TRUE(administrate(false));
    EXPECT_EQ(one.write(0x18), 0) << "it was open before";
    EXPECT_EQ(opened("").write(0x18), EPERM);
}

TEST_F(guards, are_no_settings) {
    const opened one("");
    const auto saved = settings::of(board(one.sim, one.what));
    const auto& all = saved.left_out();
    const auto found = std::ranges::find(all, "FLASH", &setting_left_out::path);
    ASSERT_NE(found, all.end());
    EXPECT_EQ(found->reason, "guarded: flash or reconfiguration, for administrators");
}

TEST_F(guards, recur_all_over_the_bar) {
    administrate(false);
    const opened one(", guards: {every: 32 KiB}");
    for (const std::uint64_t copy : {0x0U, 0x8000U}) {
        EXPECT_EQ(one.write(copy + 0xc), 0);
        EXPECT_EQ(one.write(copy + 0x10), EPERM);
        EXPECT_EQ(one.write(copy + 0x14, 8), EPERM);
        EXPECT_EQ(one.write(copy + 0x18), EPERM);
        EXPECT_EQ(one.write(copy + 0x1c), 0);
        EXPECT_EQ(one.read(copy + 0x10), 0);
        EXPECT_FALSE(one.mapped(copy, true));
        EXPECT_TRUE(one.mapped(copy, false));
        EXPECT_TRUE(one.mapped(copy + 0x6000, true));
    }
    EXPECT_EQ(one.error_of(code::write_block, 0x7ff0, 32, 8), 0);
    EXPECT_EQ(one.error_of(code::write_block, 0x7ff0, 32, 9), EPERM);
    EXPECT_EQ(one.error_of(code::write_block, 0x1c, 32, 0x1ffd), 0) << "all but the guards";
    EXPECT_EQ(one.error_of(code::write_block, 0x1c, 32, 0x1ffe), EPERM);
    EXPECT_EQ(one.sim->bar(0).mapping, "partly");
}

TEST_F(guards, leave_only_what_is_described) {
    administrate(false);
    const opened one(", guards: {rest: true}");
    EXPECT_EQ(one.write(0x20), 0);
    EXPECT_EQ(one.read(0x20), 0);
    EXPECT_EQ(one.read(0x10, 64), 0) << "guards are described, too";
    EXPECT_EQ(one.write(0x10, 64), EPERM);
    EXPECT_EQ(one.write(0x18), EPERM);
    for (const std::uint64_t nothing : {0x0U, 0xcU, 0x24U, 0x40fcU, 0x6000U, 0xfffcU}) {
        EXPECT_EQ(one.read(nothing), EPERM) << nothing;
        EXPECT_EQ(one.write(nothing), EPERM) << nothing;
    }
    EXPECT_EQ(one.read(0x20, 64), EPERM) << "the second half is nothing";
    EXPECT_EQ(one.error_of(code::read_block, 0x4100, 32, 0x7c0), 0);
    EXPECT_EQ(one.error_of(code::read_block, 0x4100, 32, 0x7c1), EPERM);
    const auto wrong = thrown_by([&] { (void)board(one.sim, one.what).bar("regs").read(0x40fc); });
    EXPECT_EQ(wrong.kind(), errc::not_permitted);
    EXPECT_STREQ(wrong.what(),
                 "slot 4 one: regs+0x40fc: nothing is described there, in whole or in part; "
                 "the board file guards the rest of the BAR");
    EXPECT_FALSE(one.mapped(0, false));
    EXPECT_FALSE(one.mapped(0x4100, false, 4)) << "its page begins with nothing";
    EXPECT_TRUE(one.mapped(0x5000, true));
    EXPECT_FALSE(one.mapped(0x5000, false, 0x1004));
}

TEST_F(guards, of_all_that_is_not_described_leave_administrators_theirs) {
    if (!can_administrate()) GTEST_SKIP() << "this process has no CAP_SYS_RAWIO";
    const opened one(", guards: {rest: true}");
    EXPECT_EQ(one.write(0x18), 0);
    EXPECT_EQ(one.write(0x10, 64), EPERM);
    EXPECT_EQ(one.write(0x0), EPERM);
}

/// A digitizer, and a board with guards in the window that it offers to others.
crate crate_with_guards() {
    const auto folder = std::filesystem::path(testing::TempDir());
    const auto board = folder / "guarded-window.yaml", file = folder / "guarded-crate.yaml";
    std::ofstream(board) << "format: 1\nboard: one\n"
                            "bars: {ram: {index: 2, size: 64 KiB, peer: true}}\n"
                            "registers: {HOST: {at: ram+0x1000, width: 64, guard: true}}\n"
                            "areas: {LOW: {at: ram+0x0, size: 4 KiB}}\n";
    std::ofstream(file) << "format: 1\ncrate: test\npeer_reads: true\nslots:\n"
                           "  2: {board: " UPCIEDEV_SOURCE_DIR "/devices/demo/vadc10.yaml}\n"
                           "  9: {board: guarded-window.yaml}\n";
    return crate::open("sim:" + file.string());
}

TEST_F(guards, hold_for_engines_of_other_boards) {
    const auto all = crate_with_guards();
    const auto adc = all.board(2), one = all.board(9);
    const auto samples = adc.dma("read");
    const auto into = [&](std::uint64_t offset) {
        upciedev::copy(samples.region(0, 256), one.bar("ram").region(offset, 256));
    };
    into(0x1100);
    into(0xf00);
    for (const std::uint64_t offset : {0xf08U, 0x1000U, 0x1004U}) {
        const auto wrong = thrown_by([&] { into(offset); });
        EXPECT_EQ(wrong.kind(), errc::not_permitted) << offset;
        EXPECT_THAT(wrong.what(), HasSubstr("guarded")) << offset;
    }
}

} // namespace guards_test
