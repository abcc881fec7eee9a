// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

// Each takes a copy of the board: close() may come while the GIL is released.

settings settings_of(board_handle& from) {
    const board what = from.get();
    const py::gil_scoped_release unlocked;
    return settings::of(what);
}

settings load(const std::filesystem::path& file, board_handle& to) {
    const board what = to.get();
    const py::gil_scoped_release unlocked;
    return settings::load(file, what);
}

settings parse(const std::string& text, const std::string& name, board_handle& to) {
    const board what = to.get();
    const py::gil_scoped_release unlocked;
    return settings::parse(text, name, what);
}

void restore(const settings& self, board_handle& to) {
    const board what = to.get();
    const py::gil_scoped_release unlocked;
    self.restore(what);
}

std::vector<setting_difference> diff(const settings& self, board_handle& from) {
    const board what = from.get();
    const py::gil_scoped_release unlocked;
    return self.diff(what);
}

void bind_parts(py::module_& core) {
    py::class_<register_setting>(core, "RegisterSetting", py::is_final())
        .def_readonly("path", &register_setting::path)
        .def_readonly("bits", &register_setting::bits)
        .def_readonly("mask", &register_setting::mask);
    py::class_<setting_left_out>(core, "SettingLeftOut", py::is_final())
        .def_readonly("path", &setting_left_out::path)
        .def_readonly("reason", &setting_left_out::reason);
    py::class_<setting_difference>(core, "SettingDifference", py::is_final())
        .def_readonly("path", &setting_difference::path)
        .def_readonly("mask", &setting_difference::mask)
        .def_readonly("saved", &setting_difference::saved)
        .def_readonly("present", &setting_difference::present);
}

} // namespace

void bind_settings(py::module_& core) {
    bind_parts(core);
    py::class_<settings>(core, "Settings", py::is_final())
        .def_static("of", &settings_of, py::arg("board"),
                    "What can be read and written back without effects, read in one batch.")
        .def_static("load", &load, py::arg("file"), py::arg("board"),
                    "From a file, for a board of that kind.")
        .def_static("parse", &parse, py::arg("text"), py::arg("name"), py::arg("board"),
                    "From text; errors give it that name.")
        .def("to_text", &settings::to_text, "The text of a file that load() takes.")
        .def("restore", &restore, py::arg("board"),
             "Write all of it, in one batch; nothing if anything is wrong.")
        .def("diff", &diff, py::arg("board"), "The registers that have other bits now.")
        .def_property_readonly("registers", [](const settings& self) { return self.registers(); })
        .def_property_readonly("left_out", [](const settings& self) { return self.left_out(); });
}

} // namespace upciedev::python
