// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "errors.hpp"

namespace upciedev::python {

/// The C++ object in an instance of a final pybind11 class. \throws TypeError
///
/// For methods written by hand: they cost a tenth of pybind11's, which look at every argument.
template <class T>
T& self_of(PyObject* self) {
    // A final class with one C++ base always has pybind11's simple layout.
    auto* instance = reinterpret_cast<pybind11::detail::instance*>(self);
    void* object = instance->simple_value_holder[0];
    if (object == nullptr) [[unlikely]]
        throw pybind11::type_error("made without its factory");
    return *static_cast<T*>(object);
}

/// Give a class a method written by hand. Python checks the type of self.
inline void add_method(const pybind11::object& type, PyMethodDef& method) {
    auto* descriptor = PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &method);
    if (descriptor == nullptr) throw pybind11::error_already_set();
    type.attr(method.ml_name) = pybind11::reinterpret_steal<pybind11::object>(descriptor);
}

} // namespace upciedev::python
