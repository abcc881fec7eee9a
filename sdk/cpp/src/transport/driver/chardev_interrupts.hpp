// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/interrupt_source.hpp>

#include <memory>
#include <string>

namespace upciedev::inline v1::detail {

/// Whether the driver can tell the causes of this board's interrupts.
bool knows_causes(int node) noexcept;

/// UPCIEDEV_IRQ_OPEN on an open node. \p where names the board in errors.
/// \throws error not_supported, board_gone
std::unique_ptr<interrupt_source> subscribe_to_driver(int node, const interrupt_request& what,
                                                      const std::string& where);

} // namespace upciedev::inline v1::detail
