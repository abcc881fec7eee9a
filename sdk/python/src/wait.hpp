// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

#include <pybind11/pybind11.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

namespace upciedev::python {

/// Seconds as a number, or a timedelta. \throws ValueError (negative, not a number), TypeError
std::chrono::microseconds to_timeout(pybind11::handle seconds);

/// What cannot be sliced, without the GIL: a signal ends it, and if its Python handler has nothing
/// against it, it begins anew. \param act gets the time that is left
template <class Act>
auto until_done(const pybind11::object& timeout, const Act& act) {
    using std::chrono::steady_clock;
    const auto end = steady_clock::now() + to_timeout(timeout);
    while (true) {
        try {
            const pybind11::gil_scoped_release unlocked;
            return act(std::max(end - steady_clock::now(), steady_clock::duration(1)));
        } catch (const error& reason) {
            if (reason.kind() != errc::interrupted) throw;
        }
        if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
    }
}

/// What is for one thread, as Python does not care: the second one is turned away.
class only_user {
  public:
    only_user(std::atomic_flag& flag, const char* refusal) : flag_(flag) {
        if (flag_.test_and_set()) throw std::runtime_error(refusal);
    }
    ~only_user() { flag_.clear(); }
    only_user(const only_user&) = delete;
    only_user& operator=(const only_user&) = delete;

  private:
    std::atomic_flag& flag_;
};

/// Wait without the GIL, in slices, so that Ctrl-C ends it.
/// \param timeout None: without end
std::optional<std::uint64_t>
wait_in_slices(pybind11::handle timeout,
               const std::function<std::optional<std::uint64_t>(std::chrono::microseconds)>& wait);

} // namespace upciedev::python
