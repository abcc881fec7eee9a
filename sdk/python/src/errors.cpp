// SPDX-License-Identifier: BSD-3-Clause
#include "errors.hpp"

#include "handle.hpp"

#include <new>
#include <string>

namespace py = pybind11;

namespace upciedev::python {
namespace {

PyObject* make_error = nullptr; // upciedev._errors.make; kept for good, as the module is

/// Places hold file names, which need not be UTF-8.
py::object text_of(const std::string& text) {
    return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(
        text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
}

int errno_of(const std::error_code& cause) {
    const bool has_errno =
        cause.category() == std::generic_category() || cause.category() == std::system_category();
    return has_errno ? cause.value() : 0;
}

void set_error(const error& reason) {
    const py::object raised = py::handle(make_error)(
        static_cast<int>(reason.kind()), text_of(reason.where()), text_of(reason.reason()),
        text_of(reason.remedy()), text_of(reason.what()), errno_of(reason.cause()));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
}

void throw_error(int code, const std::string& where, const std::string& reason,
                 const std::string& remedy, int number) {
    throw error(static_cast<errc>(code), where, reason, remedy, {number, std::generic_category()});
}

} // namespace

void throw_closed() {
    throw py::value_error(
        "the object is closed, or the board or crate it belongs to; open it again");
}

void set_python_error() noexcept {
    try {
        try {
            throw;
        } catch (const error& reason) {
            set_error(reason);
        }
    } catch (py::error_already_set& raised) {
        raised.restore();
    } catch (const py::builtin_exception& raised) {
        raised.set_error();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& reason) {
        PyErr_SetString(PyExc_RuntimeError, reason.what());
    }
}

void bind_errors(py::module_& core) {
    make_error = py::object(py::module_::import("upciedev._errors").attr("make")).release().ptr();
    py::register_local_exception_translator([](std::exception_ptr raised) {
        try {
            std::rethrow_exception(raised);
        } catch (const error& reason) {
            set_error(reason);
        }
    });
    core.def("_throw", &throw_error, py::arg("code"), py::arg("where"), py::arg("reason"),
             py::arg("remedy"), py::arg("errno") = 0,
             "Throw that error in C++, to test what arrives in Python.");
    core.def("_message", [](int code) { return error_category().message(code); });
}

} // namespace upciedev::python
