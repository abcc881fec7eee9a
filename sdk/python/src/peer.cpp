// SPDX-License-Identifier: BSD-3-Clause
// From board to board.
#include "peer.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

using region_pair = std::pair<region_handle*, region_handle*>;

fallback fallback_of(std::string_view name) {
    if (name == "refuse") return fallback::refuse;
    if (name == "bounce") return fallback::bounce;
    throw py::value_error("fallback is 'refuse' or 'bounce'");
}

copy_result copy_regions(region_handle& source, region_handle& target, std::string_view otherwise,
                         const std::optional<region_pair>& bell, bool verify,
                         const py::object& timeout) {
    const region from = source.get(), to = target.get(); // copies: close() may come meanwhile
    copy_options options;
    options.fallback = fallback_of(otherwise);
    options.verify = verify;
    if (bell) {
        if (bell->first == nullptr || bell->second == nullptr)
            throw py::type_error("doorbell is a source and a target, both regions");
        options.doorbell = doorbell{bell->first->get(), bell->second->get()};
    }
    return until_done(timeout, [&](auto time) {
        options.timeout = time;
        return copy(from, to, options);
    });
}

peer_route route_between_boards(board_handle& self, board_handle& peer,
                                const std::variant<unsigned, std::string>& bar,
                                std::string_view channel) {
    const board from = self.get(), to = peer.get();
    const py::gil_scoped_release unlocked;
    return std::visit([&](const auto& which) { return from.route_to(to, which, channel); }, bar);
}

std::string peer_route_text(const peer_route& self) {
    return "<upciedev.PeerRoute: " + self.verdict() + ">";
}

std::string copy_result_text(const copy_result& self) {
    return "<upciedev.CopyResult: " + std::to_string(self.bytes) + " bytes, " + self.text() + ", " +
           std::string(name_of(self.arrival)) + ">";
}

void bind_peer_route(py::module_& core) {
    py::class_<peer_route>(core, "PeerRoute", py::is_final())
        .def_property_readonly(
            "way", [](const peer_route& self) { return name_of(self.way); },
            "'direct', 'root_complex', 'root_complex_iommu' or 'refused'.")
        .def_property_readonly(
            "reason", [](const peer_route& self) { return name_of(self.reason); },
            "Why it is refused, or is not direct: 'acs', 'roots', 'read', ...; or 'none'.")
        .def_readonly("translated", &peer_route::translated)
        .def_readonly("bridge", &peer_route::bridge)
        .def_property_readonly("verdict", &peer_route::verdict)
        .def_property_readonly("remedy", &peer_route::remedy)
        .def("__bool__", &peer_route::open)
        .def("__repr__", &peer_route_text);
}

void bind_copy_result(py::module_& core) {
    py::class_<copy_result>(core, "CopyResult", py::is_final())
        .def_readonly("route", &copy_result::route)
        .def_readonly("bounced", &copy_result::bounced)
        .def_readonly("read_by_dma", &copy_result::read_by_dma)
        .def_readonly("written_by_dma", &copy_result::written_by_dma)
        .def_readonly("bytes", &copy_result::bytes)
        .def_property_readonly(
            "time",
            [](const copy_result& self) {
                return std::chrono::duration<double>(self.time).count();
            },
            "In seconds.")
        .def_property_readonly(
            "arrival", [](const copy_result& self) { return name_of(self.arrival); },
            "'issued', 'doorbell', 'arrived' or 'verified'.")
        .def_property_readonly("text", &copy_result::text)
        .def("__repr__", &copy_result_text);
}

} // namespace

void bind_peer(py::module_& core, py::class_<board_handle>& board_type) {
    bind_peer_route(core);
    bind_copy_result(core);
    py::class_<region_handle>(core, "Region", py::is_final())
        .def_property_readonly("size", [](region_handle& self) { return self.get().size(); })
        .def("__len__", [](region_handle& self) { return self.get().size(); })
        .def("__repr__", [](region_handle& self) {
            return repr("Region", self, [](const region& what) { return what.where(); });
        });
    core.def("copy", &copy_regions, py::arg("source"), py::arg("target"), py::kw_only(),
             py::arg("fallback") = "refuse", py::arg("doorbell") = py::none(),
             py::arg("verify") = false, py::arg("timeout") = 10.0,
             "Move all of a region into another board's, by the engine of either.");
    board_type.def("route_to", &route_between_boards, py::arg("peer"), py::arg("bar"),
                   py::arg("channel") = "",
                   "By which way this board's engines reach a BAR of another board, now.");
}

} // namespace upciedev::python
