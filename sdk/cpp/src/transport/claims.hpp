// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/health.hpp>

#include <string>
#include <system_error>

namespace upciedev::inline v1::detail {

/// A process with its name, which is empty where it cannot be seen. \param process 0: not known
claimant claimant_of(std::int64_t process);
/// "process 123 (scope)"
std::string describe(const claimant& who);
/// Somebody has claimed the board. \param where the board, or the part that was to be written
[[noreturn]] void throw_claimed(const claimant& who, std::string where, std::error_code cause = {});
/// Of a stretch of a peer window. \param holder the process that has a part of it already
[[noreturn]] void throw_lease_error(int number, const std::string& where, std::int64_t holder);

} // namespace upciedev::inline v1::detail
