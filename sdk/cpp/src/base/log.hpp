// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/log.hpp>

namespace upciedev::inline v1::detail {

void log_line(log_level level, const std::string& line);

} // namespace upciedev::inline v1::detail
