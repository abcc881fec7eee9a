// SPDX-License-Identifier: BSD-3-Clause
#include "handles.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

struct guarded_irq {
    explicit guarded_irq(irq&& what) : subscription(std::move(what)) {}
    irq subscription;
    std::atomic_flag in_use;
};

using irq_handle = handle<std::shared_ptr<guarded_irq>>;

constexpr auto refusal = "another thread waits for this interrupt; subscribe once a thread";

std::unique_ptr<irq_handle> subscribe(board_handle& self, const std::vector<std::string>& names) {
    const board from = self.get(); // a copy: close() may come while the GIL is released
    auto made = [&] {
        const py::gil_scoped_release unlocked;
        return std::make_shared<guarded_irq>(from.irqs(names));
    }();
    return std::make_unique<irq_handle>(std::move(made), self.children());
}

std::optional<irq_event> next_event(irq_handle& self, const py::object& timeout) {
    const auto shared = self.get(); // outlives a close() meanwhile
    const only_user alone(shared->in_use, refusal);
    std::optional<irq_event> event;
    wait_in_slices(timeout, [&](std::chrono::microseconds time) -> std::optional<std::uint64_t> {
        event = shared->subscription.wait(time);
        return event ? std::optional<std::uint64_t>(0) : std::nullopt;
    });
    return event;
}

std::vector<irq_event> drain(irq_handle& self) {
    const auto shared = self.get();
    const only_user alone(shared->in_use, refusal);
    return shared->subscription.drain();
}

std::int64_t time_ns(const irq_event& self) {
    return std::chrono::nanoseconds(self.time.time_since_epoch()).count();
}

std::string text_of_event(const irq_event& self) {
    std::string text = "<upciedev.IrqEvent: ";
    for (const auto& cause : self.causes)
        text += cause + " ";
    text += "#" + std::to_string(self.sequence);
    if (self.lost != 0) text += ", " + std::to_string(self.lost) + " lost";
    return text + (self.masked ? ", masked>" : ">");
}

void bind_event(py::module_& core) {
    py::class_<irq_event>(core, "IrqEvent", py::is_final())
        .def_readonly("name", &irq_event::name)
        .def_readonly("causes", &irq_event::causes)
        .def("has", &irq_event::has, py::arg("cause"))
        .def_readonly("status", &irq_event::status)
        .def_readonly("sequence", &irq_event::sequence)
        .def_readonly("lost", &irq_event::lost)
        .def_property_readonly(
            "time", [](const irq_event& self) { return static_cast<double>(time_ns(self)) * 1e-9; },
            "As of time.monotonic(), in seconds.")
        .def_property_readonly("time_ns", &time_ns, "As of time.monotonic_ns().")
        .def_readonly("vector", &irq_event::vector)
        .def_readonly("masked", &irq_event::masked)
        .def("__repr__", &text_of_event);
}

} // namespace

void bind_irq(py::module_& core, py::class_<board_handle>& board_type) {
    bind_event(core);
    py::class_<irq_handle> type(core, "Irq", py::is_final());
    type.def("wait", &next_event, py::arg("timeout") = py::none(),
             "The next interrupt; None if the time, in seconds, is over.")
        .def("drain", &drain, "Those that have come, oldest first.")
        .def(
            "unmask", [](irq_handle& self) { self.get()->subscription.unmask(); },
            "Go on after a storm.")
        .def("fileno", [](irq_handle& self) { return self.get()->subscription.fd(); })
        .def_property_readonly("names",
                               [](irq_handle& self) { return self.get()->subscription.names(); })
        .def("__iter__", [](py::object self) { return self; })
        .def("__next__", [](irq_handle& self) { return *next_event(self, py::none()); })
        .def("__aiter__", [](const py::object& self) {
            return py::module_::import("upciedev._irq").attr("events")(self);
        });
    bind_closing(type);
    board_type.def(
        "irq", [](board_handle& self, const std::string& name) { return subscribe(self, {name}); },
        py::arg("name"), "Subscribe to an interrupt of the board file, from now on.");
    board_type.def("irqs", &subscribe, py::arg("names") = std::vector<std::string>(),
                   "Subscribe to several interrupts, or all.");
}

} // namespace upciedev::python
