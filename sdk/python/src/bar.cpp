// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "peer.hpp"

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

std::string label(const bar& what) {
    return "BAR " + std::to_string(what.index());
}

py::array read_block(bar_handle& self, std::uint64_t offset, std::optional<std::int64_t> count,
                     const std::optional<py::array>& out) {
    if (!count && !out) throw py::type_error("read_block() needs a count or out");
    const bar what = self.get(); // a copy: close() may come while the GIL is released
    const auto words = extent_of(0, count, out, what.facts().size / 4, label(what)).count;
    if (words > what.facts().size / 4)
        throw error(errc::out_of_range, label(what),
                    std::to_string(words) + " words are more than it has");
    py::array array = target(out, py::dtype::of<std::uint32_t>(), words);
    const std::span<std::uint32_t> data(static_cast<std::uint32_t*>(array.mutable_data()), words);
    const py::gil_scoped_release unlocked;
    what.read_block(offset, data);
    return array;
}

void write_block(bar_handle& self, std::uint64_t offset, const py::object& values) {
    const bar what = self.get();
    const py::array array = elements(values, py::dtype::of<std::uint32_t>(), label(what));
    const std::span<const std::uint32_t> data(static_cast<const std::uint32_t*>(array.data()),
                                              static_cast<std::size_t>(array.size()));
    const py::gil_scoped_release unlocked;
    what.write_block(offset, data);
}

} // namespace

void bind_bar(py::module_& core) {
    py::class_<bar_handle>(core, "Bar", py::is_final())
        .def(
            "read",
            [](bar_handle& self, std::uint64_t offset, unsigned width) {
                return self.get().read(offset, width);
            },
            py::arg("offset"), py::arg("width") = 32, "The bits at a byte offset.")
        .def(
            "write",
            [](bar_handle& self, std::uint64_t offset, std::uint64_t bits, unsigned width) {
                self.get().write(offset, bits, width);
            },
            py::arg("offset"), py::arg("bits"), py::arg("width") = 32)
        .def("read_block", &read_block, py::arg("offset"), py::arg("count") = py::none(),
             py::kw_only(), py::arg("out") = py::none(), "32-bit words as a numpy array.")
        .def("write_block", &write_block, py::arg("offset"), py::arg("values"))
        .def(
            "region",
            [](bar_handle& self, std::uint64_t offset, std::uint64_t bytes) {
                return std::make_unique<region_handle>(self.get().region(offset, bytes),
                                                       self.owner());
            },
            py::arg("offset"), py::arg("bytes"), "A stretch of it, for copy().")
        .def_property_readonly("facts", [](bar_handle& self) { return self.get().facts(); })
        .def_property_readonly("index", [](bar_handle& self) { return self.get().index(); })
        .def("__repr__", [](bar_handle& self) {
            return repr("Bar", self, [](const bar& what) { return label(what); });
        });
}

} // namespace upciedev::python
