// SPDX-License-Identifier: BSD-3-Clause
#include "transport/claims.hpp"
#include "base/read_line.hpp"
#include "base/transport_error.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace upciedev::inline v1::detail {

claimant claimant_of(std::int64_t process) {
    if (process <= 0) return {process, {}};
    return {process, read_line(fmt::format("/proc/{}/comm", process))};
}

std::string describe(const claimant& who) {
    if (who.process == 0) return "a process that cannot be seen from here";
    if (who.program.empty()) return fmt::format("process {}", who.process);
    return fmt::format("process {} ({})", who.process, who.program);
}

void throw_claimed(const claimant& who, std::string where, std::error_code cause) {
    throw error(errc::busy, std::move(where), "claimed by " + describe(who), "wait for it to end",
                cause);
}

void throw_lease_error(int number, const std::string& where, std::int64_t holder) {
    const auto cause = from_errno(number);
    if (number == EBUSY)
        throw error(errc::busy, where, "a part of it is leased by " + describe(claimant_of(holder)),
                    "wait for it to end, or take another part", cause);
    if (number == ENXIO)
        throw error(errc::not_supported, where, "it has no peer window there",
                    "a board file says 'peer: true' for memory without side effects", cause);
    throw_access_error(cause, where);
}

} // namespace upciedev::inline v1::detail
