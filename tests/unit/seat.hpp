// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "test_slot.hpp"

#include <upciedev/board_file.hpp>

namespace test {

/// A board of devices/demo in a slot of its own.
struct seat {
    seat(const std::string& name, const model_clock& clock,
         std::map<std::string, double> simulate = {})
        : description(load_board_file(UPCIEDEV_SOURCE_DIR "/devices/demo/" + name + ".yaml")),
          sim(std::make_shared<sim_board>(
              description, 4, model_options{.simulate = std::move(simulate), .clock = clock})),
          board(sim, description) {}
    ~seat() { sim->hardware().plug(nullptr); }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

    std::uint64_t read(const std::string& path) const {
        return board.reg<std::uint64_t>(path).raw();
    }
    void write(const std::string& path, std::uint64_t bits) const {
        board.reg<std::uint64_t>(path).write_raw(bits);
    }
    /// As the driver does, to which enable bits belong.
    void enable(const std::string& path, std::uint64_t bits) const {
        const auto where = description->find_register(path);
        const auto& reg = *where.description;
        const auto on_bus =
            reg.order == byte_order::big ? __builtin_bswap64(bits) >> (64 - reg.width) : bits;
        sim->hardware().write(reg.bar, where.offset, reg.width, on_bus);
    }
    void set(const std::string& path, const std::string& field, std::uint64_t bits) const {
        board.reg(path).field(field).write_raw(bits);
    }

    board_description_ptr description;
    std::shared_ptr<sim_board> sim;
    upciedev::board board;
};

} // namespace test
