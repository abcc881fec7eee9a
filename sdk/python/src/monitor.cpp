// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

#include <upciedev/crate_monitor.hpp>

namespace py = pybind11;

namespace upciedev::python {
namespace {

/// A monitor is for one thread; Python does not care, so the second one is turned away.
struct guarded_monitor {
    explicit guarded_monitor(const crate& of) : monitor(of) {}
    crate_monitor monitor;
    std::atomic_flag in_use;
};

using monitor_handle = handle<std::shared_ptr<guarded_monitor>>;

std::unique_ptr<monitor_handle> monitor_of(crate_handle& self) {
    const crate from = self.get(); // a copy: close() may come while the GIL is released
    auto made = [&] {
        const py::gil_scoped_release unlocked;
        return std::make_shared<guarded_monitor>(from);
    }();
    return std::make_unique<monitor_handle>(std::move(made), self.children());
}

std::optional<crate_change> next_change(monitor_handle& self, const py::object& timeout) {
    const auto shared = self.get(); // outlives a close() meanwhile
    const only_user alone(shared->in_use, "another thread waits for this monitor");
    std::optional<crate_change> change;
    wait_in_slices(timeout, [&](std::chrono::microseconds time) -> std::optional<std::uint64_t> {
        change = shared->monitor.wait(std::chrono::ceil<std::chrono::milliseconds>(time));
        return change ? std::optional<std::uint64_t>(0) : std::nullopt;
    });
    return change;
}

} // namespace

void bind_monitor(py::module_& core, py::class_<crate_handle>& crate_type) {
    py::class_<crate_change>(core, "CrateChange", py::is_final())
        .def_readonly("arrived", &crate_change::arrived)
        .def_readonly("board", &crate_change::board)
        .def("__repr__", [](const crate_change& self) {
            const auto slot = self.board.slot ? "slot " + std::to_string(*self.board.slot)
                                              : self.board.pci_address;
            return "<upciedev.CrateChange: " + slot + (self.arrived ? " arrived>" : " left>");
        });
    py::class_<monitor_handle> type(core, "CrateMonitor", py::is_final());
    type.def("wait", &next_change, py::arg("timeout") = py::none(),
             "The next board that arrives or leaves; None if the time, in seconds, is over.")
        .def("fileno", [](monitor_handle& self) { return self.get()->monitor.descriptor(); })
        .def("__iter__", [](py::object self) { return self; })
        .def("__next__", [](monitor_handle& self) { return *next_change(self, py::none()); });
    bind_closing(type);
    crate_type.def("monitor", &monitor_of,
                   "Boards that arrive and leave from now on, to wait for or iterate over.");
}

} // namespace upciedev::python
