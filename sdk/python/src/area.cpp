// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "peer.hpp"

#include <pybind11/stl.h>

#include <algorithm>

namespace py = pybind11;

namespace upciedev::python {
namespace {

template <class T>
struct element {
    using type = T;
};

/// Call \p use with the C++ type of the stored elements.
template <class Use>
void with_integer_type(unsigned size, bool is_signed, const Use& use) {
    switch (size) {
    case 1:
        return is_signed ? use(element<std::int8_t>{}) : use(element<std::uint8_t>{});
    case 2:
        return is_signed ? use(element<std::int16_t>{}) : use(element<std::uint16_t>{});
    case 4:
        return is_signed ? use(element<std::int32_t>{}) : use(element<std::uint32_t>{});
    default:
        return is_signed ? use(element<std::int64_t>{}) : use(element<std::uint64_t>{});
    }
}

/// \param convert engineering values, as double
template <class Use>
void with_type(const area_description& what, bool convert, const Use& use) {
    const auto kind = what.convert.type.what;
    if (convert) return use(element<double>{});
    if (kind != value_type::kind::floating)
        return with_integer_type(what.element_size(), kind == value_type::kind::signed_integer,
                                 use);
    return what.element_size() == 4 ? use(element<float>{}) : use(element<double>{});
}

py::dtype dtype_of(const area_description& what, bool convert) {
    py::dtype type;
    with_type(what, convert, [&]<class T>(element<T>) { type = py::dtype::of<T>(); });
    return type;
}

py::array read(area_handle& self, std::int64_t first, std::optional<std::int64_t> count,
               bool convert, const std::optional<py::array>& out) {
    const area what = self.get(); // a copy: close() may come while the GIL is released
    if (what.description().access == access::wo)
        throw error(errc::write_only, what.where(), "can only be written");
    const auto part = extent_of(first, count, out, what.size(), what.where());
    if (part.count > what.size() || part.first > what.size() - part.count)
        throw error(errc::out_of_range, what.where(),
                    "elements " + std::to_string(part.first) + " to " +
                        std::to_string(part.first + part.count) + " are outside its " +
                        std::to_string(what.size()) + " elements");
    py::array array = target(out, dtype_of(what.description(), convert), part.count);
    void* data = array.mutable_data();
    with_type(what.description(), convert, [&]<class T>(element<T>) {
        const py::gil_scoped_release unlocked;
        what.read_into(part.first, std::span<T>(static_cast<T*>(data), part.count));
    });
    return array;
}

void write(area_handle& self, std::int64_t first, const py::object& values, bool convert) {
    const area what = self.get();
    const auto begin = extent_of(first, {}, {}, what.size(), what.where()).first;
    const py::array array = elements(values, dtype_of(what.description(), convert), what.where());
    const auto count = static_cast<std::size_t>(array.size());
    with_type(what.description(), convert, [&]<class T>(element<T>) {
        const auto* data = static_cast<const T*>(array.data());
        const py::gil_scoped_release unlocked;
        what.write(begin, std::span<const T>(data, count));
    });
}

std::uint64_t rest_of(const area& what, std::uint64_t first, std::optional<std::uint64_t> count) {
    return count.value_or(what.size() - std::min(first, what.size()));
}

std::unique_ptr<region_handle> region_of(area_handle& self, std::uint64_t first,
                                         std::optional<std::uint64_t> count) {
    const auto& what = self.get();
    return std::make_unique<region_handle>(what.region(first, rest_of(what, first, count)),
                                           self.owner());
}

std::unique_ptr<handle<lease>> lease_of(area_handle& self, std::uint64_t first,
                                        std::optional<std::uint64_t> count) {
    const area what = self.get();
    auto held = [&] {
        const py::gil_scoped_release unlocked;
        return what.lease(first, rest_of(what, first, count));
    }();
    return std::make_unique<handle<lease>>(std::move(held), self.owner());
}

} // namespace

void bind_area(py::module_& core) {
    py::class_<area_handle> type(core, "Area", py::is_final());
    type.def("read", &read, py::arg("first") = 0, py::arg("count") = py::none(), py::kw_only(),
             py::arg("convert") = false, py::arg("out") = py::none(),
             "Elements as they are stored, or, with convert, engineering values as float64.")
        .def("write", &write, py::arg("first"), py::arg("values"), py::kw_only(),
             py::arg("convert") = false, "Write elements from number first on.")
        .def("region", &region_of, py::arg("first") = 0, py::arg("count") = py::none(),
             "A stretch of elements, for copy().")
        .def("lease", &lease_of, py::arg("first") = 0, py::arg("count") = py::none(),
             "Keep it for transfers from other boards that this program starts.")
        .def("__len__", [](area_handle& self) { return self.get().size(); })
        .def_property_readonly("size", [](area_handle& self) { return self.get().size(); })
        .def_property_readonly(
            "dtype", [](area_handle& self) { return dtype_of(self.get().description(), false); })
        .def_property_readonly("path",
                               [](area_handle& self) { return self.get().description().path; })
        .def_property_readonly("description",
                               [](area_handle& self) { return self.get().description(); })
        .def("__repr__", [](area_handle& self) {
            return repr("Area", self, [](const area& what) { return what.where(); });
        });
    bind_traces(type);
}

} // namespace upciedev::python
