// SPDX-License-Identifier: BSD-3-Clause
#include "life.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

using lease_handle = handle<lease>;

/// Something that may take long, on a copy of the board: close() may come meanwhile.
template <auto Act>
auto without_gil(board_handle& self) {
    const board what = self.get();
    const py::gil_scoped_release unlocked;
    return (what.*Act)();
}

std::unique_ptr<lease_handle> claim(board_handle& self) {
    return std::make_unique<lease_handle>(without_gil<&board::claim>(self), self.children());
}

int descriptor(lease_handle& self) {
    return self.closed() ? -1 : self.get().descriptor();
}

std::string health_text(const board_health& self) {
    std::string wrong;
    for (const auto& complaint : self.complaints())
        wrong += (wrong.empty() ? "" : "; ") + complaint;
    return "<upciedev.BoardHealth: " + (wrong.empty() ? "well" : wrong) + ">";
}

void bind_link(py::module_& core) {
    py::class_<link_facts>(core, "LinkFacts", py::is_final())
        .def_readonly("speed", &link_facts::speed)
        .def_readonly("width", &link_facts::width)
        .def_readonly("max_speed", &link_facts::max_speed)
        .def_readonly("max_width", &link_facts::max_width)
        .def_property_readonly("degraded", &link_facts::degraded);
    py::class_<error_counts>(core, "ErrorCounts", py::is_final())
        .def_readonly("correctable", &error_counts::correctable)
        .def_readonly("nonfatal", &error_counts::nonfatal)
        .def_readonly("fatal", &error_counts::fatal);
    py::class_<claimant>(core, "Claimant", py::is_final())
        .def_readonly("process", &claimant::process)
        .def_readonly("program", &claimant::program);
}

void bind_lease(py::module_& core) {
    py::class_<lease_handle>(core, "Lease", py::is_final())
        .def_property_readonly("held", [](lease_handle& self) { return !self.closed(); })
        .def_property_readonly("descriptor", &descriptor)
        .def("release", &lease_handle::drop, "End the claim.")
        .def("__enter__",
             [](const py::object& self) {
                 static_cast<void>(self.cast<lease_handle&>().get());
                 return self;
             })
        .def("__exit__", [](lease_handle& self, const py::args&) { self.drop(); });
}

} // namespace

void bind_health(py::module_& core) {
    bind_link(core);
    bind_lease(core);
    py::class_<board_health>(core, "BoardHealth", py::is_final())
        .def_readonly("gone", &board_health::gone)
        .def_readonly("simulated", &board_health::simulated)
        .def_readonly("link", &board_health::link)
        .def_readonly("errors", &board_health::errors)
        .def_readonly("claimed", &board_health::claimed)
        .def_readonly("card", &board_health::card)
        .def_readonly("driver", &board_health::driver)
        .def_readonly("generation", &board_health::generation)
        .def_readonly("firmware", &board_health::firmware)
        .def("complaints", &board_health::complaints, "What is not as it should be.")
        .def("__repr__", &health_text);
}

void bind_life(py::class_<board_handle>& type) {
    type.def("claim", &claim, "Keep other programs from writing, as long as the Lease is held.")
        .def("reset", &without_gil<&board::reset>, "Reset the board, and reopen() it.")
        .def("remove", &without_gil<&board::remove>,
             "Take it out of the system; Crate.rescan() finds it again.")
        .def("reopen", &without_gil<&board::reopen>,
             "Go on after the board left and came back, with all that was made from it.")
        .def("health", &without_gil<&board::health>, "How the board does.");
}

} // namespace upciedev::python
