// SPDX-License-Identifier: BSD-3-Clause
#include "crate/crate_machine.hpp"

#include <algorithm>

namespace upciedev::inline v1::detail {

const crate_part* crate_above(const std::filesystem::path& folder,
                              const std::vector<crate_part>& crates) {
    const auto with_port = [&](const std::string& port) {
        const auto found = std::ranges::find(crates, port, &crate_part::port);
        return found == crates.end() ? nullptr : &*found;
    };
    for (auto port = folder.parent_path(); port.has_relative_path(); port = port.parent_path())
        if (const auto* found = with_port(port.filename())) return found;
    return with_port({});
}

} // namespace upciedev::inline v1::detail
