// SPDX-License-Identifier: BSD-3-Clause
#include "commands/commands.hpp"

#include <fmt/format.h>

#include <charconv>
#include <unistd.h>

namespace cli {

namespace {

upciedev::crate open_anew(const common& options) {
    upciedev::crate_options how;
    how.devices.assign(options.devices.begin(), options.devices.end());
    how.names = options.names;
    return upciedev::crate::open(options.crate, how);
}

} // namespace

upciedev::crate open_crate(const common& options) {
    if (!options.opened) return open_anew(options);
    auto& crates = *options.opened;
    const auto key =
        fmt::format("{}\n{}\n{}", options.crate, options.names, fmt::join(options.devices, "\n"));
    const auto found = crates.find(key);
    return found != crates.end() ? found->second
                                 : crates.emplace(key, open_anew(options)).first->second;
}

void tell_if_lost(const common& options, const upciedev::board& board) {
    if (options.opened || board.way().name() != "sim" || isatty(STDERR_FILENO) == 0) return;
    fmt::print(stderr,
               "upciedev: a simulated crate lives as long as the command: what was written "
               "is gone now; upciedev sim up starts a crate that stays, upciedev script keeps "
               "this one from one command to the next\n");
}

upciedev::board open_board(const common& options, const std::string& name) {
    return open_board(open_crate(options), name);
}

upciedev::board open_board(const upciedev::crate& crate, const std::string& name) {
    unsigned slot = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, slot);
    if (parsed.ec == std::errc{} && parsed.ptr == end) return crate.board(slot);
    return crate.board(std::string_view(name));
}

} // namespace cli
