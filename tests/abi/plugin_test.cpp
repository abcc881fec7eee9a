// SPDX-License-Identifier: BSD-3-Clause
// What the base driver offers to card plugins, tried by plugin/test_plugin.c: a plugin that was
// built for another base driver, or whose guards are no windows, is refused; access is checked.
#include "modules.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace raw {
namespace plugin_test {

struct wrong_registration {
    const char* fault;
    int error;
    const char* message;
};

std::ostream& operator<<(std::ostream& out, const wrong_registration& w) {
    return out << w.fault;
}

constexpr auto built_for_another = "build it for this upciedev";
constexpr auto no_window =
    "name is too long, a guard is empty, or an interrupt or a DMA channel unheard of";

const wrong_registration wrong_registrations[] = {
    {"abi", ENOEXEC, built_for_another},   {"old_abi", ENOEXEC, built_for_another},
    {"size", ENOEXEC, built_for_another},  {"small", ENOEXEC, built_for_another},
    {"no_name", EINVAL, no_window},        {"long_name", EINVAL, no_window},
    {"guard_bar", EINVAL, no_window},      {"guard_empty", EINVAL, no_window},
    {"guard_overflow", EINVAL, no_window}, {"irq_name", EINVAL, no_window},
    {"irq_vector", EINVAL, no_window},     {"irqs_many", EINVAL, no_window},
};

class wrong_plugin : public testing::TestWithParam<wrong_registration> {};

TEST_P(wrong_plugin, IsRefused) {
    expect_kernel_message(GetParam().message);
    EXPECT_EQ(load_module("test_plugin", std::string{"fault="} + GetParam().fault),
              GetParam().error);
    EXPECT_EQ(unload_module("test_plugin"), ENOENT);
}

std::string name_of(const testing::TestParamInfo<wrong_registration>& info) {
    return info.param.fault;
}
INSTANTIATE_TEST_SUITE_P(faults, wrong_plugin, testing::ValuesIn(wrong_registrations), name_of);

TEST(plugin, C3_AccessOfAPluginIsCheckedToo) {
    ASSERT_EQ(load_module("test_plugin", ""), 0);
    {
        const lent edu{the(role::spare_edu), "test_plugin"};
        EXPECT_EQ(driver_of(the(role::spare_edu)), "test_plugin") << "see the kernel's log";
    }
    EXPECT_EQ(unload_module("test_plugin"), 0);
}

// Only with the board at hand it shows that a register is not there.
TEST(plugin, BoardWithoutTheRegistersOfItsInterruptsIsRefused) {
    for (const std::string fault : {"irq_register", "irq_mask"}) {
        expect_kernel_message("interrupt 'any' has a register that test has not");
        expect_kernel_message("failed with error -22"); // says the kernel then
        ASSERT_EQ(load_module("test_plugin", "fault=" + fault), 0);
        {
            const lent edu{the(role::spare_edu), "test_plugin"};
            EXPECT_EQ(driver_of(the(role::spare_edu)), "") << fault;
        }
        EXPECT_EQ(unload_module("test_plugin"), 0);
    }
}

TEST(plugin, ModuleStaysWhileItsBoardIsOpen) {
    ASSERT_EQ(load_module("test_plugin", ""), 0);
    {
        const lent edu{the(role::spare_edu), "test_plugin"};
        const auto fd = open_board(role::spare_edu);
        EXPECT_EQ(unload_module("test_plugin"), EWOULDBLOCK);
    }
    EXPECT_EQ(unload_module("test_plugin"), 0);
}

// A card without UPCIEDEV_BAR_MMAP_UC is reached by checked calls only.
TEST(plugin, CardMayForbidMaps) {
    ASSERT_EQ(load_module("test_plugin", ""), 0);
    {
        const lent edu{the(role::spare_edu), "test_plugin"};
        const auto fd = open_board(role::spare_edu);
        EXPECT_EQ((map{fd.get(), UPCIEDEV_POS(0, page_size), page_size, PROT_READ}.error()), EPERM);
        std::uint32_t value = 0;
        EXPECT_EQ(read32(fd.get(), 0, 0, value), 0);
        EXPECT_EQ(read32(fd.get(), 0, 0x80, value), EPERM) << "reading there might have effects";
    }
    EXPECT_EQ(unload_module("test_plugin"), 0);
}

// Only the administrator, at load time, may open the guards of a card; MSI-X stays closed.
TEST(plugin, UnguardIsTheAdministratorsChoice) {
    ASSERT_EQ(unload_module("upciedev_edu"), 0);
    ASSERT_EQ(load_module("upciedev_edu", "unguard=1"), 0);
    EXPECT_EQ(write32(open_board(role::edu).get(), 0, 0x80, 0), 0);
    EXPECT_EQ((map{open_board(role::edu).get(), UPCIEDEV_POS(0, 0), page_size}.error()), 0);
    ASSERT_EQ(unload_module("upciedev_edu"), 0);
    ASSERT_EQ(load_module("upciedev_edu", ""), 0);
    EXPECT_EQ(write32(open_board(role::edu).get(), 0, 0x80, 0), EPERM);
}

} // namespace plugin_test
} // namespace raw
