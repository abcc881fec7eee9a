// SPDX-License-Identifier: BSD-3-Clause
#include "numbers.hpp"

namespace py = pybind11;

namespace upciedev::python {
namespace {

constexpr double two_to_63 = 9223372036854775808.0;

void throw_if_set() {
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

/// Python's OverflowError, as the error that the SDK has for it.
[[noreturn]] void throw_beyond(const char* remedy) {
    PyErr_Clear();
    throw error(errc::out_of_range, {}, "the number does not fit into 64 bits", remedy);
}

/// Exactly, or not at all: rounding could bring a number back into the range of a register.
value integer_value(PyObject* number) {
    int overflow = 0;
    const auto plain = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow == 0) {
        if (plain == -1) throw_if_set();
        return plain;
    }
    const auto large = PyLong_AsUnsignedLongLong(number);
    if (PyErr_Occurred() != nullptr) throw_beyond("give a float, if the register has that range");
    return large;
}

py::object index_of(PyObject* number) {
    return py::reinterpret_steal<py::object>(PyNumber_Index(number));
}

} // namespace

PyObject* to_python(const value& number) {
    if (number.is_floating()) return PyFloat_FromDouble(number.to_double());
    if (number.to_double() >= two_to_63) [[unlikely]]
        return PyLong_FromUnsignedLongLong(number.as<std::uint64_t>());
    return PyLong_FromLongLong(number.as<std::int64_t>());
}

value to_value(PyObject* number) {
    if (PyFloat_Check(number)) return PyFloat_AS_DOUBLE(number);
    if (PyLong_Check(number)) return integer_value(number);
    if (const auto index = index_of(number)) return integer_value(index.ptr());
    PyErr_Clear();
    const double real = PyFloat_AsDouble(number);
    if (real == -1.0) throw_if_set();
    return real;
}

std::uint64_t to_bits(PyObject* number) {
    if (!PyLong_Check(number)) {
        const auto index = index_of(number);
        if (!index) throw py::error_already_set();
        return to_bits(index.ptr());
    }
    const auto bits = PyLong_AsUnsignedLongLong(number);
    if (bits == ~0ULL && PyErr_Occurred() != nullptr) throw_beyond("bits are 0 to 2**64 - 1");
    return bits;
}

std::string_view to_text(PyObject* text) {
    Py_ssize_t size = 0;
    const char* data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data == nullptr) throw py::error_already_set();
    return {data, static_cast<std::size_t>(size)};
}

} // namespace upciedev::python
