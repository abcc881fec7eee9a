// SPDX-License-Identifier: BSD-3-Clause
// The boards that the driver has, and what is known of them.
#pragma once

#include <linux/upciedev.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace stress {

struct bar {
    upciedev_bar_info info{};
    std::vector<upciedev_bar_area> areas; ///< as for a file that may read and write
};

struct board {
    std::string node, address, driver;
    upciedev_board_info info{};
    upciedev_irq_info irqs{};
    std::array<bar, UPCIEDEV_NR_BARS> bars;
    std::vector<upciedev_dma_info> channels;

    /// Whether anything may be written to any of its registers: on edu and on our models whose card
    /// guards what makes them reach memory, and on those that cannot. All others are only read.
    bool takes_writes() const;
    bool is_edu() const;
};

/// Of all boards whose node opens, in the order of their addresses.
std::vector<board> find_boards();

/// The driver's objects, by name; empty without debugfs.
std::map<std::string, long> counters();

std::string read_file(const std::string& path);
/// 0, or the errno.
int write_file(const std::string& path, const std::string& text);

} // namespace stress
