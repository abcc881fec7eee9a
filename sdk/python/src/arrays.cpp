// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"

#include <upciedev/error.hpp>

#include <pybind11/stl.h>

namespace py = pybind11;

namespace upciedev::python {
namespace {

std::string name_of(const py::dtype& type) {
    return py::str(type.attr("name")).cast<std::string>();
}

bool same_type(const py::dtype& one, const py::dtype& other) {
    return py::detail::npy_api::get().PyArray_EquivTypes_(one.ptr(), other.ptr());
}

bool is_plain(const py::array& array) {
    return (array.flags() & py::array::c_style) != 0;
}

} // namespace

extent extent_of(std::int64_t first, std::optional<std::int64_t> count,
                 const std::optional<py::array>& out, std::uint64_t size,
                 const std::string& where) {
    if (first < 0 || count.value_or(0) < 0)
        throw error(errc::out_of_range, where, "first and count are 0 or more",
                    "elements are counted from the start");
    const auto begin = static_cast<std::uint64_t>(first);
    const auto rest = size > begin ? size - begin : 0;
    const auto given =
        out ? static_cast<std::int64_t>(out->size()) : static_cast<std::int64_t>(rest);
    const auto wanted = count.value_or(given);
    if (out && wanted != given)
        throw error(errc::bad_value, where,
                    "out has " + std::to_string(given) + " elements, but count is " +
                        std::to_string(wanted),
                    "leave count out");
    return {begin, static_cast<std::size_t>(wanted)};
}

py::array new_array(const py::dtype& type, const std::vector<std::size_t>& shape) {
    return py::module_::import("numpy").attr("empty")(py::cast(shape), type);
}

std::size_t size_bytes(const py::array& array) {
    return array.attr("nbytes").cast<std::size_t>();
}

py::array target(const std::optional<py::array>& out, const py::dtype& wanted, std::size_t count) {
    if (!out) return new_array(wanted, {count});
    if (!same_type(out->dtype(), wanted))
        throw py::type_error("out has dtype " + name_of(out->dtype()) + "; it must have " +
                             name_of(wanted));
    if (!out->writeable()) throw py::value_error("out is read-only; give an array of your own");
    if (!is_plain(*out))
        throw py::value_error("out is not contiguous; read into a contiguous array and copy it");
    return *out;
}

py::array elements(const py::object& values, const py::dtype& wanted, const std::string& where) {
    if (py::isinstance<py::array>(values)) {
        auto array = py::reinterpret_borrow<py::array>(values);
        if (same_type(array.dtype(), wanted) && is_plain(array)) return array;
    }
    return py::module_::import("upciedev._arrays").attr("elements")(values, wanted, where);
}

} // namespace upciedev::python
