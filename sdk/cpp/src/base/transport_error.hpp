// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

namespace upciedev::inline v1::detail {

/// The one place where the errno of an access becomes an exception with a remedy.
[[noreturn]] void throw_access_error(std::error_code cause, std::string where);

inline std::error_code from_errno(int number) noexcept {
    return {number, std::generic_category()};
}

} // namespace upciedev::inline v1::detail
