// SPDX-License-Identifier: BSD-3-Clause
#include "fast_method.hpp"
#include "handles.hpp"
#include "numbers.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

value read_of(const basic_reg& what) {
    return what.read_value();
}
value read_of(const field& what) {
    return what.read();
}
void write_to(const basic_reg& what, const value& number) {
    what.write_value(number);
}
void write_to(const field& what, const value& number) {
    what.write(number);
}
void write_to(const basic_reg& what, std::string_view name) {
    what.write_name(name);
}
void write_to(const field& what, std::string_view name) {
    what.write(name);
}

/// The scalar accesses, written by hand: a loop over registers spends its time here.
template <class Handle>
struct scalar {
    static PyObject* raw(PyObject* self, PyObject* /*unused*/) noexcept {
        return guarded(
            [=] { return PyLong_FromUnsignedLongLong(self_of<Handle>(self).get().raw()); });
    }
    static PyObject* write_raw(PyObject* self, PyObject* bits) noexcept {
        return guarded([=] {
            auto& what = self_of<Handle>(self);
            const auto number = bits_for(what, bits);
            what.get().write_raw(number);
            return Py_NewRef(Py_None);
        });
    }
    static PyObject* read(PyObject* self, PyObject* /*unused*/) noexcept {
        return guarded([=] { return to_python(read_of(self_of<Handle>(self).get())); });
    }
    static PyObject* write(PyObject* self, PyObject* number) noexcept {
        return guarded([=] {
            auto& what = self_of<Handle>(self);
            if (PyUnicode_Check(number)) {
                write_to(what.get(), to_text(number));
            } else {
                const auto plain = value_for(what, number);
                write_to(what.get(), plain);
            }
            return Py_NewRef(Py_None);
        });
    }
    static PyMethodDef methods[4];
};

template <class Handle>
PyMethodDef scalar<Handle>::methods[4] = {
    {"raw", &scalar::raw, METH_NOARGS, "raw($self, /)\n--\n\nThe bits."},
    {"write_raw", &scalar::write_raw, METH_O,
     "write_raw($self, bits, /)\n--\n\nWrite the bits as they are."},
    {"read", &scalar::read, METH_NOARGS, "read($self, /)\n--\n\nThe value in engineering units."},
    {"write", &scalar::write, METH_O,
     "write($self, value, /)\n--\n\nWrite a value in engineering units, or by its name."},
};

template <class Class>
void bind_scalar(Class& type) {
    using handle_type = typename Class::type;
    for (auto& method : scalar<handle_type>::methods)
        add_method(type, method);
    type.def(
        "read_name", [](handle_type& self) { return self.get().read_name(); },
        "The name of the present value, or None if it has none.");
    type.def_property_readonly("path", [](handle_type& self) { return self.get().path(); });
    type.def_property_readonly("description",
                               [](handle_type& self) { return self.get().description(); });
}

py::object wait_raw(reg_handle& self, std::uint64_t mask, std::uint64_t wanted,
                    const py::object& timeout) {
    const basic_reg what = self.get(); // a copy: close() may come while the GIL is released
    return py::cast(
        wait_in_slices(timeout, [&](auto time) { return what.wait_raw(mask, wanted, time); }));
}

std::unique_ptr<field_handle> field_of_register(reg_handle& self, std::string_view name) {
    return std::make_unique<field_handle>(self.get().field(name), self.owner());
}

} // namespace

void bind_reg(py::module_& core) {
    py::class_<field_handle> field_type(core, "Field", py::is_final());
    bind_scalar(field_type);
    field_type.def("__repr__", [](field_handle& self) {
        return repr("Field", self, [](const field& what) { return what.where(); });
    });

    py::class_<reg_handle> reg_type(core, "Reg", py::is_final());
    bind_scalar(reg_type);
    reg_type.def(
        "modify_raw",
        [](reg_handle& self, std::uint64_t mask, std::uint64_t bits) {
            return self.get().modify_raw(mask, bits);
        },
        py::arg("mask"), py::arg("bits"),
        "Replace the bits in mask, atomically; returns the bits before.");
    reg_type.def("wait_raw", &wait_raw, py::arg("mask"), py::arg("wanted"), py::arg("timeout"),
                 "Wait until (bits & mask) == (wanted & mask); returns the bits, or None in time.");
    reg_type.def("field", &field_of_register, py::arg("name"));
    reg_type.def_property_readonly("offset", [](reg_handle& self) { return self.get().offset(); });
    reg_type.def("__repr__", [](reg_handle& self) {
        return repr("Reg", self, [](const basic_reg& what) { return what.where(); });
    });
}

} // namespace upciedev::python
