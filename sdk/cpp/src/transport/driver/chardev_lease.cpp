// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_lease.hpp"
#include "base/unique_fd.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sys/ioctl.h>

namespace upciedev::inline v1::detail {

driver_claim control_claim(int node, unsigned op, int lease) {
    driver_claim answer{};
    answer.claim.op = op;
    answer.claim.lease = lease;
    if (ioctl(node, UPCIEDEV_CLAIM, &answer.claim) != 0) answer.failed = errno;
    return answer;
}

lease keep_lease(int descriptor) {
    return lease(std::make_shared<const unique_fd>(descriptor), descriptor);
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

} // namespace upciedev::inline v1::detail
