// SPDX-License-Identifier: BSD-3-Clause
#include "wait.hpp"

#include <upciedev/error.hpp>

#include <algorithm>

namespace py = pybind11;

namespace upciedev::python {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::chrono::microseconds slice = 50ms;
constexpr double longest = 1e9; // seconds; more would not fit the clock

std::chrono::microseconds until(const std::optional<steady_clock::time_point>& end) {
    if (!end) return slice;
    return std::max(0us, std::chrono::ceil<std::chrono::microseconds>(*end - steady_clock::now()));
}

double seconds_of(py::handle number) {
    if (py::hasattr(number, "total_seconds")) return number.attr("total_seconds")().cast<double>();
    const double seconds = PyFloat_AsDouble(number.ptr());
    if (seconds == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return seconds;
}

/// A signal may end a slice early; its Python handler decides.
std::optional<std::uint64_t>
wait_one(std::chrono::microseconds time,
         const std::function<std::optional<std::uint64_t>(std::chrono::microseconds)>& wait,
         bool& interrupted) {
    try {
        const py::gil_scoped_release unlocked;
        return wait(time);
    } catch (const error& reason) {
        if (reason.kind() != errc::interrupted) throw;
        interrupted = true;
        return std::nullopt;
    }
}

} // namespace

std::chrono::microseconds to_timeout(py::handle seconds) {
    const double number = seconds_of(seconds);
    if (!(number >= 0)) throw py::value_error("a time-out is a number of seconds, 0 or more");
    return std::chrono::ceil<std::chrono::microseconds>(
        std::chrono::duration<double>(std::min(number, longest)));
}

std::optional<std::uint64_t>
wait_in_slices(py::handle timeout,
               const std::function<std::optional<std::uint64_t>(std::chrono::microseconds)>& wait) {
    std::optional<steady_clock::time_point> end;
    if (!timeout.is_none()) end = steady_clock::now() + to_timeout(timeout);
    while (true) {
        const auto left = until(end);
        bool interrupted = false;
        const auto found = wait_one(std::min(left, slice), wait, interrupted);
        if (found) return found;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (end && left <= slice && !interrupted) return std::nullopt;
    }
}

} // namespace upciedev::python
