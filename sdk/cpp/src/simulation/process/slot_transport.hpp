// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/transport.hpp>

#include <filesystem>

namespace upciedev::inline v1::detail {

/// The way to the board that the process of a slot serves.
/// \throws error no_such_board (nothing is plugged in), io_error (it does not answer), abi_mismatch
transport_ptr open_slot(const std::filesystem::path& folder, unsigned slot);

/// Which slot of that running crate a way leads to; nothing: of none.
std::optional<unsigned> slot_in(const std::filesystem::path& folder, transport& way) noexcept;

} // namespace upciedev::inline v1::detail
