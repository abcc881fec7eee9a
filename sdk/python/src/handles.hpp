// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "handle.hpp"

#include <pybind11/pybind11.h>

#include <upciedev/upciedev.hpp>

namespace upciedev::python {

using crate_handle = owning_handle<crate>;
using board_handle = owning_handle<board>;
using reg_handle = handle<basic_reg>;
using field_handle = handle<field>;
using area_handle = handle<area>;
using bar_handle = handle<bar>;

void bind_descriptions(pybind11::module_& core);
void bind_reg(pybind11::module_& core);
void bind_area(pybind11::module_& core);
void bind_traces(pybind11::class_<area_handle>& area_type);
void bind_bar(pybind11::module_& core);
void bind_batch(pybind11::module_& core);
void bind_board(pybind11::module_& core);
void bind_crate(pybind11::module_& core);
void bind_dma(pybind11::module_& core, pybind11::class_<board_handle>& board_type);
void bind_health(pybind11::module_& core);
void bind_irq(pybind11::module_& core, pybind11::class_<board_handle>& board_type);
void bind_log(pybind11::module_& core);
void bind_monitor(pybind11::module_& core, pybind11::class_<crate_handle>& crate_type);
void bind_settings(pybind11::module_& core);

/// repr() of a handle: "<upciedev.Reg slot 4 vadc8: CTRL>".
template <class Handle, class Where>
std::string repr(const char* name, Handle& self, const Where& where) {
    return std::string("<upciedev.") + name + " " + (self.closed() ? "closed" : where(self.get())) +
           ">";
}

/// close(), closed and `with`.
template <class Class>
void bind_closing(Class& type) {
    using type_of = typename Class::type;
    type.def(
        "close", [](type_of& self) { self.drop(); },
        "Let go of it and of all that was made from it.");
    type.def_property_readonly("closed", [](const type_of& self) { return self.closed(); });
    type.def("__enter__", [](pybind11::object self) {
        static_cast<void>(self.cast<type_of&>().get());
        return self;
    });
    type.def("__exit__", [](type_of& self, const pybind11::args&) { self.drop(); });
}

} // namespace upciedev::python
