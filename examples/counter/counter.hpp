// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/model.hpp>

#include <iostream>

// What counter.yaml cannot say.
class counter final : public upciedev::model {
  public:
    explicit counter(upciedev::model_board& board) : model(board) {
        board.on_write("CTRL.CLEAR", [this](std::uint64_t bit) {
            if (bit != 0) count_.set(0);
        });
        board.on_read(
            "TIME", [this] { time_.set(static_cast<std::uint64_t>(this->board().now().count())); });
    }

    void triggered(unsigned line) override {
        if (enable_.get() == 0 || line != line_.get()) return;
        count_.set(count_.get() + 1);
        if (count_.get() != limit_.get()) return;
        board().after(std::chrono::microseconds(1),
                      [this](upciedev::model_bus& bus) { report(bus); });
    }

  private:
    void report(upciedev::model_bus& bus) { // by the engine, for only it has a bus
        const std::uint64_t count = count_.get(), address = report_.get();
        if (address != 0 && bus.write(address, std::as_bytes(std::span(&count, 1))))
            std::cout << "nobody answers at the bus address\n";
        board().interrupt("limit"); // last: whoever hears it finds the data
    }

    upciedev::model_part enable_ = board().part("CTRL.ENABLE"), line_ = board().part("CTRL.LINE"),
                         count_ = board().part("COUNT"), limit_ = board().part("LIMIT"),
                         time_ = board().part("TIME"), report_ = board().part("REPORT");
};
