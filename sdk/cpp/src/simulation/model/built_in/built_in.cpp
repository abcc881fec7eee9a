// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/built_in.hpp"
#include "simulation/model/model_state.hpp"

#include <algorithm>
#include <array>

namespace upciedev::inline v1::detail {
namespace {

struct entry {
    std::string_view board;
    std::unique_ptr<model> (*make)(model_board&);
};

constexpr std::array<entry, 5> behaviours{{
    {"edu", models::make_edu},
    {"vadc10", models::make_digitizer},
    {"vio", models::make_io},
    {"vsg", models::make_scatter},
    {"vtimer", models::make_timer},
}};

} // namespace

model_factory built_in_model(std::string_view board) {
    const auto* const found = std::ranges::find(behaviours, board, &entry::board);
    if (found == behaviours.end()) return {};
    return found->make;
}

} // namespace upciedev::inline v1::detail
