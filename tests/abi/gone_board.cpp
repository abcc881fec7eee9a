// SPDX-License-Identifier: BSD-3-Clause
#include "gone_board.hpp"

#include <gtest/gtest.h>

namespace raw {

namespace {

void expect_commands_gone(int fd) {
    upciedev_board_info board{};
    board.size = sizeof(board);
    EXPECT_EQ(control(fd, UPCIEDEV_GET_INFO, &board), ENODEV);
    upciedev_bar_info bar{};
    EXPECT_EQ(bar_info(fd, 0, bar), ENODEV);
    upciedev_bar_areas areas{};
    EXPECT_EQ(control(fd, UPCIEDEV_GET_BAR_AREAS, &areas), ENODEV);
    upciedev_claim claim{};
    EXPECT_EQ(control(fd, UPCIEDEV_CLAIM, &claim), ENODEV);
    EXPECT_EQ(control(fd, UPCIEDEV_RESET, nullptr), ENODEV);
}

void expect_operations_gone(int fd) {
    std::uint32_t buffer[4]{};
    upciedev_op ops[] = {read_op(0, 0),
                         write_op(0, 4, 0),
                         make_op(UPCIEDEV_OP_MODIFY, 0, 4),
                         block_op(UPCIEDEV_OP_READ_BLOCK, 0, 0, buffer, 4),
                         block_op(UPCIEDEV_OP_WRITE_BLOCK, 0, 0x1000, buffer, 4),
                         make_op(UPCIEDEV_OP_POLL, 0, 0)};
    for (auto& op : ops)
        EXPECT_EQ(run(fd, op).error, ENODEV) << unsigned{op.op};
}

} // namespace

void expect_gone(int fd) {
    expect_commands_gone(fd);
    expect_operations_gone(fd);
    std::uint32_t value = 0;
    EXPECT_EQ(read_at(fd, UPCIEDEV_POS(0, 0), &value, 4), -ENODEV);
    EXPECT_EQ(write_at(fd, UPCIEDEV_POS(0, 4), &value, 4), -ENODEV);
    EXPECT_EQ((map{fd, UPCIEDEV_POS(0, 0), page_size, PROT_READ}.error()), ENODEV);
}

} // namespace raw
