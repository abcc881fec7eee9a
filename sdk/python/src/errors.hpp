// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <pybind11/pybind11.h>

#include <upciedev/error.hpp>

namespace upciedev::python {

/// Make the exception that is being handled Python's current error. Call it in a catch block.
void set_python_error() noexcept;

/// Run the body of a method written by hand.
template <class Body>
PyObject* guarded(const Body& body) noexcept {
    try {
        return body();
    } catch (...) {
        set_python_error();
        return nullptr;
    }
}

void bind_errors(pybind11::module_& core);

} // namespace upciedev::python
