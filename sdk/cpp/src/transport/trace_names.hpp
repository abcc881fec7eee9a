// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/transport.hpp>

namespace upciedev::inline v1::detail {

/// What stands at an address of a board.
class trace_names {
  public:
    /// \param description may be nullptr: then only BAR and offset are told
    explicit trace_names(board_description_ptr description);

    /// "adc.ch[3].GAIN", "RAM[16:8]", or "0:0x20:16" as the command spells an address.
    [[nodiscard]] std::string name(const operation& op) const;
    /// Between the bits of the bus and those of the register, either way.
    [[nodiscard]] std::uint64_t bits(const operation& op, std::uint64_t on_bus) const;

  private:
    using named = std::pair<std::string, register_location>;
    [[nodiscard]] const named* find(const operation& op) const;
    [[nodiscard]] std::string area_name(const operation& op) const;

    board_description_ptr description_;
    std::vector<named> registers_; // ascending BAR and offset
};

} // namespace upciedev::inline v1::detail
