// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <pybind11/pybind11.h>

#include <upciedev/value.hpp>

#include <cstdint>

namespace upciedev::python {

/// A new reference to an int or a float.
PyObject* to_python(const value& number);
/// An int, a float, or what can stand for one (numpy's scalars). \throws TypeError, error
value to_value(PyObject* number);
/// Bits of a register. \throws TypeError, error out_of_range
std::uint64_t to_bits(PyObject* number);
/// The same for the register or field of a handle, which the error names. This may run Python code,
/// which may close the handle: call get() afterwards.
template <class Handle>
value value_for(Handle& self, PyObject* number) {
    try {
        return to_value(number);
    } catch (const error& reason) {
        throw reason.at(self.get().where());
    }
}
template <class Handle>
std::uint64_t bits_for(Handle& self, PyObject* number) {
    try {
        return to_bits(number);
    } catch (const error& reason) {
        throw reason.at(self.get().where());
    }
}

/// The text of a str, whose memory it shares.
std::string_view to_text(PyObject* text);

inline pybind11::object to_object(const value& number) {
    return pybind11::reinterpret_steal<pybind11::object>(to_python(number));
}

} // namespace upciedev::python
