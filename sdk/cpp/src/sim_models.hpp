// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "sim_memory.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace upciedev::inline v1::detail {

using sim_memories = std::array<sim_memory, 6>;

/// What a simulated board does of itself, beyond its board file.
class sim_model {
  public:
    virtual ~sim_model() = default;
    virtual void power_on(sim_memories& board) = 0;
    /// A write has been carried out. \param bits what was written, in an access of \p width bits
    virtual void written(sim_memories& board, unsigned bar, std::uint64_t offset, unsigned width,
                         std::uint64_t bits) = 0;
};

/// The model of the board of that name, or nullptr: the board file says it all.
std::unique_ptr<sim_model> make_sim_model(std::string_view board);

} // namespace upciedev::inline v1::detail
