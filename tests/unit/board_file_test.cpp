// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/board_file.hpp>
#include <upciedev/error.hpp>

#include <gtest/gtest.h>

namespace {

using namespace upciedev;

TEST(board_file, loads_a_digitizer) {
    const auto board = load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/vadc8.yaml");
    const auto gain = board->find_register("adc.ch[3].GAIN");
    EXPECT_EQ(gain.offset, 0x130U);
    EXPECT_EQ(gain.path(), "adc.ch[3].GAIN");
}
TEST(board_file, loads_edu) {
    const auto board = load_board_file(UPCIEDEV_SOURCE_DIR "/devices/qemu/edu.yaml");
    EXPECT_EQ(board->find_register("dma.COMMAND").offset, 0x98U);
}

} // namespace
