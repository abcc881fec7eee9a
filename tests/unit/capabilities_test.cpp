// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/capabilities.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capabilities_test {

using namespace upciedev;
using enum capability;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(capabilities, a_set_holds_what_was_put_in) {
    constexpr capability_set few{poll, mapping};
    static_assert(few.has(mapping) && few.has(poll) && !few.has(dma));
    EXPECT_EQ(few.without(poll), capability_set{mapping});
    EXPECT_EQ(few.with(poll), few);
    EXPECT_EQ(few.with_only({poll, dma}), capability_set{poll});
    EXPECT_THAT(capability_set{}.names(), IsEmpty());
}

TEST(capabilities, names_come_in_one_order) {
    const capability_set all{shared,     hot_plug, claim, reset, peer,   dma,
                             interrupts, modify,   poll,  batch, mapping};
    EXPECT_THAT(all.names(), ElementsAre("mapping", "batch", "poll", "modify", "interrupts", "dma",
                                         "peer", "reset", "claim", "hot-plug", "shared"));
    EXPECT_EQ(name(hot_plug), "hot-plug");
}

} // namespace capabilities_test
