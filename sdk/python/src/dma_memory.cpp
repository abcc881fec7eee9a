// SPDX-License-Identifier: BSD-3-Clause
#include "dma_memory.hpp"

namespace py = pybind11;

namespace upciedev::python {
namespace {

exporter& exporter_of(PyObject* self) {
    return py::handle(self).cast<exporter&>();
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
    try {
        auto& memory = exporter_of(self);
        const auto bytes = memory.bytes();
        const auto size = static_cast<Py_ssize_t>(bytes.size());
        if (PyBuffer_FillInfo(view, self, bytes.data(), size, 0, flags) != 0) return -1;
        ++memory.exports;
        return 0;
    } catch (py::error_already_set& raised) {
        raised.restore();
    } catch (const std::exception& reason) {
        PyErr_SetString(PyExc_BufferError, reason.what());
    }
    view->obj = nullptr;
    return -1;
}

void release_buffer(PyObject* self, Py_buffer* /*view*/) {
    --exporter_of(self).exports;
}

std::int64_t frame_time_ns(frame_object& self) {
    return std::chrono::nanoseconds(self.get().time().time_since_epoch()).count();
}

std::string text_of(frame_object& self) {
    if (self.released()) return "<upciedev.Frame given back>";
    return "<upciedev.Frame #" + std::to_string(self.get().sequence()) + ", " +
           std::to_string(self.bytes().size()) + " bytes>";
}

} // namespace

void exporter::check_unused(const char* what) const {
    if (exports == 0) return;
    PyErr_Format(PyExc_BufferError, "%s: %d arrays or views still look into it; delete them first",
                 what, exports.load());
    throw py::error_already_set();
}

py::custom_type_setup buffer_of_exporter() {
    return py::custom_type_setup([](PyHeapTypeObject* type) {
        type->as_buffer.bf_getbuffer = get_buffer;
        type->as_buffer.bf_releasebuffer = release_buffer;
        type->ht_type.tp_as_buffer = &type->as_buffer;
    });
}

dma_frame& frame_object::get() {
    if (!frame_) throw py::value_error("the frame was given back");
    return *frame_;
}

void frame_object::release() {
    check_unused("the frame cannot be given back");
    frame_.reset();
}

dma_frame frame_object::take() {
    check_unused("the frame cannot be sent");
    auto taken = std::move(get());
    frame_.reset();
    return taken;
}

py::object array_of(const py::object& self, const py::object& type) {
    return py::module_::import("numpy").attr("frombuffer")(self, type);
}

void bind_frame(py::module_& core) {
    py::class_<exporter>(core, "_Exporter");
    py::class_<frame_object, exporter>(core, "Frame", py::is_final(), buffer_of_exporter())
        .def("array", &array_of, py::arg("dtype") = "u1",
             "Its bytes as an array, without a copy; the array keeps the frame.")
        .def("release", &frame_object::release, "Give it back before it is collected.")
        .def_property_readonly("released", &frame_object::released)
        .def_property_readonly(
            "index", [](frame_object& self) { return self.get().index(); },
            "Which of the stream's frames: in another board they lie one behind the other.")
        .def_property_readonly("sequence", [](frame_object& self) { return self.get().sequence(); })
        .def_property_readonly("lost", [](frame_object& self) { return self.get().lost(); })
        .def_property_readonly(
            "time",
            [](frame_object& self) { return static_cast<double>(frame_time_ns(self)) * 1e-9; },
            "As of time.monotonic(), in seconds.")
        .def_property_readonly("time_ns", &frame_time_ns, "As of time.monotonic_ns().")
        .def("__len__", [](frame_object& self) { return self.bytes().size(); })
        .def("__enter__", [](py::object self) { return self; })
        .def("__exit__", [](frame_object& self, const py::args&) { self.release(); })
        .def("__repr__", &text_of);
}

} // namespace upciedev::python
