// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/crate.hpp>
#include <upciedev/crate_file.hpp>

namespace upciedev::inline v1::detail {

/// Compares the boards of a crate with those that its file expects: tells each entry, and adds one
/// for each board that is missing.
void compare_with_expected(const crate_file& file, std::vector<crate_entry>& entries);

void add_remark(crate_entry& entry, const std::string& remark);

} // namespace upciedev::inline v1::detail
