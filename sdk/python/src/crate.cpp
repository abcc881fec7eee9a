// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <limits>

namespace py = pybind11;

namespace upciedev::python {
namespace {

std::unique_ptr<crate_handle> open(std::string uri, std::vector<std::filesystem::path> devices,
                                   std::filesystem::path names, std::filesystem::path trace) {
    crate_options options;
    options.devices = std::move(devices);
    options.names = std::move(names);
    options.trace = std::move(trace);
    const py::gil_scoped_release unlocked;
    return std::make_unique<crate_handle>(crate::open(std::move(uri), std::move(options)), nullptr);
}

unsigned slot_of(const crate& from, const py::object& key) {
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(key.ptr()));
    if (!number) throw py::error_already_set();
    int overflow = 0;
    const auto slot = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow != 0 || slot < 0 || slot > std::numeric_limits<unsigned>::max())
        throw error(errc::no_such_board, from.uri(), "no slot has such a number",
                    "slots are numbered from 1");
    return static_cast<unsigned>(slot);
}

board open_board(const crate& from, const py::object& key) {
    if (py::isinstance<py::str>(key)) {
        const auto name = key.cast<std::string>();
        const py::gil_scoped_release unlocked;
        return from.board(name);
    }
    const unsigned slot = slot_of(from, key);
    const py::gil_scoped_release unlocked;
    return from.board(slot);
}

std::unique_ptr<board_handle> board_of(crate_handle& self, const py::object& key) {
    const crate from = self.get(); // a copy: close() may come while the GIL is released
    return std::make_unique<board_handle>(open_board(from, key), self.children());
}

std::vector<crate_entry> list(crate_handle& self) {
    const crate from = self.get();
    const py::gil_scoped_release unlocked;
    return from.list();
}

void rescan(crate_handle& self, std::optional<unsigned> slot) {
    const crate from = self.get();
    const py::gil_scoped_release unlocked;
    slot ? from.rescan(*slot) : from.rescan();
}

} // namespace

void bind_crate(py::module_& core) {
    core.def("open", &open, py::arg("uri") = "", py::kw_only(), py::arg("devices") = py::tuple(),
             py::arg("names") = "", py::arg("trace") = "",
             "Open a crate: \"local\", \"sysfs\", \"sim:FILE\"; else $UPCIEDEV_CRATE or local.");
    py::class_<crate_handle> type(core, "Crate", py::is_final());
    type.def("board", &board_of, py::arg("key"),
             "A board by slot, alias, name, \"slot:4\" or \"pci:0000:03:00.0\".")
        .def("__getitem__", &board_of, py::arg("key"))
        .def("list", &list, "The boards, not opened, in ascending slots.")
        .def("rescan", &rescan, py::arg("slot") = py::none(),
             "Look for boards that were plugged in or removed, in one slot or in all.")
        .def("__iter__", [](crate_handle& self) { return py::iter(py::cast(list(self))); })
        .def_property_readonly("uri", [](crate_handle& self) { return self.get().uri(); })
        .def_property_readonly("title", [](crate_handle& self) { return self.get().title(); })
        .def("__repr__", [](crate_handle& self) {
            return repr("Crate", self, [](const crate& what) { return what.uri(); });
        });
    type.attr("__contains__") = py::none(); // else `4 in crate` would look among the entries
    bind_closing(type);
    bind_monitor(core, type);
}

} // namespace upciedev::python
