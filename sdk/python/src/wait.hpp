// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace upciedev::python {

/// Seconds as a number, or a timedelta. \throws ValueError (negative, not a number), TypeError
std::chrono::microseconds to_timeout(pybind11::handle seconds);

/// Wait without the GIL, in slices, so that Ctrl-C ends it.
/// \param timeout None: without end
std::optional<std::uint64_t>
wait_in_slices(pybind11::handle timeout,
               const std::function<std::optional<std::uint64_t>(std::chrono::microseconds)>& wait);

} // namespace upciedev::python
