// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "test_board.hpp"

#include <upciedev/extend/model.hpp>

#include <algorithm>

namespace test {

/// Host memory at a bus address above 4 GiB, and a record of what the board sent.
class test_slot : public upciedev::model_slot {
  public:
    static constexpr std::uint64_t base = 0x1'0000'0000;

    explicit test_slot(std::size_t size) : memory(size) {}

    std::error_code read(std::uint64_t address, std::span<std::byte> into) noexcept override {
        if (!holds(address, into.size())) return std::make_error_code(std::errc::bad_address);
        std::ranges::copy_n(&memory[address - base], static_cast<long>(into.size()), into.begin());
        return {};
    }
    std::error_code write(std::uint64_t address,
                          std::span<const std::byte> from) noexcept override {
        if (!holds(address, from.size())) return std::make_error_code(std::errc::bad_address);
        std::ranges::copy(from, &memory[address - base]);
        written += from.size();
        return {};
    }
    void interrupt(unsigned vector) noexcept override { vectors.push_back(vector); }
    void pulse(unsigned line) noexcept override { lines.push_back(line); }

    std::vector<std::byte> memory;
    std::vector<unsigned> vectors, lines;
    std::size_t written = 0;

  private:
    [[nodiscard]] bool holds(std::uint64_t address, std::size_t size) const {
        return address >= base && size <= memory.size() && address - base <= memory.size() - size;
    }
};

} // namespace test
