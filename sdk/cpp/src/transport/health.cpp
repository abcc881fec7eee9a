// SPDX-License-Identifier: BSD-3-Clause
#include <upciedev/health.hpp>

#include <fmt/format.h>

namespace upciedev {
inline namespace v1 {

std::vector<std::string> board_health::complaints() const {
    std::vector<std::string> all;
    if (gone) all.emplace_back("the board has gone");
    if (link && link->degraded())
        all.push_back(fmt::format("the link runs at {:g} GT/s x{} of {:g} GT/s x{}", link->speed,
                                  link->width, link->max_speed, link->max_width));
    if (errors && errors->nonfatal + errors->fatal != 0)
        all.push_back(fmt::format("{} uncorrectable bus errors, {} of them fatal",
                                  errors->nonfatal + errors->fatal, errors->fatal));
    return all;
}

} // namespace v1
} // namespace upciedev
