// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_lease.hpp"
#include "base/transport_error.hpp"
#include "transport/pci/pci_health.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace upciedev::inline v1::detail {
namespace {

/// A file of the driver; closing it ends the claim.
class lease_file {
  public:
    explicit lease_file(int number) : number_(number) {}
    ~lease_file() { close(number_); }
    lease_file(const lease_file&) = delete;
    lease_file& operator=(const lease_file&) = delete;

  private:
    int number_;
};

} // namespace

driver_claim control_claim(int node, unsigned op, int lease) {
    driver_claim answer{};
    answer.claim.op = op;
    answer.claim.lease = lease;
    if (ioctl(node, UPCIEDEV_CLAIM, &answer.claim) != 0) answer.failed = errno;
    return answer;
}

lease keep_lease(int descriptor) {
    return lease(std::make_shared<const lease_file>(descriptor), descriptor);
}

std::optional<int> inherited_lease(const std::string& pci_address) {
    const char* text = std::getenv("UPCIEDEV_LEASE"); // NOLINT(concurrency-mt-unsafe)
    const std::string_view all = text == nullptr ? "" : text;
    const auto at = all.find(pci_address + "=");
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits = all.substr(at + pci_address.size() + 1);
    int number = -1;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::string describe(const claimant& who) {
    if (who.process == 0) return "a process that cannot be seen from here";
    if (who.program.empty()) return fmt::format("process {}", who.process);
    return fmt::format("process {} ({})", who.process, who.program);
}

void throw_lease_error(int number, const std::string& where, std::int64_t holder) {
    const auto cause = from_errno(number);
    if (number == EBUSY)
        throw error(errc::busy, where,
                    "a part of it is leased by " + describe({holder, program_of(holder)}),
                    "wait for it to end, or take another part", cause);
    if (number == ENXIO)
        throw error(errc::not_supported, where, "it has no peer window there",
                    "a board file says 'peer: true' for memory without side effects", cause);
    throw_access_error(cause, where);
}

} // namespace upciedev::inline v1::detail
