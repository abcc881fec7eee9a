// SPDX-License-Identifier: BSD-3-Clause
#include "transport/driver/chardev_peer.hpp"
#include "base/transport_error.hpp"
#include "transport/claims.hpp"
#include "transport/driver/chardev_lease.hpp"

#include <linux/upciedev.h>

#include <fmt/format.h>

#include <cerrno>
#include <sys/ioctl.h>

namespace upciedev::inline v1::detail {
namespace {

constexpr bool same(peer_way way, unsigned number) {
    return static_cast<unsigned>(way) == number;
}
constexpr bool same(peer_reason reason, unsigned number) {
    return static_cast<unsigned>(reason) == number;
}
// Numbers come from the driver as they are.
static_assert(same(peer_way::refused, UPCIEDEV_ROUTE_REFUSED) &&
              same(peer_way::direct, UPCIEDEV_ROUTE_DIRECT) &&
              same(peer_way::root_complex, UPCIEDEV_ROUTE_ROOT) &&
              same(peer_way::root_complex_iommu, UPCIEDEV_ROUTE_ROOT_IOMMU));
static_assert(same(peer_reason::none, UPCIEDEV_REASON_NONE) &&
              same(peer_reason::self, UPCIEDEV_REASON_SELF) &&
              same(peer_reason::window, UPCIEDEV_REASON_WINDOW) &&
              same(peer_reason::read, UPCIEDEV_REASON_READ) &&
              same(peer_reason::acs, UPCIEDEV_REASON_ACS) &&
              same(peer_reason::roots, UPCIEDEV_REASON_ROOTS) &&
              same(peer_reason::kernel, UPCIEDEV_REASON_KERNEL) &&
              same(peer_reason::address, UPCIEDEV_REASON_ADDRESS) &&
              same(peer_reason::master, UPCIEDEV_REASON_MASTER) &&
              same(peer_reason::lost, UPCIEDEV_REASON_LOST));

} // namespace

peer_route driver_route(int node, int peer, unsigned bar, std::optional<unsigned> channel,
                        const std::string& where) {
    upciedev_peer_route asked{};
    asked.size = sizeof asked;
    asked.peer = peer;
    asked.bar = bar;
    asked.channel = channel.value_or(UPCIEDEV_NO_CHANNEL);
    if (ioctl(node, UPCIEDEV_PEER_ROUTE, &asked) != 0) throw_access_error(from_errno(errno), where);
    peer_route route;
    route.way = static_cast<peer_way>(asked.route);
    route.reason = static_cast<peer_reason>(asked.reason);
    route.translated = (asked.flags & UPCIEDEV_ROUTE_TRANSLATED) != 0;
    if ((asked.flags & UPCIEDEV_ROUTE_BRIDGE) != 0)
        route.bridge = fmt::format("{:04x}:{:02x}:{:02x}.{}", asked.domain, asked.bus,
                                   asked.devfn >> 3, asked.devfn & 7);
    return route;
}

lease lease_driver_window(int node, unsigned bar, std::uint64_t offset, std::uint64_t length,
                          const std::string& where) {
    upciedev_peer_lease asked{};
    asked.bar = bar;
    asked.offset = offset;
    asked.length = length;
    if (ioctl(node, UPCIEDEV_PEER_LEASE, &asked) == 0) return keep_lease(asked.fd);
    throw_lease_error(errno, where, asked.holder);
}

} // namespace upciedev::inline v1::detail
