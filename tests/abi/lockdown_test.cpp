// SPDX-License-Identifier: BSD-3-Clause
// What a kernel that is locked down refuses to root as well. Nothing unlocks it again, so this is
// the last run of its boot; see tests/guest/runs.toml.
#include "gone_board.hpp"
#include "harness.hpp"
#include "modules.hpp"
#include "offline.hpp"

#include <gtest/gtest.h>

#include <sys/mount.h>
#include <unistd.h>

namespace raw {
namespace lockdown_test {

constexpr auto security = "/sys/kernel/security";
constexpr unsigned memory_bar = 2;
constexpr std::uint64_t guarded_at = 0x1000; // of test_guards, to all but the administrator
constexpr std::uint64_t edu_guarded_at = 0x80;

class locked_down : public testing::Test {
  protected:
    // Modules are loaded before: later only signed ones are.
    static void SetUpTestSuite() {
        ::mount("securityfs", security, "securityfs", 0, nullptr); // it may be there
        if (!supported()) return;
        ASSERT_EQ(unload_module("upciedev_edu"), 0);
        ASSERT_EQ(load_module("upciedev_edu", "unguard=1"), 0);
        ASSERT_EQ(load_module("test_guards", "shape=admin"), 0);
    }
    static void TearDownTestSuite() {
        if (supported()) {
            EXPECT_EQ(unload_module("test_guards"), 0);
        }
    }
    static bool supported() { return ::access(file().c_str(), W_OK) == 0; }
    void SetUp() override {
        if (!supported()) GTEST_SKIP() << "this kernel has no lockdown (SECURITY_LOCKDOWN_LSM)";
    }
    static std::string file() { return std::string{security} + "/lockdown"; }
    static void lock_down() {
        write_file(file(), "integrity");
        ASSERT_NE(read_file(file()).find("[integrity]"), std::string::npos);
    }
    static int admin_write(const raw::file& board) {
        return write32(board.get(), memory_bar, guarded_at, 0);
    }
    static int unguarded_write() {
        return write32(open_board(role::edu).get(), 0, edu_guarded_at, 0);
    }
};

TEST_F(locked_down, NobodyGetsRoundGuards) {
    const lent memory{the(role::memory), "test_guards"};
    const auto before = open_board(role::memory);
    ASSERT_EQ(admin_write(before), 0);
    ASSERT_EQ(unguarded_write(), 0);
    lock_down();
    expect_kernel_message("unguard has no effect while the kernel is locked down");
    EXPECT_EQ(admin_write(open_board(role::memory)), EPERM);
    EXPECT_EQ(admin_write(before), 0) << "asked at open";
    EXPECT_EQ(take_off(open_board(role::edu)).error, EPERM);
    ASSERT_EQ(control_at(open_board(role::edu).get(), UPCIEDEV_RESET, 0), 0);
    EXPECT_EQ(unguarded_write(), EPERM) << "asked when a board begins";
    EXPECT_EQ((map{open_board(role::edu).get(), UPCIEDEV_POS(0, 0), page_size}.error()), EPERM);
}

} // namespace lockdown_test
} // namespace raw
