// SPDX-License-Identifier: BSD-3-Clause
// Programs of their own: a 32-bit process, and the examples of docs/abi.md.
#include "harness.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include <sys/wait.h>
#include <unistd.h>

namespace raw {
namespace programs_test {

struct outcome {
    int exit_code;
    std::string output;
};

outcome run_program(const std::string& name, const std::string& node) {
    const auto command = std::string{ABI_PROGRAMS "/"} + name + " " + node + " 2>&1";
    std::FILE* out = ::popen(command.c_str(), "r"); // NOLINT(cert-env33-c): our own programs
    std::array<char, 4096> text{};
    const auto length = std::fread(text.data(), 1, text.size(), out);
    const int status = ::pclose(out);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 255, {text.data(), length}};
}

// "cannot execute" here means that this kernel runs no 32-bit programs: boot it with
// ia32_emulation=on.
TEST(compat32, EveryCommandFromA32BitProcess) {
    const auto [exit_code, output] = run_program("abi-compat32", the(role::edu).node);
    EXPECT_EQ(exit_code, 0) << "check number of compat32.c; " << output;
}

TEST(examples, Info) {
    const auto [exit_code, output] = run_program("abi-example-info", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "slot 1: 1234:11e8, driven as edu\n  BAR0 regs     1048576 bytes\n");
}

TEST(examples, Batch) {
    const auto [exit_code, output] = run_program("abi-example-batch", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "5! = 120\n");
}

TEST(examples, Map) {
    const auto [exit_code, output] = run_program("abi-example-map", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "id 0x010000ed\n");
}

TEST(examples, Claim) {
    const auto [exit_code, output] = run_program("abi-example-claim", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "claimed, written, released\n");
}

TEST(examples, Irq) {
    const auto [exit_code, output] = run_program("abi-example-irq", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "vector 0, causes 0x1, 0 lost\n");
}

TEST(examples, Dma) {
    const auto [exit_code, output] = run_program("abi-example-dma", the(role::edu).node);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(output, "by DMA, there and back\n");
}

TEST(examples, FailWithAMessage) {
    for (const auto* name : {"abi-example-info", "abi-example-batch", "abi-example-map",
                             "abi-example-claim", "abi-example-irq", "abi-example-dma"})
        EXPECT_EQ(run_program(name, "/dev/null").exit_code, 1) << name;
}

} // namespace programs_test
} // namespace raw
