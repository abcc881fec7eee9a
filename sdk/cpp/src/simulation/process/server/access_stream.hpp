// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/extend/interrupt_source.hpp>

namespace upciedev::slot {

/// Send interrupts to a client, a packet each, and unmask them when it asks; until it goes or says
/// anything else, or the board has left. A client that takes none delays nobody but itself.
void stream(interrupt_source& from, int socket);

} // namespace upciedev::slot
