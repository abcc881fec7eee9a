// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/transport.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// The way to the board that the process of a slot serves.
/// \throws error no_such_board (nothing is plugged in), io_error (it does not answer), abi_mismatch
transport_ptr open_slot(const std::filesystem::path& folder, unsigned slot);

} // namespace upciedev::inline v1::detail
