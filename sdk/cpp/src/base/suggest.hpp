// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace upciedev::inline v1::detail {

/// "did you mean 'CTRL' or 'CTRL2'?" with the names nearest to a mistyped one, or nothing.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names);

/// "a", "a or b", "a, b or c".
std::string any_of(const std::vector<std::string>& names);

} // namespace upciedev::inline v1::detail
