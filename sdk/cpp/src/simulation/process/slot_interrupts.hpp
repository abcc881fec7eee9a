// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/interrupt_source.hpp>

#include <filesystem>
#include <memory>

namespace upciedev::inline v1::detail {

/// Interrupts of a board in a running crate, over a connection of their own.
/// \throws error no_such_board, io_error, abi_mismatch
std::unique_ptr<interrupt_source> subscribe_to_slot(const std::filesystem::path& socket,
                                                    unsigned slot, const interrupt_request& what);

} // namespace upciedev::inline v1::detail
