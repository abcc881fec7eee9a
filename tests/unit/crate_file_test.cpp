// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/board_file.hpp>
#include <upciedev/crate_file.hpp>

#include <gtest/gtest.h>

namespace {

using namespace upciedev;

TEST(crate_file, every_crate_of_ours_loads_with_its_boards) {
    for (const auto& file :
         std::filesystem::directory_iterator(UPCIEDEV_SOURCE_DIR "/devices/crates"))
        for (const auto& slot : crate_file::load(file).slots) {
            if (slot.board.empty()) continue;
            const auto board = load_board_file(slot.board);
            for (const auto& [path, number] : slot.simulate) {
                const auto place = board->find_register(path);
                EXPECT_NO_THROW(encode(place.description->convert, number)) << slot.where << path;
            }
        }
}

} // namespace
