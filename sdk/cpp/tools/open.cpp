// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"

#include <charconv>

namespace cli {

upciedev::crate open_crate(const common& options) {
    upciedev::crate_options how;
    how.devices.assign(options.devices.begin(), options.devices.end());
    how.names = options.names;
    return upciedev::crate::open(options.crate, how);
}

upciedev::board open_board(const common& options, const std::string& name) {
    const auto crate = open_crate(options);
    unsigned slot = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, slot);
    if (parsed.ec == std::errc{} && parsed.ptr == end) return crate.board(slot);
    return crate.board(std::string_view(name));
}

} // namespace cli
