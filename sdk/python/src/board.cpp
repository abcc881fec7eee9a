// SPDX-License-Identifier: BSD-3-Clause
#include "batch.hpp"
#include "life.hpp"
#include "numbers.hpp"
#include "peer.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {

namespace {

std::unique_ptr<reg_handle> reg_of(board_handle& self, std::string_view path) {
    return std::make_unique<reg_handle>(self.get().reg(path), self.children());
}

std::unique_ptr<field_handle> field_of(board_handle& self, std::string_view path) {
    return std::make_unique<field_handle>(self.get().field(path), self.children());
}

std::unique_ptr<area_handle> area_of(board_handle& self, std::string_view path) {
    return std::make_unique<area_handle>(self.get().area(path), self.children());
}

template <class Key>
std::unique_ptr<bar_handle> bar_of(board_handle& self, Key key) {
    return std::make_unique<bar_handle>(self.get().bar(key), self.children());
}

py::object get_item(board_handle& self, std::string_view path) {
    return to_object(self.get().read(path));
}

/// A register or field not looked up yet, for errors.
struct place {
    board_handle& on;
    std::string_view path;
    [[nodiscard]] const place& get() const { return *this; }
    [[nodiscard]] std::string where() const { return on.get().label() + ": " + std::string(path); }
};

void set_item(board_handle& self, std::string_view path, const py::object& number) {
    if (PyUnicode_Check(number.ptr())) return self.get().write(path, to_text(number.ptr()));
    place what{self, path};
    const auto plain = value_for(what, number.ptr());
    self.get().write(path, plain);
}

std::vector<std::string> registers(board_handle& self) {
    std::vector<std::string> paths;
    if (const auto& file = self.get().description())
        for (const auto& entry : file->all_registers())
            paths.push_back(entry.first);
    return paths;
}

std::vector<std::string> areas(board_handle& self) {
    std::vector<std::string> paths;
    if (const auto& file = self.get().description())
        for (const auto& entry : file->areas)
            paths.push_back(entry.path);
    return paths;
}

std::vector<std::string> capabilities(board_handle& self) {
    return self.get().way().capabilities().names();
}

void flush(board_handle& self) {
    const board what = self.get(); // a copy: close() may come while the GIL is released
    const py::gil_scoped_release unlocked;
    what.flush();
}

std::string title(board_handle& self) {
    const auto& file = self.get().description();
    return file ? file->title : "";
}

template <class Class>
void bind_identity(Class& type) {
    type.def_property_readonly("name", [](board_handle& self) { return self.get().name(); })
        .def_property_readonly("title", &title)
        .def_property_readonly("alias", [](board_handle& self) { return self.get().alias(); })
        .def_property_readonly("label", [](board_handle& self) { return self.get().label(); })
        .def_property_readonly("identity", [](board_handle& self) { return self.get().identity(); })
        .def_property_readonly("gone", [](board_handle& self) { return self.get().gone(); })
        .def_property_readonly("capabilities", &capabilities)
        .def("registers", &registers, "The paths of all registers, arrays written out.")
        .def("areas", &areas, "The paths of all areas.")
        .def("__repr__", [](board_handle& self) {
            return repr("Board", self, [](const board& what) { return what.label(); });
        });
}

} // namespace

void bind_board(py::module_& core) {
    py::class_<board_handle> type(core, "Board", py::is_final());
    type.def("reg", &reg_of, py::arg("path"), "A register, resolved and checked once.")
        .def("field", &field_of, py::arg("path"), "A field by its path, \"CTRL.MODE\".")
        .def("area", &area_of, py::arg("path"))
        .def("bar", &bar_of<unsigned>, py::arg("index"))
        .def("bar", &bar_of<std::string_view>, py::arg("name"), "A BAR by number or name.")
        .def("batch", &make_batch, "Accesses collected and carried out by one call.")
        .def("flush", &flush, "Return when all that was written has arrived at the board.")
        .def("__getitem__", &get_item, py::arg("path"))
        .def("__setitem__", &set_item, py::arg("path"), py::arg("value"));
    // Without these, `in` and `for` would count through __getitem__.
    type.attr("__iter__") = py::none();
    type.attr("__contains__") = py::none();
    bind_identity(type);
    bind_life(type);
    bind_irq(core, type);
    bind_peer(core, type);
    bind_dma(core, type);
    bind_closing(type);
}

} // namespace upciedev::python
