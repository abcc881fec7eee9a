// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/description.hpp>

#include <fmt/format.h>

namespace upciedev::inline v1::detail {

/// "10ee:0037"
inline std::string ids_text(const board_ids& ids) {
    return fmt::format("{:04x}:{:04x}", ids.vendor, ids.device);
}

/// "10ee:0037 subsystem 3300:0057", where it has one.
inline std::string all_ids_text(const board_ids& ids) {
    if (ids.subvendor == 0 && ids.subdevice == 0) return ids_text(ids);
    return fmt::format("{} subsystem {:04x}:{:04x}", ids_text(ids), ids.subvendor, ids.subdevice);
}

} // namespace upciedev::inline v1::detail
