// SPDX-License-Identifier: BSD-3-Clause
#include "errors.hpp"
#include "handles.hpp"

namespace upciedev::python {
namespace {

/// People meet these classes as upciedev.Crate, not as upciedev._core.Crate.
void show_as_public(pybind11::module_& core) {
    for (const auto& [name, member] : core.attr("__dict__").cast<pybind11::dict>())
        if (PyType_Check(member.ptr())) member.attr("__module__") = "upciedev";
}

} // namespace
} // namespace upciedev::python

PYBIND11_MODULE(_core, core) {
    using namespace upciedev::python;
    core.doc() = "The C++ SDK; use it as `upciedev`.";
    core.attr("__version__") = UPCIEDEV_VERSION;
    bind_errors(core);
    bind_descriptions(core);
    bind_health(core);
    bind_log(core);
    bind_reg(core);
    bind_area(core);
    bind_bar(core);
    bind_batch(core);
    bind_board(core);
    bind_crate(core);
    bind_settings(core);
    show_as_public(core);
}
