// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/model.hpp>

/// Behaviours that come with us.
namespace upciedev::inline v1::models {

std::unique_ptr<model> make_edu(model_board& board);
std::unique_ptr<model> make_digitizer(model_board& board);
std::unique_ptr<model> make_io(model_board& board);
std::unique_ptr<model> make_scatter(model_board& board);
std::unique_ptr<model> make_timer(model_board& board);

} // namespace upciedev::inline v1::models
