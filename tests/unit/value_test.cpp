// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/error.hpp>
#include <upciedev/value.hpp>

#include <gtest/gtest.h>

namespace {

using namespace upciedev;

TEST(value, is_an_integer_or_a_double) {
    EXPECT_EQ(value(-1).as<int>(), -1);
    EXPECT_EQ(value(0xffffffffffffffffU).as<std::uint64_t>(), 0xffffffffffffffffU);
    EXPECT_EQ(value(1.5).as<float>(), 1.5F);
}

} // namespace
