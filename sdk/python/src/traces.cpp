// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "handles.hpp"
#include "wait.hpp"

#include <pybind11/stl.h>

#include <cstring>

namespace py = pybind11;

namespace upciedev::python {
namespace {

/// The bytes of an object, which stay as long as this.
class contiguous_bytes {
  public:
    /// \throws ValueError or BufferError (they do not lie one behind the other)
    explicit contiguous_bytes(const py::buffer& of) {
        if (PyObject_GetBuffer(of.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
    }
    ~contiguous_bytes() { PyBuffer_Release(&view_); }
    contiguous_bytes(const contiguous_bytes&) = delete;
    contiguous_bytes& operator=(const contiguous_bytes&) = delete;
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {static_cast<const std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
    }

  private:
    Py_buffer view_{};
};

/// upciedev.Traces: names, and an array of channel x sample.
py::object to_object(const traces& what) {
    auto data = new_array(py::dtype::of<double>(), {what.channels(), what.samples()});
    std::memcpy(data.mutable_data(), what.data().data(), what.data().size() * sizeof(double));
    return py::module_::import("upciedev._traces").attr("Traces")(what.names(), data);
}

py::object dma_traces(area_handle& self, std::uint64_t first, std::size_t count,
                      const py::object& timeout) {
    const area what = self.get(); // a copy: close() may come while the GIL is released
    const auto time = to_timeout(timeout);
    const auto read = [&] {
        const py::gil_scoped_release unlocked;
        return what.dma_traces(first, count, time);
    }();
    return to_object(read);
}

py::object split(area_handle& self, const py::buffer& memory) {
    const area what = self.get();
    const contiguous_bytes view(memory);
    return to_object(what.split(view.bytes()));
}

} // namespace

void bind_traces(py::class_<area_handle>& type) {
    type.def("dma_traces", &dma_traces, py::arg("first"), py::arg("count"), py::kw_only(),
             py::arg("timeout") = 10.0,
             "Samples of all channels of the layout, read by DMA, in engineering units.")
        .def("split", &split, py::arg("frame"),
             "The channels in a frame, or in bytes that were read from this area.")
        .def_property_readonly("sample_size",
                               [](area_handle& self) { return self.get().sample_size(); })
        .def_property_readonly("dma_offset",
                               [](area_handle& self) { return self.get().dma_offset(); })
        .def_property_readonly(
            "dma_channel", [](area_handle& self) { return self.get().dma().description().name; });
}

} // namespace upciedev::python
